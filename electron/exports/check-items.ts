import type { TemplateSource } from "#shared/protocol/accept/policy-and-template.ts";
import { quietly } from "#shared/protocol/evidence/quietly.ts";
import type { ItemVerdict } from "#shared/protocol/evidence/verify-item.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";
import type { HistoryItem } from "#shared/reports/items.ts";

import type { Link } from "../connection/link.ts";
import type { PinnedDirectory } from "../connection/trusted-gateway.ts";
import type { Verifier } from "../records/verifier.ts";

export interface CheckParts {
  readonly iss: string;
  readonly link: Pick<Link, "gateway">;
  readonly directory: PinnedDirectory;
  readonly memory: { checkpoint(iss: string, vkey: string): string | undefined };
  readonly templates: TemplateSource;
  readonly fetchTemplate: (digest: string) => Promise<boolean>;
  readonly nowS: () => number;
  readonly statusLists: () => readonly string[];
  readonly verifier: Pick<Verifier, "check">;
}

/** Verifies rows with the directory, the checkpoint and the templates of this computer, in the process that verifies. */
export function checkItems(parts: CheckParts): (items: readonly HistoryItem[]) => Promise<readonly ItemVerdict[]> {
  const { link, templates } = parts;
  return async (items) => {
    const digests = items.flatMap(({ request }) =>
      request === undefined ? [] : (quietly(() => readStored("request", request).display.tpl_dig) ?? []),
    );
    const others = [...new Set(digests)].filter((digest) => templates.builtin(digest) === undefined);
    const unknown = others.filter((digest) => templates.fetched(digest) === undefined);
    await Promise.all(unknown.map((digest) => parts.fetchTemplate(digest).catch(() => false)));
    const { gateway } = link;
    const pins = {
      directory: parts.directory.key.jwk,
      gateways: gateway === undefined ? [] : [gateway.credential],
      pinned: gateway && parts.memory.checkpoint(parts.iss, gateway.claims.log.vkey),
      now: parts.nowS(),
      templates: others.flatMap((digest) => templates.fetched(digest) ?? []),
      status: parts.statusLists(),
    };
    const { verdicts } = await parts.verifier.check({ items, pins });
    return verdicts;
  };
}
