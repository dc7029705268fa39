import { CountersignError } from "#shared/protocol/error.ts";

import type { CedarPolicy, Explained } from "../cedar/policy.ts";
import type { CaseAnswer, PolicyCase } from "./read-cases.ts";

/** What policy answers to a case, as a table says it. */
export function answerOf(policy: CedarPolicy, { input }: Pick<PolicyCase, "input">): CaseAnswer {
  try {
    return said(input.kind === "read" ? policy.explainRead(input.input) : policy.explain(input.input));
  } catch (fault) {
    // An operation that cannot be read gets no verdict: the doors refuse it with the same code.
    if (fault instanceof CountersignError) return { verdict: "refuse", pools: [], reasons: [fault.code] };
    throw fault;
  }
}

function said({ verdict, policies }: Explained): CaseAnswer {
  const ids = policies.map(({ id }) => id).sort();
  switch (verdict.kind) {
    case "ask":
      return {
        verdict: "ask",
        tier: verdict.risk,
        approvers: verdict.policy.quorum.need,
        pools: verdict.policy.pools,
        reasons: [...verdict.risk_reasons].sort(),
      };
    case "allow":
      return { verdict: "allow", pools: [], reasons: ids };
    case "refuse":
      return {
        verdict: "refuse",
        pools: [],
        reasons: ids.length > 0 || verdict.code === "E_POL_REFUSED" ? ids : [verdict.code],
      };
    default:
      return verdict satisfies never;
  }
}

/** Where an answer is not the expected one; empty when it is. */
export function differences(expected: CaseAnswer, got: CaseAnswer): readonly string[] {
  const members = ["verdict", "tier", "approvers", "pools", "reasons"] as const;
  const text = (value: CaseAnswer[(typeof members)[number]]): string =>
    value === undefined ? "none" : Array.isArray(value) ? value.join(", ") || "none" : String(value);
  return members.flatMap((name) => {
    const [wanted, found] = [text(expected[name]), text(got[name])];
    return wanted === found ? [] : [`${name} wanted ${wanted}, got ${found}`];
  });
}
