import { describe, expect, it } from "vitest";

import { ask, order, referral } from "./fixtures.ts";

describe("what an approver types again, by the shipped policy set", () => {
  it("asks for a value again only where the action has one: a dose, or the code of its one recipient", () => {
    const dose = ask(order({ medicationCodeableConcept: { text: "insulin" } })).policy.reentry;
    const none = ask(order({ medicationCodeableConcept: { text: "insulin" }, dosageInstruction: [] })).policy.reentry;
    expect([dose, none]).toEqual([["identity", "value"], ["identity"]]);
    const outside = ask(referral({ reference: "Organization/elsewhere" })).policy.reentry;
    const nameOnly = ask(referral({ display: "Elsewhere" })).policy.reentry;
    expect([outside, nameOnly]).toEqual([["identity", "value"], ["identity"]]);
  });

  it("asks for the origin code where a person started it, and keeps that person from approving", () => {
    const verdict = ask(order(), { initiator: { kind: "human", person: "urn:dr:lee" } });
    expect(verdict.origin_code).toBe(true);
    expect(verdict.policy.reentry).toEqual(["identity", "origin-code"]);
    expect(verdict.policy.sod.exclude).toContain("urn:dr:lee");
    expect(ask(order()).origin_code).toBe(false);
  });
});
