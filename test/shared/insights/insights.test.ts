import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { localClock } from "#shared/insights/calendar.ts";
import type { Case } from "#shared/insights/case.ts";
import { agentDrift } from "#shared/insights/drift.ts";
import { fatigueOf } from "#shared/insights/fatigue.ts";
import { insightsOf } from "#shared/insights/insights.ts";
import { policyHints } from "#shared/insights/policy-hints.ts";
import { reasonsOf } from "#shared/insights/reasons.ts";
import { volumeOf } from "#shared/insights/volume.ts";

import { DAY, denied, HOUR, makeCase, makeDecision, many, MONDAY } from "./cases.ts";

const utc = localClock("UTC");
const week = 7 * DAY;

describe("agent drift", () => {
  const steady = (w: number) => [
    ...many(90, (i) => makeCase({ asked_at: MONDAY + w * week + i * 60, model: "4.0" })),
    ...many(10, (i) => denied({ asked_at: MONDAY + w * week + i * 60, model: "4.0" })),
  ];
  const odd = many(100, (i) =>
    (i < 60 ? denied : makeCase)({ asked_at: MONDAY + 4 * week + DAY + i * 60, model: "4.1", type: "referral.create" }),
  );
  const [found] = agentDrift([...[0, 1, 2, 3].flatMap(steady), ...odd], utc, () => new Set(["order.create"]));

  it("a week of many denials is above the limit, with the new model's mark in it: by hand", () => {
    // 100 of 500 are denied: 0.2 ± 3 √(0.2 · 0.8 / 100) = 0.08 to 0.32.
    expect(found?.shares.denied.centre).toBeCloseTo(0.2, 12);
    expect(found?.shares.denied.points.map(({ week: name, beyond }) => [name, beyond])).toEqual([
      ["2026-11-02", undefined],
      ["2026-11-09", undefined],
      ["2026-11-16", undefined],
      ["2026-11-23", undefined],
      ["2026-11-30", "above"],
    ]);
    expect(found?.model_changes).toEqual([{ at: MONDAY + 4 * week + DAY, week: "2026-11-30", model: "4.1" }]);
  });

  it("a kind of action that was never asked before is told once, where it began", () => {
    expect(found?.new_types).toEqual([{ at: MONDAY + 4 * week + DAY, week: "2026-11-30", type: "referral.create" }]);
  });

  it("what is still open counts in no share of outcomes, and in the others", () => {
    const cases = many(20, (i) => makeCase({ outcome: i < 10 ? "open" : "approved", decisions: [], conflict: i < 10 }));
    const [drift] = agentDrift(cases, utc, () => new Set());
    expect(drift?.shares.denied.points[0]?.n).toBe(10);
    expect(drift?.shares.conflict.points[0]).toMatchObject({ n: 20, value: 0.5 });
  });
});

describe("fatigue", () => {
  it("decisions for each hour in which a person decided: by hand", () => {
    // p1: 8 in hour 0, 2 in hour 5. p2: 2 in hour 0. 12 decisions over 3 signer-hours.
    const at = (person: string, hour: number) =>
      makeCase({ decisions: [makeDecision({ person, at: MONDAY + hour * HOUR })] });
    const cases = [...many(8, () => at("p1", 0)), ...many(2, () => at("p1", 5)), ...many(2, () => at("p2", 0))];
    expect(fatigueOf(cases, utc)).toMatchObject({ per_signer_hour: 4, signer_hours: 3 });
  });

  it("a decision ten hours into a shift is late; eight hours' rest begins another", () => {
    const hours = (list: number[]) =>
      list.map((hour) => makeCase({ decisions: [makeDecision({ at: MONDAY + hour * HOUR })] }));
    expect(fatigueOf(hours([0, 5, 9.9, 10, 11]), utc).late_in_shift).toMatchObject({ count: 2, n: 5 });
    expect(fatigueOf(hours([0, 5, 13, 14]), utc).late_in_shift).toMatchObject({ count: 0, n: 4 });
    expect(fatigueOf(hours([0, 5, 12.9]), utc).late_in_shift).toMatchObject({ count: 1, n: 3 });
  });

  it("counts what had been denied before", () => {
    const cases = many(20, (i) => makeCase({ denied_before: i < 5 ? 2 : 0 }));
    expect(fatigueOf(cases, utc).repeat_after_deny).toMatchObject({ count: 5, n: 20, rate: 0.25 });
  });
});

describe("policy hints", () => {
  const mixed = (yes: number, no: number, change: Partial<Case> = {}) => [
    ...many(yes, () => makeCase(change)),
    ...many(no, () => denied(change)),
  ];

  it("more than 99 % approved of 500: policy could allow it", () => {
    expect(policyHints(mixed(496, 4))).toMatchObject([
      { type: "order.create", hint: "could_allow", rate: { rate: 0.992 } },
    ]);
    expect(policyHints(mixed(495, 5))).toEqual([]);
    expect(policyHints(mixed(499, 0))).toEqual([]);
  });

  it("more than one in five refused, for certain: it should ask more, or not at all", () => {
    // Wilson: 14 of 50 has the lower end 0.1747, 17 of 50 0.2244.
    expect(policyHints(mixed(36, 14))).toEqual([]);
    expect(policyHints(mixed(33, 17))).toMatchObject([{ hint: "refused_often", rate: { count: 17, n: 50 } }]);
    expect(policyHints(mixed(0, 0))).toEqual([]);
  });

  it("fewer than ten give no hint, whatever became of them", () => {
    // Wilson's lower end of 1 of 1 is 0.2065.
    for (let n = 1; n < 10; n++) expect(policyHints(mixed(0, n))).toEqual([]);
    expect(policyHints(many(9, () => makeCase({ after: "failed" })))).toEqual([]);
    expect(policyHints(mixed(0, 10))).toMatchObject([{ hint: "refused_often" }]);
  });

  it("approvals that fail or are revoked too often stop the hint to allow more", () => {
    const bad = many(60, () => makeCase({ after: "failed" }));
    expect(policyHints([...mixed(500, 0), ...bad]).map(({ hint }) => hint)).toEqual(["goes_wrong_often"]);
  });
});

describe("volume and reasons", () => {
  it("volume is by hour of the facility and kind of action", () => {
    const cases = [
      makeCase({ asked_at: MONDAY + 9 * HOUR }),
      makeCase({ asked_at: MONDAY + DAY + 9 * HOUR, type: "z" }),
    ];
    const { total, by_type } = volumeOf(cases, localClock("Europe/Berlin"));
    expect(total).toBe(2);
    expect(by_type.map(({ type, hours }) => [type, hours.indexOf(1)])).toEqual([
      ["order.create", 10],
      ["z", 10],
    ]);
  });

  it("reasons are of denials, overrides of approvals; the commonest first", () => {
    const why = (reason: string) => denied({ reasons: [reason] });
    const over = makeCase({ overrides: ["will-monitor", "other"] });
    expect(reasonsOf([why("b"), why("a"), why("c"), why("c"), over])).toEqual({
      denials: [
        { code: "c", count: 2 },
        { code: "a", count: 1 },
        { code: "b", count: 1 },
      ],
      overrides: [
        { code: "other", count: 1 },
        { code: "will-monitor", count: 1 },
      ],
    });
  });
});

describe("the whole", () => {
  const period = { from: MONDAY, to: MONDAY + 28 * DAY };
  const input = (cases: readonly Case[], mayName = (_: string): boolean => false) => ({
    cases,
    groups: [],
    period,
    zone: "UTC",
    mayName,
  });

  it("compares with the period before it, as long", () => {
    const before = many(100, (i) => (i < 10 ? denied : makeCase)({ asked_at: MONDAY - DAY - i }));
    const now = many(118, (i) => (i < 59 ? denied : makeCase)({ asked_at: MONDAY + i }));
    const older = many(50, () => makeCase({ asked_at: MONDAY - 29 * DAY }));
    const { summary, comparison } = insightsOf(input([...older, ...before, ...now]));
    expect(summary).toMatchObject({ requests: 118, ends: { denied: { count: 59, rate: 0.5 } } });
    expect(comparison.requests).toBeCloseTo(0.18, 12);
    expect(comparison.ends.denied).toMatchObject({ by: expect.closeTo(0.4, 12) as number, clear: true });
    expect(comparison.late).toMatchObject({ by: 0, clear: false });
  });

  it("names nobody unless they may be named, anywhere in it", () => {
    const cases = many(60, (i) =>
      makeCase({
        asked_at: MONDAY + i,
        type: `t${String(i)}`,
        decisions: [makeDecision({ person: "secret-person", at: MONDAY + i, active_ms: 1 })],
      }),
    );
    expect(JSON.stringify(insightsOf(input(cases)))).not.toContain("secret-person");
    expect(JSON.stringify(insightsOf(input(cases, (person) => person === "other")))).not.toContain("secret-person");
    expect(JSON.stringify(insightsOf(input(cases, () => true)))).toContain("secret-person");
  });

  it("does not depend on the order of what it is given, and is plain data", () => {
    const one = fc.record({
      asked: fc.integer({ min: -27 * DAY, max: 27 * DAY }),
      type: fc.constantFrom("a", "b"),
      kind: fc.constantFrom("approve" as const, "deny" as const),
      active: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
      person: fc.constantFrom("p1", "p2"),
      reason: fc.constantFrom("x", "y"),
    });
    const lists = fc.uniqueArray(one, { minLength: 0, maxLength: 60, selector: ({ asked }) => asked });
    fc.assert(
      fc.property(lists, fc.integer(), (list, turn) => {
        const cases = list.map(({ asked, type, kind, active, person, reason }, i) =>
          makeCase({
            id: String(i),
            reasons: kind === "deny" ? [reason] : [],
            asked_at: MONDAY + asked,
            type,
            outcome: kind === "approve" ? "approved" : "denied",
            decisions: [
              makeDecision({
                kind,
                person,
                at: MONDAY + asked + 5,
                ...(active === undefined ? {} : { active_ms: active }),
              }),
            ],
          }),
        );
        const cut = cases.length === 0 ? 0 : Math.abs(turn) % cases.length;
        const found = insightsOf(input(cases, () => true));
        const turned = insightsOf(input([...cases.slice(cut), ...cases.slice(0, cut)].reverse(), () => true));
        const plain: unknown = JSON.parse(JSON.stringify(found));
        expect(plain).toEqual(found);
        expect(sorted(turned)).toEqual(sorted(found));
        const { ends, open, requests } = found.summary;
        expect(open + Object.values(ends).reduce((sum, { count }) => sum + count, 0)).toBe(requests);
      }),
      { numRuns: 60 },
    );
  });
});

/** Sums of fractions differ in their last digits with the order. */
function sorted(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, v: unknown) => (typeof v === "number" ? Number(v.toPrecision(10)) : v)));
}
