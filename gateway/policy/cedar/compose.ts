import { CountersignError } from "#shared/protocol/error.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import type { Risk } from "#shared/protocol/claims/request.ts";
import type { RiskReason } from "#shared/protocol/registry.ts";

import type { PolicyInput, PolicyVerdict } from "../../ports.ts";
import { policyClaimOf } from "../claim.ts";
import { highest, rank, stricter } from "../friction.ts";
import type { Signals } from "../signals.ts";
import type { Obligation } from "./annotations.ts";
import type { LoadedPolicies } from "./load.ts";
import type { PolicyPart } from "./parts.ts";

type AskOf<V extends Obligation["verdict"]> = PolicyPart & { readonly obligation: Extract<Obligation, { verdict: V }> };
type Base = AskOf<"ask" | "otherwise">;

export const refused = (reason: string): Extract<PolicyVerdict, { kind: "refuse" }> => ({
  kind: "refuse",
  code: "E_POL_REFUSED",
  reason,
});

/**
 * One verdict from every policy that is satisfied, none of them a forbid: an ask before an allow, `otherwise` only where
 * neither is there, every raise on top, and of several the strictest in every respect. Where two have nobody in common to
 * ask, nobody is asked: refused (fail closed).
 */
export function composed(
  satisfied: readonly PolicyPart[],
  input: PolicyInput,
  signals: Signals,
  set: LoadedPolicies,
  crypto: Crypto,
): PolicyVerdict {
  const raises = ofVerdict(satisfied, "raise");
  const asks = ofVerdict(satisfied, "ask");
  const [allowed] = ofVerdict(satisfied, "allow");
  if (asks.length === 0 && allowed !== undefined) {
    // SECURITY: nothing that raises a risk passes without a person, whatever a policy allows; nor a step of a task that
    // has needed one (T-25).
    const isCalm = raises.length === 0 && signals.reasons.size === 0 && rank(highest(input.chain ?? [])) === 0;
    if (isCalm) return { kind: "allow", rule: allowed.id };
  }
  const bases = asks.length > 0 ? asks : ofVerdict(satisfied, "otherwise");
  if (bases.length === 0) return refused("No policy allows this, or says who could approve it.");
  return askOf({ bases, raises }, input, signals, set, crypto);
}

/** The satisfied policies that a verdict comes from. */
export function counting(satisfied: readonly PolicyPart[], { kind }: PolicyVerdict): readonly PolicyPart[] {
  if (kind === "allow") return ofVerdict(satisfied, "allow");
  const asks = ofVerdict(satisfied, "ask");
  const bases = new Set<PolicyPart>(asks.length > 0 ? asks : ofVerdict(satisfied, "otherwise"));
  return satisfied.filter((part) => bases.has(part) || part.obligation.verdict === "raise");
}

const ofVerdict = <const V extends Obligation["verdict"]>(
  parts: readonly PolicyPart[],
  verdict: V,
): readonly AskOf<V>[] => parts.filter((part): part is AskOf<V> => part.obligation.verdict === verdict);

function askOf(
  { bases, raises }: { readonly bases: readonly Base[]; readonly raises: readonly AskOf<"raise">[] },
  input: PolicyInput,
  signals: Signals,
  { manifest, templates }: LoadedPolicies,
  crypto: Crypto,
): PolicyVerdict {
  const all = [...bases, ...raises].map(({ obligation }) => obligation);
  const own = highest(all.map(({ tier }) => tier));
  // A task is as risky as its riskiest step (T-25): small later steps are not waved through.
  const risk = highest([own, ...(input.chain ?? [])]);
  const reasons = new Set<RiskReason>([...signals.reasons, ...all.flatMap((one) => one.reasons)]);
  if (rank(risk) > rank(own)) reasons.add("task-chain");
  const friction = all.reduce((so_far, one) => stricter(so_far, one.friction), stricter(manifest.tiers[risk], {}));
  const pools = common(all.flatMap((one) => (one.pools === undefined ? [] : [one.pools])));
  const roles = common(all.flatMap((one) => (one.roles === undefined ? [] : [one.roles])));
  if (pools?.length === 0 || roles?.length === 0 || friction.key_storage?.length === 0) {
    const names = [...bases, ...raises].filter(narrows).map(({ id }) => id);
    return refused(`Policies ${names.join(", ")} ask different people, and nobody is all of them.`);
  }
  const strictest = worst(bases);
  const template = templates.get(strictest.obligation.template);
  if (template === undefined) throw new CountersignError("E_DSP_TEMPLATE");
  const id = `${manifest.id}:${bases.map((base) => base.id).join("+")}`.slice(0, 512);
  return {
    kind: "ask",
    policy: policyClaimOf(crypto, input, {
      id,
      ver: manifest.ver,
      pools: pools ?? [],
      roles,
      friction,
      hasValue: signals.has_value,
    }),
    risk,
    risk_reasons: [...reasons],
    reversible: leastReversible(bases),
    reach: signals.reach,
    template,
    ttl_s: friction.ttl_s,
    grant_ttl_s: friction.grant_ttl_max,
    origin_code: input.initiator.kind === "human",
  };
}

const narrows = ({ obligation: { pools, roles, friction } }: AskOf<"ask" | "otherwise" | "raise">): boolean =>
  pools !== undefined || roles !== undefined || friction.key_storage !== undefined;

/** What every list holds; undefined where there is none. */
function common(lists: readonly (readonly string[])[]): readonly string[] | undefined {
  const [first, ...others] = lists;
  return first?.filter((name) => others.every((list) => list.includes(name)));
}

/** The one with the highest tier draws the request; of equals the first by id. */
function worst(bases: readonly Base[]): Base {
  const [first, ...others] = bases;
  if (first === undefined) throw new CountersignError("E_INTERNAL");
  return others.reduce((so_far, one) => (tierRank(one) > tierRank(so_far) ? one : so_far), first);
}
const tierRank = ({ obligation }: { readonly obligation: { readonly tier: Risk } }): number => rank(obligation.tier);

const REVERSIBLE = ["read-only", "reversible", "externally-reversible", "until-dispensed", "irreversible"] as const;
const leastReversible = (bases: readonly Base[]): (typeof REVERSIBLE)[number] =>
  REVERSIBLE[Math.max(...bases.map(({ obligation }) => REVERSIBLE.indexOf(obligation.reversible)))] ?? "irreversible";
