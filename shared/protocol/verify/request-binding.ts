import type { DecisionClaims } from "../claims/decision.ts";
import type { RequestClaims } from "../claims/request.ts";
import { CountersignError } from "../error.ts";
import { SKEW_S } from "../names.ts";
import type { StoredRequest, VerificationState } from "./state.ts";

/** Longest life of a decision signed in a live session, seconds (protocol.md 3.7). */
const ONLINE_LIFETIME_S = 300;

/**
 * V11: the decision answers exactly the current revision's bytes.
 * @throws CountersignError `E_REQ_UNKNOWN`, `E_REQ_SUPERSEDED`, `E_REQ_DIGEST`, `E_REQ_NONCE`, `E_REQ_TXN`
 */
export function checkRequest(claims: DecisionClaims, request: StoredRequest | undefined): StoredRequest {
  if (!request) throw new CountersignError("E_REQ_UNKNOWN");
  if (claims.rev !== request.claims.rev) throw new CountersignError("E_REQ_SUPERSEDED");
  // SECURITY: the digest of the request's exact signed bytes, protocol.md V11 (T-07, T-12).
  if (claims.req_dig !== request.dig) throw new CountersignError("E_REQ_DIGEST");
  if (claims.nonce !== request.claims.nonce) throw new CountersignError("E_REQ_NONCE");
  if (claims.txn !== request.claims.txn) throw new CountersignError("E_REQ_TXN");
  return request;
}

/** V12. @throws CountersignError `E_POL_MISMATCH` */
export function checkPolicy({ pol }: DecisionClaims, { policy }: RequestClaims): void {
  if (pol.id !== policy.id || pol.dig !== policy.dig) throw new CountersignError("E_POL_MISMATCH");
}

/** The times a person's signature carries, against the clock (V13; statements as well, protocol.md 3.20). */
export function checkTimes(
  claims: { readonly iat: number; readonly exp: number },
  { now, skewS = SKEW_S }: Pick<VerificationState, "now" | "skewS">,
  lifetimeS = ONLINE_LIFETIME_S,
): void {
  if (claims.exp <= claims.iat || claims.exp - claims.iat > lifetimeS) throw new CountersignError("E_CLM_LIFETIME");
  if (claims.iat > now + skewS) throw new CountersignError("E_CLM_FUTURE");
  if (now > claims.exp + skewS) throw new CountersignError("E_CLM_EXPIRED");
}

/**
 * V13: the decision's times against the clock and the request. A revoke may come after the request's end.
 * @throws CountersignError `E_CLM_LIFETIME`, `E_CLM_FUTURE`, `E_CLM_EXPIRED`, `E_CLM_BEFORE_REQUEST`, `E_REQ_EXPIRED`,
 * `E_POL_OFFLINE`, `E_REQ_LATE`
 */
export function checkDecisionTimes(
  claims: DecisionClaims,
  request: RequestClaims,
  state: Pick<VerificationState, "now" | "skewS">,
): void {
  const { offline } = request.policy;
  checkTimes(claims, state, claims.offline === true ? (offline.max_age ?? ONLINE_LIFETIME_S) : ONLINE_LIFETIME_S);
  if (claims.iat < request.iat - (state.skewS ?? SKEW_S)) throw new CountersignError("E_CLM_BEFORE_REQUEST");
  const revoke = claims.decision === "revoke";
  if (!revoke && claims.iat > request.exp) throw new CountersignError("E_REQ_EXPIRED");
  if (claims.offline === true && claims.decision === "approve" && !offline.approve) {
    throw new CountersignError("E_POL_OFFLINE");
  }
  if (!revoke && state.now > (request.submit_by ?? request.exp)) throw new CountersignError("E_REQ_LATE");
}
