import { LEAST_N } from "./statistics.ts";

/** One week of one agent. `low` and `high` are its 3-sigma limits, which depend on how many there were. */
export interface ChartPoint {
  readonly week: string;
  readonly n: number;
  /** Absent under 10: too few to say. */
  readonly value?: number;
  readonly low?: number;
  readonly high?: number;
  readonly beyond?: "above" | "below";
}

export interface ControlChart {
  /** Centre line: over all weeks of the chart. */
  readonly centre: number;
  readonly points: readonly ChartPoint[];
}

const SIGMAS = 3;

/**
 * Shewhart's p-chart (Montgomery, Introduction to Statistical Quality Control, 7.2): the centre is the pooled share of all
 * weeks, the limits are 3 standard errors of a share of that week's size, within 0 and 1.
 */
export function pChart(weeks: readonly { week: string; count: number; n: number }[]): ControlChart {
  const n = weeks.reduce((sum, week) => sum + week.n, 0);
  const centre = n === 0 ? 0 : weeks.reduce((sum, week) => sum + week.count, 0) / n;
  return {
    centre,
    points: weeks.map((week) => {
      const sigma = Math.sqrt((centre * (1 - centre)) / week.n);
      return point(week.week, week.n, week.count / week.n, {
        low: Math.max(0, centre - SIGMAS * sigma),
        high: Math.min(1, centre + SIGMAS * sigma),
      });
    }),
  };
}

/**
 * Means of each week against the mean of all, with limits from the pooled spread within weeks (Montgomery 6.3, X-bar and s
 * with weeks of different size): `centre ± 3 s / √n`.
 */
export function meanChart(weeks: readonly { week: string; values: readonly number[] }[]): ControlChart {
  const all = weeks.flatMap(({ values }) => values);
  const centre = all.length === 0 ? 0 : mean(all);
  const freedom = weeks.reduce((sum, { values }) => sum + Math.max(0, values.length - 1), 0);
  const within = weeks.reduce((sum, { values }) => sum + squaresAround(values), 0);
  const spread = freedom === 0 ? 0 : Math.sqrt(within / freedom);
  return {
    centre,
    points: weeks.map(({ week, values }) => {
      const sigma = spread / Math.sqrt(values.length);
      return point(week, values.length, mean(values), {
        low: Math.max(0, centre - SIGMAS * sigma),
        high: centre + SIGMAS * sigma,
      });
    }),
  };
}

/** A rounding error is not a signal. */
const TOLERANCE = 1e-9;

function point(week: string, n: number, value: number, { low, high }: { low: number; high: number }): ChartPoint {
  if (n < LEAST_N) return { week, n };
  const beyond = value > high + TOLERANCE ? "above" : value < low - TOLERANCE ? "below" : undefined;
  return { week, n, value, low, high, ...(beyond === undefined ? {} : { beyond }) };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function squaresAround(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
}
