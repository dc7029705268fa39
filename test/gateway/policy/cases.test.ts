import { readFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { readCases } from "../../../gateway/policy/cases/read-cases.ts";
import { answerOf, differences } from "../../../gateway/policy/cases/run-cases.ts";
import { policyOf } from "./fixtures.ts";

const file = path.resolve(import.meta.dirname, "../../../docs/policy-cases.md");
const cases = readCases("policy-cases.md", readFileSync(file, "utf8"));
const policy = policyOf();

describe("the shipped policy set, against docs/policy-cases.md", () => {
  it("has at least 200 cases, and one at least for every policy of the set", () => {
    const used = new Set(
      cases.flatMap(({ input }) => {
        try {
          return (input.kind === "read" ? policy.explainRead(input.input) : policy.explain(input.input)).policies;
        } catch {
          return [];
        }
      }),
    );
    expect(cases.length).toBeGreaterThanOrEqual(200);
    expect([...policy.set.parts.values()].filter((part) => !used.has(part)).map(({ id }) => id)).toEqual([]);
  });

  it("tells where an answer differs", () => {
    const [first] = cases;
    const got = first && answerOf(policy, first);
    const wanted = { ...got, verdict: "ask", tier: "critical", approvers: 2, pools: ["ward"], reasons: [] } as const;
    expect(got && differences(wanted, got)).toEqual([
      "tier wanted critical, got high",
      "approvers wanted 2, got 1",
      "pools wanted ward, got clinicians",
      "reasons wanted none, got new-medicine",
    ]);
  });

  it.each(cases.map((one) => [one.id, one.what, one] as const))(
    "answers case %s (%s) as the table says",
    (_id, _what, one) => {
      expect(differences(one.expected, answerOf(policy, one)), one.place).toEqual([]);
    },
  );
});
