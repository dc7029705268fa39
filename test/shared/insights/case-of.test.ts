import { expect, it } from "vitest";

import { caseOf, readingOf } from "#shared/insights/case-of.ts";
import { present } from "#shared/presentation/present.ts";
import type { Row, Section } from "#shared/presentation/presentation.ts";
import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import type { DecisionClaims } from "#shared/protocol/claims/decision.ts";

import { makeRequest, NOW, options } from "../presentation/fixtures/request.ts";

const template = BUILTIN_TEMPLATES.medicationOrder;
const text = (value: string) => [{ kind: "text" as const, text: value }];
const row = (label: string, value: string, more: Partial<Row> = {}): Row => ({
  id: label,
  prov: "A",
  label,
  tokens: text(value),
  must_see: true,
  ...more,
});
const section = (id: Section["id"], rows: readonly Row[], more: Partial<Section> = {}): Section => ({
  id,
  title: id,
  prov: "A",
  rows,
  ...more,
});
const alert = { level: "warning" as const, text: "Take note" };

it("counts words of the action and of the record's alerts alone: by hand", () => {
  const reading = readingOf({
    headline: { kind: "", item: "" },
    body: "generic",
    tier: 1,
    obstacles: [],
    statement: [],
    sections: [
      section("action", [row("Dose", "2 mg every four hours")], {
        other: { id: "o", title: "", rows: [row("Note", "after food")] },
      }),
      section("record", [row("Allergy", "penicillin", { alert }), row("Height", "172 cm measured today")]),
      section("conflicts", [row("Weight", "82 kg against 28 kg")]),
      section("claims", [row("Why", "many words that nobody has to read")]),
    ],
  });
  // Dose 2 mg every four hours (6), Note after food (3), Allergy penicillin (2).
  expect(reading).toEqual({ words: 11, changed_fields: 0, conflicts: 1 });
});

it("takes changed fields from what is drawn of an update", () => {
  const before =
    '{"resourceType":"Patient","id":"waters","telecom":[{"system":"phone","value":"1"}],"gender":"female"}';
  const body = '{"resourceType":"Patient","id":"waters","telecom":[{"system":"phone","value":"2"}],"gender":"other"}';
  const claims = makeRequest({ action: "record.update", method: "PUT", body, before });
  expect(readingOf(present(claims, BUILTIN_TEMPLATES.recordUpdate, options)).changed_fields).toBe(2);
});

it("tells a request with its decisions by opaque names, and nothing clinical", () => {
  const claims = makeRequest();
  const decision = {
    decision: "approve",
    sub: "urn:p1",
    iat: NOW + 30,
    dwell: { ms: 9000, n: 4, opened_at: NOW + 10 },
    reason: { code: "other", text: "for Shauna" },
  };
  const found = caseOf({ claims, template, state: "failed", decisions: [decision as DecisionClaims], changed: false });
  expect(found).toMatchObject({
    id: claims.rid,
    agent: "MedRec-2",
    model: "4.1",
    pool: claims.policy.pools.join(", "),
    outcome: "approved",
    after: "failed",
    due_at: claims.exp,
    decisions: [
      {
        person: "urn:p1",
        kind: "approve",
        at: NOW + 30,
        opened_at: NOW + 10,
        active_ms: 9000,
        reason: "other",
        overrides: [],
      },
    ],
  });
  expect(JSON.stringify(found)).not.toMatch(/Shauna|Waters|hydromorphone|9997287657/i);
});

it("a revision that was replaced is not counted, and what is half approved is still open", () => {
  const claims = makeRequest();
  expect(caseOf({ claims, template, state: "superseded", decisions: [], changed: false })).toBeUndefined();
  expect(caseOf({ claims, template, state: "partial", decisions: [], changed: true })).toMatchObject({
    outcome: "open",
    changed: true,
  });
});
