import type { DecisionClaims } from "../claims/decision.ts";
import type { PolicyClaim } from "../claims/request.ts";
import { CountersignError } from "../error.ts";

/** Seconds within which all approvals of a quorum must have been signed, unless policy says (protocol.md 3.10). */
export const DEFAULT_WINDOW_S = 900;

interface Approval {
  readonly dig: string;
  readonly decision: string;
  readonly live: boolean;
  readonly iat: number;
}

export const windowOf = ({ quorum }: PolicyClaim): number => quorum.window ?? DEFAULT_WINDOW_S;

/** The approvals that count, in recording order. */
export const liveApprovals = <D extends Approval>(recorded: readonly D[]): readonly D[] =>
  recorded.filter((d) => d.live && d.decision === "approve");

/**
 * The live approvals that have grown older than the quorum's window: they lapse, and the state returns to `open` when
 * none is left (protocol.md 3.22). The gateway ends them before it verifies another decision. Nothing lapses once the
 * quorum is reached: call it only while the request is `partial`.
 */
export function lapsedApprovals<D extends Approval>(recorded: readonly D[], policy: PolicyClaim, now: number): D[] {
  return liveApprovals(recorded).filter((d) => d.iat < now - windowOf(policy));
}

/**
 * V25: in an ordered quorum the signer saw exactly the approvals so far; all approvals lie within one window.
 * @throws CountersignError `E_QRM_ORDER`, `E_QRM_WINDOW`
 */
export function checkQuorumPlace(claims: DecisionClaims, policy: PolicyClaim, soFar: readonly Approval[]): void {
  const { need, ordered } = policy.quorum;
  if (need <= 1) return;
  const after = claims.after ?? [];
  // SECURITY: EP ordered_chain, protocol.md V25: an approval cannot be moved to another place.
  if (ordered === true && (after.length !== soFar.length || soFar.some((d, i) => d.dig !== after[i]))) {
    throw new CountersignError("E_QRM_ORDER");
  }
  const window = windowOf(policy);
  if (soFar.some((d) => Math.abs(claims.iat - d.iat) > window)) throw new CountersignError("E_QRM_WINDOW");
}
