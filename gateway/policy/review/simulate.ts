import { CountersignError } from "#shared/protocol/error.ts";

import type { PolicyVerdict } from "../../ports.ts";
import { rank } from "../friction.ts";
import type { CedarPolicy, Explained } from "../cedar/policy.ts";
import type { Recorded } from "./recorded.ts";

/** What becomes of a recorded request under another policy. `lowered` is any change that asks less of people. */
export const CHANGES = ["same", "allowed", "refused", "lowered", "raised", "other"] as const;
export type Change = (typeof CHANGES)[number];

/** Requests to which the same happens. */
export interface ChangeGroup {
  readonly change: Change;
  /** What they were and are, e.g. `order.create MedicationRequest: high, 1 of clinicians → critical, 2 of clinicians`. */
  readonly what: string;
  count: number;
  /** The first of them. */
  readonly examples: string[];
}

export interface Simulation {
  readonly requests: number;
  readonly counts: Readonly<Record<Change, number>>;
  /** Without those that stay as they are; the most frequent first. */
  readonly groups: readonly ChangeGroup[];
}

const EXAMPLES = 5;

/** Asks another policy about every recorded request. Names no patient and no person. */
export function simulate(
  recorded: Iterable<Recorded>,
  policy: CedarPolicy,
  onEach: (done: number) => void = () => undefined,
): Simulation {
  const counts = { same: 0, allowed: 0, refused: 0, lowered: 0, raised: 0, other: 0 };
  const groups = new Map<string, ChangeGroup>();
  let requests = 0;
  for (const request of recorded) {
    const { change, what } = changeOf(request, policy);
    requests += 1;
    counts[change] += 1;
    if (change !== "same") {
      const group = groups.get(what) ?? { change, what, count: 0, examples: [] };
      group.count += 1;
      if (group.examples.length < EXAMPLES) group.examples.push(request.rid);
      groups.set(what, group);
    }
    onEach(requests);
  }
  return { requests, counts, groups: [...groups.values()].sort((a, b) => b.count - a.count) };
}

/** The part of a verdict that people feel. */
interface Asked {
  readonly risk: number;
  readonly need: number;
  readonly text: string;
  readonly more: string;
}

function changeOf(
  { claims, input }: Recorded,
  policy: CedarPolicy,
): { readonly change: Change; readonly what: string } {
  const { action, policy: was } = claims;
  const before: Asked = {
    ...{ risk: rank(action.risk), need: was.quorum.need },
    text: `${action.risk}, ${whom(was.quorum.need, was.pools)}`,
    more: JSON.stringify(friction(was)),
  };
  const answer = explained(policy, input);
  const { verdict } = answer;
  const type = input.operation.url.split("/").findLast((step) => /^[A-Z]/.test(step)) ?? "";
  const say = (after: string): string => `${input.action} ${type}: ${before.text} → ${after}`;
  if (verdict.kind === "refuse") return { change: "refused", what: say(`refused by ${named(answer)}`) };
  if (verdict.kind === "allow") return { change: "allowed", what: say(`allowed without a person by ${named(answer)}`) };
  const after: Asked = {
    ...{ risk: rank(verdict.risk), need: verdict.policy.quorum.need },
    text: `${verdict.risk}, ${whom(verdict.policy.quorum.need, verdict.policy.pools)}`,
    more: JSON.stringify(friction(verdict.policy)),
  };
  const isLess = after.risk < before.risk || after.need < before.need;
  if (isLess) return { change: "lowered", what: say(after.text) };
  if (after.risk > before.risk || after.need > before.need) return { change: "raised", what: say(after.text) };
  if (after.text === before.text && after.more === before.more) return { change: "same", what: "" };
  const other = after.text === before.text ? `${after.text}, with other friction` : after.text;
  return { change: "other", what: say(other) };
}

const whom = (need: number, pools: readonly string[]): string => `${String(need)} of ${[...pools].sort().join(" or ")}`;
const named = ({ policies, verdict }: Explained): string =>
  policies.map(({ id }) => id).join(", ") || (verdict.kind === "refuse" ? verdict.code : "no policy");

function friction(claim: Recorded["claims"]["policy"]): readonly unknown[] {
  const {
    acr,
    max_auth_age,
    min_dwell_ms,
    hold_s,
    grant_ttl_max,
    reentry = [],
    roles = [],
    key_storage = [],
    quorum,
  } = claim;
  const { ordered, window, blind } = quorum;
  const lists = [reentry, roles, key_storage].map((list) => [...list].sort());
  return [acr, max_auth_age, min_dwell_ms, hold_s, grant_ttl_max, ...lists, ordered, window, blind];
}

/** What cannot be read any more would be refused at the door. */
function explained(policy: CedarPolicy, input: Recorded["input"]): Explained {
  try {
    return policy.explain(input);
  } catch (fault) {
    if (!(fault instanceof CountersignError)) throw fault;
    const verdict: PolicyVerdict = { kind: "refuse", code: fault.code, reason: fault.message };
    return { verdict, policies: [] };
  }
}
