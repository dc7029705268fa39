import { decodeStatusList } from "#shared/crypto/status-list.ts";
import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { findHidden } from "#shared/presentation/text-hygiene.ts";
import type { TemplateSource } from "#shared/protocol/accept/policy-and-template.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { quietly } from "#shared/protocol/evidence/quietly.ts";
import { verifyItem, type ItemVerdict } from "#shared/protocol/evidence/verify-item.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";
import type { HistoryItem } from "#shared/reports/items.ts";

import type { Link } from "../connection/link.ts";
import type { PinnedDirectory } from "../connection/trusted-gateway.ts";

export interface CheckParts {
  readonly crypto: Crypto;
  readonly iss: string;
  readonly link: Pick<Link, "gateway">;
  readonly directory: PinnedDirectory;
  readonly memory: { checkpoint(iss: string, vkey: string): string | undefined };
  readonly templates: TemplateSource;
  readonly fetchTemplate: (digest: string) => Promise<boolean>;
  readonly nowS: () => number;
  /** Lets others have their turn: a page of rows is some hundred signatures. */
  readonly breathe: () => Promise<void>;
}

const BEFORE_A_BREATH = 10;

/** Verifies rows one after another with the directory, the checkpoint and the templates of this computer. */
export function checkItems(parts: CheckParts): (items: readonly HistoryItem[]) => Promise<readonly ItemVerdict[]> {
  const { crypto, link, templates } = parts;
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
      status: [],
    };
    const verdicts: ItemVerdict[] = [];
    for (const item of items) {
      if (verdicts.length % BEFORE_A_BREATH === 0) await parts.breathe();
      verdicts.push(verifyItem(item, pins, crypto, { builtinTemplates, findHidden, decodeStatusList }));
    }
    return verdicts;
  };
}
