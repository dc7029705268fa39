import { compareGrant } from "#shared/scope/compare.ts";

import type { DecisionClaims } from "../claims/decision.ts";
import type { RequestClaims } from "../claims/request.ts";
import { CountersignError } from "../error.ts";

/**
 * V19: `granted ⊑ requested`, and the token's latest expiry.
 * @throws CountersignError `E_AUZ_*`
 */
export function checkGrant(claims: DecisionClaims, request: RequestClaims): void {
  compareGrant(request.authorization_details, claims.granted ?? []);
  const until = claims.grant_exp ?? 0;
  if (until > request.grant_exp || until <= claims.iat) throw new CountersignError("E_AUZ_LIFETIME");
}
