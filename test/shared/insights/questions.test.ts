import { describe, expect, it } from "vitest";

import type { Case } from "#shared/insights/case.ts";
import { caseMix } from "#shared/insights/funnel.ts";
import { questions as questionsOf } from "#shared/insights/questions.ts";

import { denied, HOUR, makeCase, makeDecision, many, MONDAY } from "./cases.ts";

const questions = (cases: readonly Case[], mayName: (person: string) => boolean) => questionsOf(cases, [], mayName);
const anybody = (): boolean => true;
const nobody = (): boolean => false;

/** Approved so that nothing asks a question: read for long, far apart, looked at further. */
const careful = (i: number, change: Partial<Case> = {}): Case =>
  makeCase({
    asked_at: MONDAY + i * HOUR,
    decisions: [makeDecision({ at: MONDAY + i * HOUR + 60, active_ms: 60_000, looked_further: true })],
    ...change,
  });

/** Read for a tenth of a second, `gap` seconds after the last. */
const brief = (i: number, gap: number, change: Partial<Case> = {}, person = "p1"): Case => {
  const at = MONDAY + 100 + i * gap;
  return makeCase({
    asked_at: MONDAY,
    decisions: [makeDecision({ at, person, active_ms: 100, looked_further: true })],
    ...change,
  });
};

describe("rubber-stamp signals", () => {
  it("one signal asks nothing", () => {
    expect(
      questions(
        many(30, (i) => brief(i, HOUR)),
        anybody,
      ),
    ).toEqual([]);
  });

  it("two ask about the kind of request and its agent, and then neither the roster nor the person is asked about", () => {
    const asked = questions(
      many(30, (i) => brief(i, 4)),
      anybody,
    );
    expect(asked).toEqual([
      {
        about: { kind: "requests", type: "order.create", agent: "a1" },
        approvals: 30,
        signals: [
          { kind: "read_too_briefly", count: 30, n: 30 },
          { kind: "runs", count: 1, longest: 30 },
        ],
      },
    ]);
  });

  it("goes on to the roster where no one kind of request explains it", () => {
    // 30 brief approvals in runs, spread over ten kinds of request: too few of each for a signal.
    const cases = many(30, (i) => brief(i, 4, { type: `t${String(i % 10)}` }, `p${String(Math.floor(i / 15))}`));
    expect(questions(cases, nobody)).toMatchObject([{ about: { kind: "roster", pool: "ward" } }]);
  });

  it("a person is asked about last, and only where they may be named", () => {
    const quick = many(20, (i) => brief(i, 4, { type: `t${String(i)}` }));
    const rest = many(200, (i) => ({
      ...careful(i, { type: `t${String(i % 20)}` }),
      decisions: [makeDecision({ person: "p2", at: MONDAY + i * HOUR, active_ms: 60_000, looked_further: true })],
    }));
    // The roster has no second signal: 20 of 220 are brief.
    const cases = [...quick, ...rest];
    expect(questions(cases, nobody)).toEqual([]);
    expect(questions(cases, (person) => person === "p2")).toEqual([]);
    expect(questions(cases, anybody).map(({ about }) => about)).toEqual([{ kind: "person", person: "p1" }]);
  });

  it("counts briefly read approvals from 20 on, and only above 20 %", () => {
    const withFailure = (cases: Case[]) => cases.map((of, i) => (i === 0 ? { ...of, after: "failed" as const } : of));
    const kinds = (cases: Case[]) => questions(withFailure(cases), nobody).flatMap((q) => q.signals.map((s) => s.kind));
    const mixed = (few: number, all: number) => many(all, (i) => (i < few ? brief(i, HOUR) : careful(i)));
    expect(kinds(mixed(19, 19))).toEqual([]);
    expect(kinds(mixed(4, 20))).toEqual([]);
    expect(kinds(mixed(5, 20))).toEqual(["read_too_briefly", "failed_or_revoked"]);
  });

  it("counts runs of six approvals of one person less than five seconds apart", () => {
    const run = (length: number, gap: number, person?: string) =>
      many(length, (i) => ({
        ...brief(i, gap, { after: "failed" }, person ?? `p${String(i % 2)}`),
        reading: { words: 0, changed_fields: 0, conflicts: 0 },
      }));
    const found = (cases: Case[]) => questions(cases, nobody).length;
    expect(found(run(6, 4, "p1"))).toBe(1);
    expect(found(run(5, 4, "p1"))).toBe(0);
    expect(found(run(6, 5, "p1"))).toBe(0);
    expect(found(run(10, 4))).toBe(0); // two people, each every eight seconds
  });

  it("says that nobody ever looked further from 50 on, and not where that was not measured", () => {
    const plain = (looked_further: boolean | undefined) => (i: number) =>
      careful(i, {
        after: "revoked",
        decisions: [
          makeDecision({
            active_ms: 60_000,
            at: MONDAY + i * HOUR,
            ...(looked_further === undefined ? {} : { looked_further }),
          }),
        ],
      });
    const kinds = (cases: Case[]) => questions(cases, nobody).flatMap((q) => q.signals.map((s) => s.kind));
    expect(kinds(many(50, plain(false)))).toEqual(["failed_or_revoked", "never_looked_further"]);
    expect(kinds(many(49, plain(false)))).toEqual([]);
    expect(kinds([...many(50, plain(false)), plain(true)(51)])).toEqual([]);
    expect(kinds(many(60, plain(undefined)))).toEqual([]);
  });
});

describe("where the gateway names nobody", () => {
  const unnamed = many(40, (i) =>
    makeCase({ asked_at: MONDAY + i, decisions: [], ...(i === 0 ? { after: "failed" } : {}) }),
  );
  const group = (below_expected: number) => ({
    ...{ agent: "a1", type: "order.create", n: 40, below_expected, unseen_fields: 0 },
    ...{ active_ms: { p20: 1, p50: 2, p80: 3 }, expected_ms: { p50: 4 } },
  });

  it("takes how many were read too briefly from the gateway's groups", () => {
    expect(questionsOf(unnamed, [group(8)], anybody)).toEqual([]);
    expect(questionsOf(unnamed, [group(9)], anybody)).toMatchObject([
      {
        approvals: 40,
        signals: [
          { kind: "read_too_briefly", count: 9, n: 40 },
          { kind: "failed_or_revoked", count: 1 },
        ],
      },
    ]);
  });
});

describe("approvals against the same mix of cases", () => {
  it("by hand: 40 of 40 where 75 % are approved is beyond the 99 % limit, 10 of 10 is not", () => {
    const all = [
      ...many(40, (i) => careful(i, { agent: "a1" })),
      ...many(35, (i) => careful(i, { agent: "a2" })),
      ...many(25, () => denied({ agent: "a2" })),
    ];
    const mix = caseMix(all);
    // p = 75 / 100; 40 of 40: (40 − 30) / √(40 · 0.75 · 0.25) = 3.65
    const found = mix(all.slice(0, 40));
    expect(found?.z).toBeCloseTo(10 / Math.sqrt(7.5), 12);
    expect(found?.above).toBe(true);
    // 10 of 10: 2.5 / √1.875 = 1.83
    expect(mix(all.slice(0, 10))).toMatchObject({ above: false });
    expect(mix(all.slice(0, 9))).toBeUndefined();
  });

  it("compares like with like: what is always approved everywhere says nothing of whom it is asked of", () => {
    const all = [
      ...many(100, (i) => careful(i, { type: "easy" })),
      ...many(100, () => denied({ type: "hard", agent: "a2" })),
    ];
    expect(caseMix(all)(all.slice(0, 100))).toBeUndefined();
  });

  it("approving less than others is no sign of rubber-stamping", () => {
    const all = [...many(60, () => denied({ agent: "a1" })), ...many(100, (i) => careful(i, { agent: "a2" }))];
    expect(caseMix(all)(all.slice(0, 60))).toMatchObject({ above: false });
  });
});
