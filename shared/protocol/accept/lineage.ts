import type { OpenedRequest } from "./open.ts";

/** What a client remembers of one gateway's requests (README decision 5). */
export interface AcceptMemory {
  /** Digest of a revision seen before, accepted or quarantined. */
  revision(rid: string, rev: number): string | undefined;
  /** The highest revision seen. */
  latest(rid: string): { readonly rev: number; readonly dig: string } | undefined;
  /** Two different requests were once seen under one name of this `rid`. */
  isForked(rid: string): boolean;
  /** The request with this digest has ended (protocol.md 3.21). */
  hasEnded(digest: string): boolean;
  /** Highest version of a policy or template in requests that passed C1–C14. */
  policyVersion(id: string): number | undefined;
  templateVersion(id: string): number | undefined;
}

export type Lineage =
  | "new"
  /** The identical bytes again. */
  | "repeated"
  /** A lower revision than one already seen, or one that has ended: not listed. */
  | "older"
  | "ended"
  /** Another digest under the same name, or a next revision that does not follow: a security event. */
  | "fork";

/** C8: where a revision stands among those seen before (protocol.md 3.5). */
export function lineageOf({ claims, digest }: OpenedRequest, memory: AcceptMemory): Lineage {
  const { rid, rev, prev } = claims;
  if (memory.hasEnded(digest)) return "ended";
  const seen = memory.revision(rid, rev);
  const latest = memory.latest(rid);
  // SECURITY: one signed object per (rid, rev) for everybody, protocol.md C8 (T-16).
  if (seen !== undefined && seen !== digest) return "fork";
  if (latest?.rev === rev && latest.dig !== digest) return "fork";
  if (latest && rev < latest.rev) return "older";
  if (latest && rev === latest.rev + 1 && prev !== latest.dig) return "fork";
  if (memory.isForked(rid)) return "fork";
  return seen === undefined ? "new" : "repeated";
}
