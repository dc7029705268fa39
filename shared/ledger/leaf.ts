import { CountersignError } from "#shared/protocol/error.ts";
import { LIMITS } from "#shared/protocol/names.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

export const LEAF_TYPES = [
  "request",
  "decision",
  "rejection",
  "outcome",
  "token-issued",
  "token-used",
  "token-misuse",
  "token-revoked",
  "key-enrolled",
  "key-rotated",
  "key-revoked",
  "policy-published",
  "template-published",
  "gateway-key",
  "emergency",
  "access",
  "checkpoint-gap",
  "config",
  "statement",
] as const;
export type LeafType = (typeof LEAF_TYPES)[number];

/** One log entry, protocol.md 3.16: digests and ids only, no content, no free text. `ts` in seconds. */
export interface Leaf {
  readonly t: LeafType;
  readonly ts: number;
  readonly rid?: string | undefined;
  readonly rev?: number | undefined;
  readonly obj: string;
  readonly kid: string;
  readonly out?: string | undefined;
  readonly ref?: string | undefined;
}

/**
 * The exact text of a leaf: members in the documented order, absent ones omitted. Made once and stored as bytes.
 * @throws CountersignError `E_FMT_SIZE` above 65,535 bytes (C2SP entry bundles are uint16-prefixed)
 */
export function leafText(leaf: Leaf): string {
  const { t, ts, rid, rev, obj, kid, out, ref } = leaf;
  const text = JSON.stringify({ v: 1, t, ts, rid, rev, obj, kid, out, ref });
  // No character takes more than three bytes for each UTF-16 unit: only a long text is counted.
  if (text.length * 3 > LIMITS.leaf && encodeUtf8(text).length > LIMITS.leaf) throw new CountersignError("E_FMT_SIZE");
  return text;
}
