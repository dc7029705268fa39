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
    model: "4.1",
    type: "urn:countersign:action:order.create",
    risk: "critical",
    units: ["ward", "pharmacy"],
    received_at: MONDAY,
    due_at: MONDAY + 900,
    first_open: MONDAY + 20,
    decided_at: MONDAY + 60,
    ended_at: MONDAY + 61,
    outcome: "failed",
    decision: "approve",
    approvals: 1,
    denials: 0,
    words: 32,
    changed_fields: 2,
    conflicts: 1,
    expected_ms: 16_000,
    overrides: 1,
    override_codes: ["will-monitor"],
    reason_codes: [],
    denied_before: 2,
    claim_chars: 240,
    flagged: false,
    attention: [{ signer: "urn:p1", active_ms: 7000, unseen_fields: 0, below_expected: true }],
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
    decisions: [{ person: "urn:p1", kind: "approve", at: MONDAY + 60, active_ms: 7000 }],
    reasons: [],
    overrides: ["will-monitor"],
    conflict: true,
    changed: false,
    claim_characters: 240,
    reading: { words: 32, changed_fields: 2, conflicts: 1 },
    denied_before: 2,
  });
});

it("the gateway's expected reading and ours are the same formula", () => {
  const { words, changed_fields, conflicts, expected_ms } = fact();
  expect(expectedRead({ words, changed_fields, conflicts }) * 1000).toBe(expected_ms);
});

it("a revision that was replaced is not counted; nobody is in what names nobody", () => {
  expect(caseOfFact(fact({ outcome: "superseded" }))).toBeUndefined();
  expect(caseOfFact(fact({ rid: undefined, attention: undefined }))?.decisions).toEqual([]);
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
