import type { RequestClaims } from "../claims/request.ts";
import { CountersignError } from "../error.ts";
import { poolUri } from "../names.ts";

/** The part of a credential that eligibility looks at. Pools and roles are bare names. */
export interface Approver {
  readonly sub: string;
  readonly pools: readonly string[];
  readonly roles: readonly string[];
}

/** Is the request addressed to this person: by a pool of theirs, or by name (V15, C6). */
export const isAddressed = (
  { aud, iss }: Pick<RequestClaims, "aud" | "iss">,
  { sub, pools }: Pick<Approver, "sub" | "pools">,
): boolean => aud.includes(sub) || pools.some((pool) => aud.includes(poolUri(iss, pool)));

/**
 * V15, eligibility; again in V29. Roles bind when the policy names any.
 * @throws CountersignError `E_AUZ_NOT_ELIGIBLE`, `E_AUZ_ROLE`
 */
export function checkEligible(request: RequestClaims, approver: Approver): void {
  if (!isAddressed(request, approver)) throw new CountersignError("E_AUZ_NOT_ELIGIBLE");
  const { roles } = request.policy;
  if (roles && !roles.some((role) => approver.roles.includes(role))) throw new CountersignError("E_AUZ_ROLE");
}

/**
 * Everyone who may not approve this request: whoever asked for it, the agents and their owners, and whom policy excludes
 * (protocol.md V15, 3.10).
 */
export function excludedFromApproving({ policy, agent, initiator }: RequestClaims): ReadonlySet<string> {
  const people: unknown[] = [...policy.sod.exclude, agent.sub, agent.obo, agent.owner, initiator?.person];
  for (const link of agent.act ?? []) people.push(link.sub, link["owner"], link["obo"]);
  return new Set(people.filter((person) => typeof person === "string"));
}

/** V15, separation of duties; approvals only. @throws CountersignError `E_SOD_EXCLUDED` */
export function checkSeparation(request: RequestClaims, sub: string): void {
  // SECURITY: SelfApprovalImpossible, protocol.md 3.11 (T-26).
  if (excludedFromApproving(request).has(sub)) throw new CountersignError("E_SOD_EXCLUDED");
}
