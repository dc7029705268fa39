import type { ErasureProof } from "#shared/protocol/evidence/erasure-proof.ts";
import type { HistoryItem } from "#shared/reports/items.ts";

/**
 * What came with a row that is called erased. SECURITY: the members that have a meaning and no others, since an export without
 * identifiers must not hand on what a gateway put beside them.
 */
export function erasureOf({ withheld }: Pick<HistoryItem, "withheld">): ErasureProof | undefined {
  if (withheld?.erasure === undefined) return undefined;
  const { entry, proof, covers } = withheld.erasure;
  return {
    entry,
    ...(proof === undefined ? {} : { proof }),
    ...(covers === undefined
      ? {}
      : { covers: { record: covers.record, salt: covers.salt, index: covers.index, path: covers.path } }),
  };
}
