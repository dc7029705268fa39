import { expect, it } from "vitest";

import { attentionOf } from "#shared/insights/attention.ts";
import { caseOfFact } from "#shared/insights/case-of-fact.ts";
import { expectedRead } from "#shared/insights/times.ts";
import { insightFact } from "#shared/reports/items.ts";

import { makeCase, makeDecision, many, MONDAY } from "./cases.ts";

const fact = (change: object = {}) =>
  insightFact.parse({
    rid: "019f0000-0000-7000-8000-000000000001",
    rev: 1,
    agent: "urn:agent:a1",
    agent_name: "MedRec-2",
    model: "4.1",
    type: "urn:countersign:action:order.create",
    risk: "critical",
    units: ["ward", "pharmacy"],
    received_at: MONDAY,
    due_at: MONDAY + 900,
    ended_at: MONDAY + 61,
    outcome: "failed",
    decisions: [
      {
        kind: "approve",
        at: MONDAY + 40,
        overrides: ["will-monitor"],
        signer: "urn:p1",
        opened_at: MONDAY + 20,
        active_ms: 7000,
      },
      { kind: "approve", at: MONDAY + 60, overrides: [] },
    ],
    words: 32,
    changed_fields: 2,
    conflicts: 1,
    expected_ms: 16_000,
    quarantined: false,
    changed: true,
    denied_before: 2,
    claim_chars: 240,
    flagged: false,
    ...change,
  });

it("a fact of the report says what the measures take, and nothing is lost on the way", () => {
  expect(caseOfFact(fact())).toEqual({
    id: "019f0000-0000-7000-8000-000000000001",
    type: "urn:countersign:action:order.create",
    agent: "urn:agent:a1",
    model: "4.1",
    tier: 3,
    pool: "ward, pharmacy",
    asked_at: MONDAY,
    due_at: MONDAY + 900,
    outcome: "approved",
    after: "failed",
    first_open: MONDAY + 20,
    decided_at: MONDAY + 60,
    decisions: [{ person: "urn:p1", kind: "approve", at: MONDAY + 40, active_ms: 7000 }],
    reasons: [],
    overrides: ["will-monitor"],
    conflict: true,
    quarantined: false,
    changed: true,
    claim_characters: 240,
    reading: { words: 32, changed_fields: 2, conflicts: 1 },
    denied_before: 2,
  });
});

it("the gateway's expected reading and ours are the same formula", () => {
  const { reading } = caseOfFact(fact())!;
  expect(expectedRead(reading!) * 1000).toBe(fact().expected_ms);
});

it("a revision that was replaced is not counted; nobody is in what names nobody", () => {
  expect(caseOfFact(fact({ outcome: "superseded" }))).toBeUndefined();
  const unnamed = caseOfFact(
    fact({
      rid: undefined,
      decisions: [{ kind: "deny", at: MONDAY + 5, reason: "not-needed", overrides: [] }],
      outcome: "denied",
    }),
  );
  expect(unnamed).toMatchObject({ decisions: [], decided_at: MONDAY + 5, reasons: ["not-needed"] });
});

it("what was not kept is not measured: neither read briefly nor in conflict", () => {
  const of = caseOfFact(fact({ words: undefined, conflicts: undefined }))!;
  expect(of).not.toHaveProperty("reading");
  expect(of).not.toHaveProperty("conflict");
  expect(attentionOf([of], [], () => true)).toMatchObject({ below: { n: 0 }, brief: [] });
});

it("attention by agent and kind is the same whether the gateway groups it or we do", () => {
  const cases = many(20, (i) =>
    makeCase({
      reading: { words: 32, changed_fields: 0, conflicts: 0 },
      decisions: [makeDecision({ active_ms: i * 1000 })],
    }),
  );
  const ours = attentionOf(cases, [], () => false);
  // 0 to 19 s against 10 s: 0 to 4 are under half.
  expect(ours).toMatchObject({ below: { count: 5, n: 20 }, brief: [] });
  const told = {
    ...{ agent: "a1", type: "order.create", n: 20, below_expected: 5, unseen_fields: 0 },
    ...{ active_ms: { p20: 3800, p50: 9500, p80: 15_200 }, expected_ms: { p50: 10_000 } },
  };
  const theirs = attentionOf(
    many(20, () => makeCase({ decisions: [] })),
    [told],
    () => false,
  );
  expect(theirs).toEqual(ours);
});
