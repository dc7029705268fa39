import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { meanChart, pChart } from "#shared/insights/control-chart.ts";

/** NIST/SEMATECH e-Handbook 6.3.3.2: defective wafers of 50 in each of 30 samples. */
const WAFERS = [
  12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6,
].map((count, i) => ({ week: String(i + 1), count, n: 50 }));

describe("p-chart", () => {
  it("has the limits of the published example, and its two points beyond them", () => {
    const { centre, points } = pChart(WAFERS);
    expect(centre).toBeCloseTo(0.2313, 4);
    expect(points[0]?.low).toBeCloseTo(0.0524, 4);
    expect(points[0]?.high).toBeCloseTo(0.4102, 4);
    expect(points.filter(({ beyond }) => beyond !== undefined)).toMatchObject([
      { week: "15", beyond: "above", value: 0.44 },
      { week: "23", beyond: "above", value: 0.48 },
    ]);
  });

  it("has limits of each week's own size: by hand, 20 of 100 and 5 of 25 about 0.2", () => {
    const { centre, points } = pChart([
      { week: "a", count: 20, n: 100 },
      { week: "b", count: 5, n: 25 },
    ]);
    expect(centre).toBeCloseTo(0.2, 12);
    // 3 √(0.2 · 0.8 / 100) = 0.12 and 3 √(0.2 · 0.8 / 25) = 0.24
    expect(points[0]).toMatchObject({
      low: expect.closeTo(0.08, 12) as number,
      high: expect.closeTo(0.32, 12) as number,
    });
    expect(points[1]).toMatchObject({ low: 0, high: expect.closeTo(0.44, 12) as number });
  });

  it("says nothing of a week with fewer than 10, and counts it in the centre", () => {
    const { centre, points } = pChart([
      { week: "a", count: 9, n: 9 },
      { week: "b", count: 0, n: 91 },
    ]);
    expect(centre).toBeCloseTo(0.09, 12);
    expect(points[0]).toEqual({ week: "a", n: 9 });
  });

  it("marks nothing where all weeks are alike, whatever their sizes", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(sizes, fc.constantFrom(0, 0.1, 0.5, 1), (weeks, share) => {
        const { points } = pChart(
          weeks.map((tens, i) => ({ week: String(i), n: tens * 10, count: tens * 10 * share })),
        );
        expect(points.filter(({ beyond }) => beyond !== undefined)).toEqual([]);
      }),
    );
  });

  it("has limits about the centre and within 0 and 1", () => {
    const week = fc.integer({ min: 10, max: 300 }).chain((n) => fc.nat(n).map((count) => ({ week: "w", n, count })));
    fc.assert(
      fc.property(fc.array(week, { minLength: 1, maxLength: 20 }), (weeks) => {
        const { centre, points } = pChart(weeks);
        for (const { low = -1, high = 2 } of points) {
          expect(low).toBeGreaterThanOrEqual(0);
          expect(high).toBeLessThanOrEqual(1);
          expect(low).toBeLessThanOrEqual(centre + 1e-12);
          expect(high).toBeGreaterThanOrEqual(centre - 1e-12);
        }
      }),
    );
  });
});

describe("chart of means", () => {
  it("takes its limits from the spread within weeks: by hand", () => {
    // Ten each of 1 and 3 alternating: mean 2, squares 10 per week, 18 degrees of freedom: s² = 20/18.
    const values = [1, 3, 1, 3, 1, 3, 1, 3, 1, 3];
    const { centre, points } = meanChart([
      { week: "a", values },
      { week: "b", values: values.map((value) => value + 4) },
    ]);
    expect(centre).toBe(4);
    const half = (3 * Math.sqrt(20 / 18)) / Math.sqrt(10);
    expect(points[0]).toMatchObject({ value: 2, low: expect.closeTo(4 - half, 12) as number, beyond: "below" });
    expect(points[1]).toMatchObject({ value: 6, high: expect.closeTo(4 + half, 12) as number, beyond: "above" });
  });

  it("marks nothing where nothing varies", () => {
    const values = Array.from({ length: 12 }, () => 0.1 + 0.2);
    const { points } = meanChart([
      { week: "a", values },
      { week: "b", values },
    ]);
    expect(points.map(({ beyond }) => beyond)).toEqual([undefined, undefined]);
  });
});
