import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { CODES, type ErrorCode } from "#shared/protocol/registry.ts";

import type { GatewayContext } from "../context.ts";
import type { Budgets } from "../policy/budgets.ts";
import type { StoreReads } from "../store/store.ts";

/** A budget that is used up: what the agent is told, and when it may ask again. */
export interface OverBudget {
  readonly budget: keyof Budgets;
  readonly code: Extract<ErrorCode, "E_AGENT_BUDGET" | "E_AGENT_MUTED">;
  readonly reason: string;
  /** Seconds. */
  readonly retry_after_s: number;
}

/** When nothing says when somebody will have decided. */
const WAITING_S = 60;

/**
 * Whether people have been asked enough: by this agent, about this patient, or these approvers (protocol.md T-23). Asked
 * of the store alone, so that it holds over a restart. What waits already goes on waiting.
 */
export function overBudget(
  { policy, people, now }: Pick<GatewayContext, "policy" | "people" | "now">,
  store: Pick<StoreReads, "asksBy" | "denialsOf">,
  claims: Pick<RequestClaims, "agent" | "patient" | "aud">,
): OverBudget | undefined {
  const { agent, patient, approver, mute } = policy.budgets ?? {};
  const at = now();
  return (
    (mute && muted(mute, store.denialsOf(claims.agent.sub, at - mute.within_s), at)) ??
    (agent && used("agent", agent, 1, store.asksBy({ agent: claims.agent.sub }, at - agent.per_s), at)) ??
    (patient &&
      claims.patient &&
      used("patient", patient, 1, store.asksBy({ patient: claims.patient.ref }, at - patient.per_s), at)) ??
    (approver && ofApprovers(approver, claims.aud, people, store, at))
  );
}

type Asks = NonNullable<Budgets["agent"]>;

/** A pool of many people can be asked more than one of few; a request to several pools counts in each. */
function ofApprovers(
  budget: Asks,
  aud: readonly string[],
  people: GatewayContext["people"],
  store: Pick<StoreReads, "asksBy">,
  at: number,
): OverBudget | undefined {
  // The request is somebody's to take as long as one of its pools has attention left.
  const each = aud.map((one) => {
    const heads = Math.max(1, people.addressed([one]).length);
    return used("approver", budget, heads, store.asksBy({ aud: one }, at - budget.per_s), at);
  });
  const [first] = each;
  return each.every((over) => over !== undefined) ? first : undefined;
}

const WHOM = {
  agent: "by this agent",
  patient: "about this patient",
  approver: "of the people who could decide this",
} as const;

function used(
  budget: keyof typeof WHOM,
  { asks, per_s, waiting }: Asks,
  heads: number,
  so_far: ReturnType<StoreReads["asksBy"]>,
  at: number,
): OverBudget | undefined {
  const over = (why: string, retry_after_s: number): OverBudget => ({
    ...{ budget, code: "E_AGENT_BUDGET", retry_after_s },
    reason: `${CODES.E_AGENT_BUDGET.text} ${why}`,
  });
  if (so_far.waiting >= waiting * heads) {
    return over(`${String(so_far.waiting)} requests ${WHOM[budget]} wait for a decision.`, WAITING_S);
  }
  if (so_far.asked < asks * heads) return undefined;
  const again = Math.max(1, (so_far.oldest ?? at) + per_s - at);
  return over(`${String(so_far.asked)} were asked ${WHOM[budget]} within ${String(per_s)} seconds.`, again);
}

function muted(
  { denials, within_s, for_s }: NonNullable<Budgets["mute"]>,
  { count, last }: ReturnType<StoreReads["denialsOf"]>,
  at: number,
): OverBudget | undefined {
  if (count < denials || last === undefined || last + for_s <= at) return undefined;
  return {
    ...{ budget: "mute", code: "E_AGENT_MUTED", retry_after_s: last + for_s - at },
    reason: `${CODES.E_AGENT_MUTED.text} People denied ${String(count)} of its requests within ${String(within_s)} seconds.`,
  };
}
