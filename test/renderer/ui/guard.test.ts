import { describe, expect, test } from "vitest";

import { hasMoved, judge, readiness, readyAtMs } from "../../../renderer/ui/input/guard.ts";
import type { Activation, GuardFacts } from "../../../renderer/ui/input/guard.ts";

const facts = (change: Partial<GuardFacts> = {}): GuardFacts => ({
  armMs: 500,
  shownSinceMs: 1000,
  movedAtMs: undefined,
  isCovered: false,
  ...change,
});
const click = (atMs: number, change: Partial<Activation> = {}): Activation => ({
  atMs,
  isTrusted: true,
  detail: 1,
  press: { atMs: atMs - 40, isRepeat: false },
  ...change,
});
const why = (verdict: ReturnType<typeof judge>): string => (verdict.kind === "go" ? "go" : verdict.why);

describe("input guard (AC03, AC04)", () => {
  test.each([
    [500, 400, "arming"],
    [500, 600, "go"],
    [2500, 2400, "arming"],
    [2500, 2600, "go"],
  ])("armed for %i ms: an activation after %i ms is %s", (armMs, afterMs, expected) => {
    const press = { atMs: 1000 + afterMs - 1, isRepeat: false };
    expect(why(judge(facts({ armMs }), click(1000 + afterMs, { press })))).toBe(expected);
  });

  test("a synthetic click never counts", () => {
    expect(why(judge(facts(), click(9000, { isTrusted: false })))).toBe("synthetic");
  });

  test("the second click of a double click never counts", () => {
    expect(why(judge(facts(), click(9000, { detail: 2 })))).toBe("double");
  });

  test("a key held down never counts", () => {
    expect(why(judge(facts(), click(9000, { detail: 0, press: { atMs: 8990, isRepeat: true } })))).toBe("repeat");
  });

  test("a press that began before arming does not count, however late the release", () => {
    expect(why(judge(facts(), click(9000, { press: { atMs: 1499, isRepeat: false } })))).toBe("pressed_early");
  });

  test("assistive technology, which presses nothing, is judged by the time of its click", () => {
    expect(why(judge(facts(), click(1400, { press: undefined })))).toBe("arming");
    expect(why(judge(facts(), click(1500, { press: undefined })))).toBe("go");
  });

  test("nothing counts while the page is hidden or the window is in the background", () => {
    expect(why(judge(facts({ shownSinceMs: undefined }), click(9000)))).toBe("arming");
    expect(readyAtMs(facts({ shownSinceMs: undefined }))).toBeUndefined();
  });

  test("a control that moved acts only after it stood still for 500 ms", () => {
    const moved = facts({ movedAtMs: 8800 });
    expect(why(judge(moved, click(9000)))).toBe("arming");
    expect(why(judge(moved, click(9341)))).toBe("go");
  });

  test("a covered control does not act", () => {
    expect(why(judge(facts({ isCovered: true }), click(9000)))).toBe("covered");
  });

  test("the time left is said in whole seconds and never as zero", () => {
    expect(readiness(facts({ armMs: 2500 }), 1000)).toEqual({ kind: "arming", secondsLeft: 3 });
    expect(readiness(facts({ armMs: 2500 }), 3499)).toEqual({ kind: "arming", secondsLeft: 1 });
    expect(readiness(facts({ armMs: 2500 }), 3500)).toEqual({ kind: "ready" });
  });

  test("no time is said to be left while the window is in the background: it does not get less", () => {
    expect(readiness(facts({ shownSinceMs: undefined }), 99_999)).toEqual({ kind: "away" });
  });

  test("a control says that it is ready exactly when a meant press would count", () => {
    const times = [900, 1000, 1499, 1500, 9000].flatMap((now) => [
      { now, movedAtMs: undefined },
      { now, movedAtMs: 8800 },
    ]);
    for (const isCovered of [false, true]) {
      for (const shownSinceMs of [undefined, 1000]) {
        for (const { now, movedAtMs } of times) {
          const state = facts({ isCovered, shownSinceMs, movedAtMs });
          const press = { atMs: now, isRepeat: false };
          expect(readiness(state, now).kind === "ready").toBe(judge(state, click(now, { press })).kind === "go");
        }
      }
    }
  });

  test("a denial, armed for 0 ms, acts at once but still refuses what nobody meant", () => {
    expect(why(judge(facts({ armMs: 0 }), click(1050)))).toBe("go");
    expect(why(judge(facts({ armMs: 0 }), click(1050, { isTrusted: false })))).toBe("synthetic");
  });

  test("moving is more than 10 px in any direction", () => {
    expect(hasMoved(undefined, { x: 500, y: 0 })).toBe(false);
    expect(hasMoved({ x: 0, y: 0 }, { x: 6, y: 8 })).toBe(false);
    expect(hasMoved({ x: 0, y: 0 }, { x: 0, y: -11 })).toBe(true);
  });
});
