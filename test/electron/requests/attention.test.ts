import { describe, expect, it } from "vitest";

import { makeAttention } from "../../../electron/requests/attention.ts";
import { makeManualClock } from "../manual-clock.ts";

/** What was told, in order, each time as it stood then. */
function arrange(leastMs: number, isFocused = true) {
  const clock = makeManualClock();
  const told: unknown[] = [];
  const attention = makeAttention(clock, () => told.push(attention.short()?.left_s ?? "enough"));
  attention.focus(isFocused);
  attention.open(leastMs);
  return { clock, attention, told };
}

describe("what the reading of an open request still misses", () => {
  it("is nothing where policy asks for nothing, and nothing is ever told of it", () => {
    const { clock, attention, told } = arrange(0);
    expect(attention.short()).toBeUndefined();
    attention.focus(false);
    clock.advance(60_000);
    expect(told).toEqual([]);
  });

  it("is told in steps of five seconds and not second by second, and at the very moment when it is enough", () => {
    const { clock, attention, told } = arrange(12_000);
    expect(attention.short()).toEqual({ left_s: 15, counts: true, was_away: false });
    clock.advance(1_999);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual([10]);
    clock.advance(9_999);
    expect(told).toEqual([10, 5]);
    clock.advance(1);
    expect(told).toEqual([10, 5, "enough"]);
    expect(attention.ms()).toBe(12_000);
    clock.advance(60_000);
    expect(told).toHaveLength(3);
  });

  it("stands still while the window is in the background, and says so then and afterwards", () => {
    const { clock, attention, told } = arrange(4_000);
    clock.advance(1_200);
    attention.focus(false);
    expect(attention.short()).toEqual({ left_s: 3, counts: false, was_away: true });
    clock.advance(60_000);
    attention.focus(true);
    expect(attention.short()).toEqual({ left_s: 3, counts: true, was_away: true });
    expect(told).toEqual([3, 3]);
    clock.advance(2_800);
    expect(told).toEqual([3, 3, "enough"]);
  });

  it("is known to have been in the background where the request was opened there", () => {
    const { attention, told } = arrange(4_000, false);
    expect(attention.short()).toEqual({ left_s: 4, counts: false, was_away: true });
    attention.focus(true);
    expect(told).toEqual([4]);
  });

  it("begins anew with the next request and ends with the review", () => {
    const { clock, attention, told } = arrange(4_000);
    attention.focus(false);
    attention.focus(true);
    attention.open(3_000);
    expect(attention.short()).toEqual({ left_s: 3, counts: true, was_away: false });
    attention.close();
    clock.advance(60_000);
    attention.focus(false);
    expect(attention.short()).toBeUndefined();
    expect(told).toEqual([4, 4]);
  });
});
