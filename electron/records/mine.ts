import { quietly } from "#shared/protocol/evidence/quietly.ts";
import type { ListingQuery } from "#shared/protocol/evidence/listing.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import type { Journal } from "../journal/journal.ts";

/** A request waits a day at most (protocol.md 3.5), so that a decision is never later than that after it. */
const DAY_S = 86_400;
/** What is compared for one page; beyond it the journal itself is the place to look. */
const MOST = 200;

export interface Mine {
  readonly requests: ListingQuery["mine"];
  /** Credentials of the gateway that were kept beside decisions: they name keys that are no longer in use. */
  readonly gateways: readonly string[];
}

/** What this computer keeps by itself of requests of that time, so that one which is missing from a list shows. */
export async function mineOf(journal: Journal, iss: string, from: number, to: number): Promise<Mine> {
  const entries = journal
    .entries()
    .filter((entry) => entry.iss === iss && entry.result === "recorded" && entry.at >= from && entry.at < to + DAY_S)
    .slice(0, MOST);
  const kept = await Promise.all(
    entries.map(async ({ dec_dig, rid, req_dig }) => {
      // Changed on the disk: its own row of the local list says so.
      const evidence = await journal.read(dec_dig).catch(() => undefined);
      const iat = evidence && quietly(() => readStored("request", evidence.decision.request).iat);
      return iat === undefined || evidence === undefined
        ? []
        : [{ rid, req_dig, iat, gateway: evidence.decision.gateway }];
    }),
  );
  const found = kept.flat();
  return {
    requests: found.map(({ rid, req_dig, iat }) => ({ rid, req_dig, iat })),
    gateways: [...new Set(found.map(({ gateway }) => gateway))],
  };
}
