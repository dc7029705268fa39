import { describe, expect, it } from "vitest";

import { localClock, isoDay } from "#shared/insights/calendar.ts";
import { belowExpected, decisionTime, expectedRead, isLate, openTime } from "#shared/insights/times.ts";

import { HOUR, makeCase, makeDecision, MONDAY } from "./cases.ts";

describe("times", () => {
  it("expected_read is 2 s + words / 4 per s + 1.5 s for each changed field + 3 s for each conflict", () => {
    expect(expectedRead({ words: 40, changed_fields: 3, conflicts: 2 })).toBe(2 + 10 + 4.5 + 6);
    expect(expectedRead({ words: 0, changed_fields: 0, conflicts: 0 })).toBe(2);
  });

  it("below_expected is under half of it, and not known where attention was not measured", () => {
    const of = makeCase({ reading: { words: 32, changed_fields: 0, conflicts: 0 } }); // 10 s
    expect(belowExpected(of, makeDecision({ active_ms: 4999 }))).toBe(true);
    expect(belowExpected(of, makeDecision({ active_ms: 5000 }))).toBe(false);
    expect(belowExpected(of, makeDecision())).toBeUndefined();
  });

  it("decision_time runs to what settled it, and is of nothing that nobody decided", () => {
    expect(decisionTime(makeCase({ decided_at: MONDAY + 90 }))).toBe(90);
    expect(decisionTime(makeCase({ outcome: "denied", decided_at: MONDAY + 40 }))).toBe(40);
    // One of two approvals, and then it expired.
    expect(decisionTime(makeCase({ outcome: "expired", decided_at: MONDAY + 10 }))).toBeUndefined();
  });

  it("open_time runs to the first who opened it", () => {
    expect(openTime(makeCase({ first_open: MONDAY + 20 }))).toBe(20);
    expect(openTime(makeCase())).toBeUndefined();
  });

  it("late is decided after it was due, or never; withdrawn and open ones are neither", () => {
    const at = (after: number) => makeCase({ due_at: MONDAY + 60, decisions: [makeDecision({ at: MONDAY + after })] });
    expect([60, 61].map((after) => isLate(at(after)))).toEqual([false, true]);
    expect(isLate(makeCase({ outcome: "expired", decisions: [] }))).toBe(true);
    expect(isLate(makeCase({ outcome: "withdrawn", decisions: [] }))).toBeUndefined();
    expect(isLate(makeCase({ outcome: "open", decisions: [] }))).toBeUndefined();
  });
});

describe("the facility's clock", () => {
  it("tells hour, day and Monday where the facility is, also across a change of the clocks", () => {
    const london = localClock("Europe/London");
    const at = (text: string) => london(Date.parse(text) / 1000);
    // Sunday 2026-10-25, 02:00 BST is 01:00 GMT.
    expect(at("2026-10-25T00:30:00Z")).toMatchObject({ hour: 1 });
    expect(at("2026-10-25T01:30:00Z")).toMatchObject({ hour: 1 });
    expect(isoDay(at("2026-10-25T23:59:59Z").week)).toBe("2026-10-19");
    expect(isoDay(at("2026-10-26T00:00:00Z").week)).toBe("2026-10-26");
    const kathmandu = localClock("Asia/Kathmandu"); // UTC+05:45
    expect(kathmandu(MONDAY - 6 * HOUR)).toMatchObject({ hour: 23 });
    expect(isoDay(kathmandu(MONDAY - 5.5 * HOUR).week)).toBe("2026-11-02");
  });
});
