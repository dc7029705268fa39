import type { ErasureProof } from "#shared/protocol/evidence/erasure-proof.ts";

import type { GatewayContext } from "../context.ts";
import type { Erased } from "../store/erased.ts";

/**
 * That the log ordered an erasure, and that it was of this (docs/decisions/0016). Of one whose record is of the earlier form
 * the entry alone: the rest of that record names others.
 */
export function erasureOf(
  { log, store }: Pick<GatewayContext, "log" | "store">,
  { record, place }: Erased,
): ErasureProof | undefined {
  const leaf = store.leafOf(record, "config");
  const newest = log.newest();
  if (leaf === undefined) return undefined;
  const proof = newest && log.prove(leaf, newest)?.proof;
  const text = place && store.published(record)?.text;
  return {
    entry: leaf.entry,
    ...(proof === undefined ? {} : { proof }),
    ...(place === undefined || text === undefined
      ? {}
      : { covers: { record: text, salt: place.salt, index: place.index, path: [...place.path] } }),
  };
}
