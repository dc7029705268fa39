import { describe, expect, it } from "vitest";

import type { Recorded } from "../../../gateway/policy/review/recorded.ts";
import { simulate } from "../../../gateway/policy/review/simulate.ts";
import { ask, hospitalFiles, makeInput, order, policyOf, withPolicies } from "./fixtures.ts";

/** A request as the hospital's policy made it. */
function recorded(rid: string): Recorded {
  const verdict = ask(order());
  const claims = { action: { risk: verdict.risk }, policy: verdict.policy } as Recorded["claims"];
  return { rid, claims, input: makeInput(order()) };
}

describe("a simulation", () => {
  it("puts what changes in the same way together, the most frequent first, with five examples", () => {
    const rids = [...Array(7).keys()].map((n) => `r${String(n)}`);
    const forbid = `@id("a-no") @says("No.") forbid (principal, action, resource);`;
    const seen: number[] = [];
    const result = simulate(rids.map(recorded), policyOf(withPolicies(forbid)), (done) => seen.push(done));
    expect(result.groups).toEqual([
      {
        change: "refused",
        what: "order.create MedicationRequest: high, 1 of clinicians → refused by a-no",
        count: 7,
        examples: rids.slice(0, 5),
      },
    ]);
    expect([result.requests, result.counts.refused, seen]).toEqual([7, 7, [1, 2, 3, 4, 5, 6, 7]]);
  });

  it("says where something would pass without a person, and where what was asked cannot be read any more", () => {
    const others = Object.fromEntries(Object.entries(hospitalFiles).filter(([name]) => name !== "orders.cedar"));
    const allow = `@id("a-yes") @says("Yes.") @verdict("allow") permit (principal, action, resource);`;
    const bad = recorded("bad");
    const broken = { ...bad, input: { ...bad.input, operation: { ...bad.input.operation, body: "{" } } };
    const { counts, groups } = simulate([recorded("a"), broken], policyOf(withPolicies(allow, others)));
    expect(counts).toMatchObject({ allowed: 1, refused: 1 });
    expect(groups.map(({ what }) => what.split("→")[1])).toEqual([
      " allowed without a person by a-yes",
      " refused by E_OP_BODY",
    ]);
  });
});
