import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { difference, quantile, rateOf, spreadOf, wilson } from "#shared/insights/statistics.ts";

describe("Wilson's 95 % interval", () => {
  // Newcombe, Stat Med 1998;17:857, table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("of %i in %i is the published one", (count, n, low, high) => {
    const interval = wilson(count, n);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it("is within 0 and 1, holds the share, and is mirrored when what is counted is turned round", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
        const count = Math.round(n * share);
        const { low, high } = wilson(count, n);
        const other = wilson(n - count, n);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(count / n);
        expect(high).toBeGreaterThanOrEqual(count / n);
        expect(low + other.high).toBeCloseTo(1, 9);
      }),
    );
  });

  it("is narrower over ten times as many", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(500), (n, some) => {
        const count = Math.min(n, some);
        const [few, more] = [wilson(count, n), wilson(count * 10, n * 10)];
        expect(more.high - more.low).toBeLessThan(few.high - few.low);
      }),
    );
  });
});

describe("a rate", () => {
  it("is hidden under 10, with how many there were", () => {
    expect(rateOf(3, 9)).toEqual({ count: 3, n: 9 });
    expect(rateOf(3, 10)).toMatchObject({ count: 3, n: 10, rate: 0.3 });
  });
});

describe("the difference of two shares", () => {
  // Newcombe, Stat Med 1998;17:873, table II, method 10.
  it.each([
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [5, 56, 0, 29, -0.0381, 0.1926],
    [0, 10, 0, 20, -0.1611, 0.2775],
    [10, 10, 0, 20, 0.6791, 1],
    [10, 10, 0, 10, 0.6075, 1],
  ])("%i of %i against %i of %i has the published interval", (a, m, b, n, low, high) => {
    const found = difference(rateOf(a, m), rateOf(b, n));
    expect(found?.by).toBeCloseTo(a / m - b / n, 12);
    expect(found?.interval.low).toBeCloseTo(low, 4);
    expect(found?.interval.high).toBeCloseTo(high, 4);
    expect(found?.clear).toBe(low > 0);
  });

  it("is not told where one of them is hidden", () => {
    expect(difference(rateOf(1, 9), rateOf(5, 50))).toBeUndefined();
    expect(difference(rateOf(5, 50), rateOf(1, 9))).toBeUndefined();
  });
});

describe("quantiles", () => {
  // Type 7 of Hyndman and Fan, the default of R: quantile(c(1,2,3,4,10), c(.5,.9)) is 3 and 7.6.
  it("are interpolated as R does", () => {
    expect(quantile([10, 4, 1, 3, 2], 0.5)).toBe(3);
    expect(quantile([10, 4, 1, 3, 2], 0.9)).toBeCloseTo(7.6, 12);
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([], 0.5)).toBeUndefined();
  });

  it("are hidden under 10 values", () => {
    expect(spreadOf([1, 2, 3])).toEqual({ n: 3 });
    expect(spreadOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).toEqual({ n: 10, median: 5.5, p90: 9.1 });
  });
});
