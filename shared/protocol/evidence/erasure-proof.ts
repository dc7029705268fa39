import { z } from "zod";

import { digest, seconds, text } from "../claims/primitives.ts";
import { encodeUtf8 } from "../utf8.ts";

export const ERASURE_FORMAT = "countersign-erasure/2";
/** Member `out` of the log's entry of an erasure whose record can be shown. */
export const ERASED = "erased";
const WHY = ["order", "retention", "repeated", "restated"] as const;

const hash = z.string().length(43);
/** What the log's entry of an erasure has the digest of: it names nobody (docs/decisions/0016). */
export const erasureRecord = z.looseObject({
  format: z.literal(ERASURE_FORMAT),
  at: seconds,
  /**
   * `repeated`: an older copy had brought back what was erased before. `restated`: it had been erased before this time, with a
   * record that could not be shown; nothing was erased now.
   */
  why: z.enum(WHY),
  /** Of the list of everything that it erased: an RFC 6962 tree, so many leaves, its root. */
  size: z.int().positive(),
  root: hash,
  /** Digest of who ordered it and of the names of the keys, which stay at the gateway. */
  said: digest,
  nonce: text(64),
});
export type ErasureRecord = z.infer<typeof erasureRecord>;

/** What a gateway hands over with a row that it calls erased: the log's entry, and that it is about this very revision. */
export const erasureProof = z.looseObject({
  /** The exact leaf, type `config`. */
  entry: z.string().max(65_535),
  /** Its place under the same checkpoint as the other proofs; absent while it is under none. */
  proof: z.string().max(65_536).optional(),
  /** The exact text of the record and this revision's place in its list. Absent where the record is of the earlier form. */
  covers: z
    .looseObject({
      record: z.string().max(2048),
      salt: text(64),
      index: z.int().nonnegative(),
      path: z.array(hash).max(32),
    })
    .optional(),
});
export type ErasureProof = z.infer<typeof erasureProof>;

/** The revision that is said to be erased, as everything else names it. */
export interface ErasedRevision {
  readonly rid: string;
  readonly rev: number;
  /** `jdig` of its request. */
  readonly digest: string;
}

/** One leaf of the list. SECURITY: the salt keeps whoever sees the others' hashes from trying what they are of. */
export const erasedLeaf = ({ rid, rev, digest: req }: ErasedRevision, salt: string): Uint8Array =>
  encodeUtf8(JSON.stringify({ v: 1, rid, rev, req, salt }));
