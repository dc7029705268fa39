import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { RISKS, type Risk } from "#shared/protocol/claims/request.ts";

import { changeQuestion } from "../../../gateway/policy/cedar/question.ts";
import { signalsOf } from "../../../gateway/policy/signals.ts";
import type { Operation, PolicyInput } from "../../../gateway/ports.ts";
import { ask, conflict, makeInput, order, policyOf } from "./fixtures.ts";

const policy = policyOf();
const { manifest } = policy.set;
const rank = (risk: Risk): number => RISKS.indexOf(risk);
const asked = (input: PolicyInput) => changeQuestion(input, signalsOf(input, manifest), manifest);
/** Letters that hide nothing: hidden characters are a find of their own, and raise. */
const plain = fc.stringMatching(/^[A-Za-z0-9 .,!?-]{0,60}$/);
const words = fc.string({ unit: "grapheme", maxLength: 60 });

const orderSaying = (say: { note: string; reason: string; dosage: string; extra: string }): Operation =>
  order({
    note: [{ text: say.note }],
    statusReason: { text: say.reason },
    extension: [{ url: "urn:x", valueString: say.extra }],
    dosageInstruction: [{ text: say.dosage, doseAndRate: [{ doseQuantity: { value: 5, unit: "mg" } }] }],
  });
const saying = (text: fc.Arbitrary<string>) => fc.record({ note: text, reason: text, dosage: text, extra: text });

describe("what an agent writes", () => {
  it("is no part of what policy is asked: prose in the operation changes no word of the question", () => {
    const silent = asked(makeInput(orderSaying({ note: "", reason: "", dosage: "", extra: "" })));
    fc.assert(
      fc.property(saying(plain), (say) => {
        expect(asked(makeInput(orderSaying(say)))).toEqual(silent);
      }),
    );
  });

  it("is no part of it beside the operation either: rationale, claims, goal and display do not reach it", () => {
    const silent = asked(makeInput(order()));
    const beside = fc.record({
      rationale: words,
      claims: fc.array(words),
      goal: words,
      display: words,
      risk: fc.constantFrom(...RISKS),
      policy: words,
    });
    fc.assert(
      fc.property(beside, (more) => {
        expect(asked({ ...makeInput(order()), ...more })).toEqual(silent);
      }),
    );
  });

  it("never lowers the risk of its own action, wherever it writes it and whatever characters it is made of", () => {
    const known = rank(ask(order()).risk);
    fc.assert(
      fc.property(saying(words), (say) => {
        expect(rank(ask(orderSaying(say)).risk)).toBeGreaterThanOrEqual(known);
      }),
    );
  });

  it("never lowers it by naming the action something else", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("record.update", "order.create", "order.modify", "tool.call", "read.bulk"),
        (action) => {
          const verdict = ask(order(), { action });
          expect(rank(verdict.risk)).toBeGreaterThanOrEqual(rank("high"));
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
        expect(rank(verdict.risk)).toBeGreaterThanOrEqual(rank("high"));
      }),
    );
  });
});
