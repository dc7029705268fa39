import { meetGrants } from "#shared/scope/meet.ts";

import type { DecisionClaims } from "../claims/decision.ts";
import type { RarElement } from "../claims/primitives.ts";
import type { RequestClaims } from "../claims/request.ts";
import type { Crypto } from "../crypto-port.ts";
import { jcsDig } from "../digest.ts";
import { CountersignError } from "../error.ts";
import type { Json } from "../strict-json.ts";

/** What the approvals of a request amount to together (protocol.md 3.10). */
export interface EffectiveGrant {
  readonly elements: readonly RarElement[];
  /** Latest token expiry: the smallest `grant_exp`. Unix seconds. */
  readonly until: number;
  /** `dig(JCS(elements))`, the receipt's `effective`. */
  readonly digest: string;
}

/**
 * The meet of all grants; for a single approval the grant itself. `null` where a required element has no common part
 * (`no-common-grant`). Each grant must already be `⊑ requested`.
 * @throws CountersignError `E_CLM_SHAPE` for an approval without a grant
 */
export function effectiveGrant(
  crypto: Crypto,
  request: RequestClaims,
  approvals: readonly DecisionClaims[],
): EffectiveGrant | null {
  const grants = approvals.map(({ granted, grant_exp }) => {
    if (!granted || grant_exp === undefined) throw new CountersignError("E_CLM_SHAPE");
    return { granted, grant_exp };
  });
  const [only] = grants;
  const elements =
    grants.length === 1 && only
      ? only.granted
      : meetGrants(
          request.authorization_details,
          grants.map((g) => g.granted),
        );
  if (elements === null) return null;
  return {
    elements,
    until: Math.min(...grants.map((g) => g.grant_exp)),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- grants are JSON: jcs refuses anything else
    digest: jcsDig(crypto, elements as unknown as Json),
  };
}
