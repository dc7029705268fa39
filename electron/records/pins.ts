import type { TemplateSource } from "#shared/protocol/accept/policy-and-template.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { EvidencePins } from "#shared/protocol/evidence/item.ts";
import { quietly } from "#shared/protocol/evidence/quietly.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import type { Link } from "../connection/link.ts";
import type { PinnedDirectory } from "../connection/trusted-gateway.ts";
import type { Memory } from "../journal/memory.ts";

export interface PinsParts {
  readonly iss: string;
  readonly link: Pick<Link, "gateway">;
  readonly directory: PinnedDirectory;
  readonly memory: Pick<Memory, "checkpoint" | "provesFrom">;
  readonly templates: TemplateSource;
  readonly fetchTemplate: (digest: string) => Promise<boolean>;
  readonly nowS: () => number;
  /** The directory's lists of stopped keys, as far as they are known here. */
  readonly statusLists: () => readonly string[];
}

/**
 * What rows of a history are judged by: the directory and the checkpoint that this computer pinned, the gateway as it proved
 * itself, and templates by their digest. Templates that are not built in are fetched before anything is judged with them.
 * @param earlier credentials of this gateway from before
 * @throws CountersignError `E_CLI_OFFLINE`: there is nobody whose history it would be
 */
export async function pinsFor(
  parts: PinsParts,
  items: readonly { readonly request?: unknown }[],
  earlier: readonly string[] = [],
): Promise<EvidencePins> {
  const { link, directory, memory, iss } = parts;
  // Before anything is waited for: the connection may end, and they are still this gateway's rows.
  const { gateway } = link;
  if (!gateway) throw new CountersignError("E_CLI_OFFLINE");
  const { credential } = gateway;
  return {
    directory: directory.key.jwk,
    gateways: [credential, ...earlier.filter((jws) => jws !== credential)],
    pinned: memory.checkpoint(iss, gateway.claims.log.vkey),
    provesFrom: memory.provesFrom(iss, gateway.claims.log.vkey),
    now: parts.nowS(),
    templates: await templatesOf(parts, items),
    status: parts.statusLists(),
  };
}

async function templatesOf(
  { templates, fetchTemplate }: PinsParts,
  items: readonly { readonly request?: unknown }[],
): Promise<EvidencePins["templates"]> {
  const digests = items.flatMap(({ request }) =>
    typeof request === "string" ? (quietly(() => readStored("request", request).display.tpl_dig) ?? []) : [],
  );
  const others = [...new Set(digests)].filter((digest) => templates.builtin(digest) === undefined);
  const unknown = others.filter((digest) => templates.fetched(digest) === undefined);
  await Promise.all(unknown.map((digest) => fetchTemplate(digest).catch(() => false)));
  return others.flatMap((digest) => templates.fetched(digest) ?? []);
}
