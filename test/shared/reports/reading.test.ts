import { describe, expect, it } from "vitest";

import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { expectedMs, isBelowExpected } from "#shared/insights/times.ts";
import { readingOf } from "#shared/reports/reading.ts";

import { makeRequest } from "../protocol/fixture/hospital.ts";

const reading = (change: (claims: RequestClaims) => void = () => undefined) =>
  readingOf(makeRequest(change), BUILTIN_TEMPLATES.medicationOrder);
const fact = (code: string, sev: string) => ({
  ...{
    id: `x-${code}`,
    src: "ehr" as const,
    sev,
    code,
    text: "one two three four five",
    ack: false,
    override: code === "conflict",
  },
});

describe("expected_read (approval-experience.md 11)", () => {
  it("is 2 s, a second for four words, 1.5 s for each changed field and 3 s for each conflict", () => {
    expect(expectedMs({ words: 0, changed_fields: 0, conflicts: 0 })).toBe(2000);
    expect(expectedMs({ words: 40, changed_fields: 2, conflicts: 1 })).toBe(2000 + 10_000 + 3000 + 3000);
  });

  it("is missed by less than half of it", () => {
    // 2 s and eight for 32 words: ten.
    const ten = { words: 32, changed_fields: 0, conflicts: 0 };
    expect([isBelowExpected(4999, ten), isBelowExpected(5000, ten)]).toEqual([true, false]);
  });

  it("grows with the action's words, not with the agent's", () => {
    const plain = reading();
    expect(plain.words).toBeGreaterThan(5);
    const longer = reading((claims) => {
      const body = JSON.parse(claims.action.op.body) as Record<string, unknown>;
      claims.action.op.body = JSON.stringify({ ...body, note: [{ text: "one two three four five six" }] });
    });
    expect(longer.words - plain.words).toBeGreaterThanOrEqual(6);
    const talkative = reading((claims) => {
      claims.rationale = { src: "agent", trust: "untrusted", trigger: "novelty", text: "word ".repeat(150) };
    });
    expect(talkative.words).toBe(plain.words);
  });

  it("counts conflicts and what cannot be read", () => {
    const plain = reading();
    const disagreeing = reading((claims) => {
      claims.facts = [...(claims.facts ?? []), fact("conflict", "high")];
    });
    expect(disagreeing.conflicts).toBe(plain.conflicts + 1);
    expect(plain.quarantined).toBe(false);
    const hidden = reading((claims) => {
      claims.action.op.body = claims.action.op.body.replace(/"text":"/, '"text":"\u202e');
    });
    expect(hidden.quarantined).toBe(true);
  });
});
