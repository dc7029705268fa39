import { leafHash } from "#shared/ledger/tree.ts";
import { verifyInclusion } from "#shared/ledger/verify.ts";
import { decodeBase64url } from "#shared/protocol/base64url.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { dig } from "#shared/protocol/digest.ts";
import {
  erasedLeaf,
  erasureRecord,
  type ErasedRevision,
  type ErasureRecord,
} from "#shared/protocol/evidence/erasure-proof.ts";
import { quietly } from "#shared/protocol/evidence/quietly.ts";

import type { Erased } from "../store/erased.ts";
import type { LeafRow } from "../store/rows.ts";
import type { StoreReads } from "../store/store.ts";

/** Whether the log ordered that the object of `leaf` be erased. */
type IsOrdered = (erased: Erased, leaf: LeafRow) => boolean;

/**
 * What a workstation checks of an erased row (docs/decisions/0016), at the store itself, where also a record of the earlier
 * form can be held against the log: it has the names of its keys. Decisions and statements go with their revision, or have a
 * key of their own; of those only the record is looked at.
 */
export function orderedErasures(crypto: Crypto, store: StoreReads): IsOrdered {
  let last: { readonly record: string; readonly said: unknown } | undefined;

  /** Undefined where the log has no erasure with this record. */
  function recordOf(record: string): unknown {
    if (last?.record === record) return last.said;
    const kept = store.published(record);
    const isRecord = kept?.kind === "erasure" && kept.erased === undefined && dig(crypto, kept.text) === record;
    const isLogged = store.leafOf(record, "config") !== undefined;
    last = { record, said: isLogged && isRecord ? JSON.parse(kept.text) : undefined };
    return last.said;
  }

  return (erased, { type, entry }) => {
    const said = recordOf(erased.record);
    if (said === undefined || type !== "request") return said !== undefined;
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- `leafText` of this gateway made it
    const { rid, rev, obj: digest } = JSON.parse(entry) as { readonly rid: string; readonly rev: number; obj: string };
    const record = erasureRecord.safeParse(said).data;
    return record === undefined
      ? namesOf(said).includes(`${rid}.${String(rev)}`)
      : isInList(crypto, record, { rid, rev, digest }, erased.place);
  };
}

function isInList(
  crypto: Crypto,
  { size, root }: ErasureRecord,
  revision: ErasedRevision,
  place: Erased["place"],
): boolean {
  if (place === undefined) return false;
  const { salt, index, path } = place;
  const found = quietly(() =>
    verifyInclusion(crypto, {
      ...{ index, size, root: decodeBase64url(root), proof: path.map(decodeBase64url) },
      leaf: leafHash(crypto, erasedLeaf(revision, salt)),
    }),
  );
  return found === true;
}

/** The keys that a record of the earlier form names, each after its revision. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the keeper of an earlier version wrote it
const namesOf = (said: unknown): readonly string[] => (said as { readonly keys?: readonly string[] }).keys ?? [];
