import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { RISKS } from "#shared/protocol/claims/request.ts";

import { ask, conflict, hospitalTable, makeInput, order, policyOf } from "./fixtures.ts";

describe("a policy table", () => {
  it("may let something pass without a person, and asks all the same when anything raises the risk", () => {
    const allow = { id: "notes", when: { resources: ["MedicationRequest"] }, then: { verdict: "allow" } };
    const policy = policyOf({ ...hospitalTable, rules: [allow, ...hospitalTable.rules] });
    expect(policy.evaluate(makeInput(order())).kind).toBe("allow");
    expect(policy.evaluate(makeInput(order(), { gathered: { facts: [conflict] } })).kind).toBe("ask");
  });

  it("may add friction to a tier and cannot take any away", () => {
    const withFriction = (friction: object) =>
      policyOf({
        ...hospitalTable,
        rules: hospitalTable.rules.map((rule) => ({ ...rule, then: { ...rule.then, friction } })),
      });
    const more = ask(order(), {}, withFriction({ hold_s: 60, need: 2, acr: "urn:countersign:acr:mfa-hw" }));
    expect(more.policy).toMatchObject({ hold_s: 60, quorum: { need: 2 }, acr: "urn:countersign:acr:mfa-hw" });
    const less = ask(
      order(),
      {},
      withFriction({ hold_s: 0, reentry: [], acr: "urn:countersign:acr:session", max_auth_age: 9999 }),
    );
    expect(less.policy).toEqual(ask(order()).policy);
  });

  it("says of several approvers that they sign in order and within how long, and says it only of several", () => {
    const quorum = (friction: object) =>
      ask(
        order(),
        {},
        policyOf({
          ...hospitalTable,
          rules: hospitalTable.rules.map((rule) => ({ ...rule, then: { ...rule.then, friction } })),
        }),
      ).policy.quorum;
    const said = { ordered: true, window_s: 300 };
    expect(quorum({ ...said, need: 2 })).toEqual({ need: 2, ordered: true, window: 300 });
    expect(quorum({ ...said, need: 2, blind: true })).toMatchObject({ ordered: true, blind: true });
    expect(quorum(said)).toEqual({ need: 1 });
    // The tier's own window is 900 s where it says none: a rule may shorten it and not make it longer.
    expect(quorum({ need: 2, window_s: 3600 })).toEqual({ need: 2, window: 900 });
  });

  it.each([
    ["an unknown member", { ...hospitalTable, extra: 1 }],
    ["a reason that is not in the list", { ...hospitalTable, raisers: { "because-i-say-so": "low" } }],
    [
      "a template that is not there",
      { ...hospitalTable, otherwise: { ...hospitalTable.otherwise, template: "urn:x" } },
    ],
    ["two rules of one id", { ...hospitalTable, rules: [...hospitalTable.rules, ...hospitalTable.rules] }],
    ["no table at all", null],
  ])("is refused with %s", (_what, table) => {
    expect(() => policyOf(table)).toThrow(expect.objectContaining({ code: "E_CLM_SHAPE" }));
  });
});

describe("what an agent writes", () => {
  const words = fc.string({ unit: "grapheme", maxLength: 60 });

  it("never lowers the risk of its own action, wherever it writes it", () => {
    const notes = fc.record({
      note: words,
      reason: words,
      dosage: words,
      extra: words,
      key: fc.constantFrom("note", "reasonCode", "identifier"),
    });
    const known = ask(order()).risk;
    fc.assert(
      fc.property(notes, ({ note, reason, dosage, extra }) => {
        const op = order({
          note: [{ text: note }],
          statusReason: { text: reason },
          extension: [{ url: "urn:x", valueString: extra }],
          dosageInstruction: [{ text: dosage, doseAndRate: [{ doseQuantity: { value: 5, unit: "mg" } }] }],
        });
        expect(RISKS.indexOf(ask(op).risk)).toBeGreaterThanOrEqual(RISKS.indexOf(known));
      }),
    );
  });

  it("never lowers it by naming the action something else", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("record.update", "order.create", "order.modify", "tool.call", "read.bulk"),
        (action) => {
          const verdict = ask(order(), { action });
          expect(RISKS.indexOf(verdict.risk)).toBeGreaterThanOrEqual(RISKS.indexOf("high"));
          if (action !== "order.create") expect(verdict.risk_reasons).toContain("unknown-action");
        },
      ),
    );
  });

  it("never lowers it with more facts, failed checks, documents, scopes or steps", () => {
    const more = fc.record({
      facts: fc.array(fc.constant(conflict), { maxLength: 2 }),
      checks: fc.array(fc.constantFrom("fail", "not_run", "pass" as const), { maxLength: 3 }),
      sensitive: fc.boolean(),
      scopes: fc.subarray(["patient/Observation.rs", "patient/Observation.cud"]),
      chain: fc.array(fc.constantFrom(...RISKS), { maxLength: 3 }),
      denied: fc.nat(3),
    });
    fc.assert(
      fc.property(more, (m) => {
        const verdict = ask(order(), {
          gathered: {
            facts: m.facts,
            checks: m.checks.map((result, i) => ({ id: `c${String(i)}`, label: "c", result, by: "g" })),
          },
          attachments: [{ ref: "r", title: "t", media: "m", size: 1, dig: "d", sensitive: m.sensitive }],
          scopes: m.scopes,
          chain: m.chain,
          history: { asked: m.denied, denied: m.denied },
        });
        expect(RISKS.indexOf(verdict.risk)).toBeGreaterThanOrEqual(RISKS.indexOf("high"));
      }),
    );
  });
});
