import type { RequestState } from "#shared/protocol/claims/receipt.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import type { RequestRow } from "../store/rows.ts";
import { claimsOf } from "./signed-request.ts";

/** A row, or what is about to be one. */
type Readable = Pick<RequestRow, "rid" | "dig" | "jws"> & { readonly state?: RequestState };

/** Claims of requests that wait, read once: strict parsing and the schema take as long as verifying a signature. */
export interface OpenClaims {
  /**
   * Of a stored revision; they are shared, so nobody changes them.
   * @throws CountersignError `E_STORE_ERASED`
   */
  of(request: Readable): RequestClaims;
  /** What was signed just now, as a strict reader sees it. */
  keep(request: Pick<RequestRow, "rid" | "dig">, claims: RequestClaims): void;
  /** It waits for nobody any more. */
  drop(rid: string): void;
  /** Something in the store was erased. */
  forget(): void;
}

/** Some ten kilobytes each. More than that may wait; the oldest are then read each time. */
const MOST_KEPT = 2048;

/**
 * SECURITY: found by request and believed by digest, so a revision never gets another's claims. What waits cannot be erased;
 * what has ended is not kept, and all of it is forgotten when anything is erased (docs/decisions/0015).
 */
export function makeOpenClaims(most = MOST_KEPT): OpenClaims {
  const kept = new Map<string, { readonly dig: string; readonly claims: RequestClaims }>();
  const keep: OpenClaims["keep"] = ({ rid, dig }, claims) => {
    kept.delete(rid);
    const [oldest] = kept.size < most ? [] : kept.keys();
    if (oldest !== undefined) kept.delete(oldest);
    kept.set(rid, { dig, claims });
  };
  return {
    of(request) {
      const known = kept.get(request.rid);
      const isWaiting = request.state === undefined || request.state === "open" || request.state === "partial";
      if (isWaiting && known?.dig === request.dig) return known.claims;
      const claims = claimsOf(request);
      // Where there is room: read in the order in which they came, each would else take the place of the next.
      if (isWaiting && request.state !== undefined && kept.size < most) keep(request, claims);
      return claims;
    },
    keep,
    drop: (rid) => void kept.delete(rid),
    forget: () => {
      kept.clear();
    },
  };
}
