/** Two-sided 95 % and 99 % points of the normal distribution. */
const Z_95 = 1.959963984540054;
export const Z_99 = 2.5758293035489004;

/** A rate is not shown over fewer than this (approval-experience.md 11). */
export const LEAST_N = 10;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** A share with what it is a share of. `rate` and `interval` are absent under {@link LEAST_N}: too few to say. */
export interface Rate {
  readonly count: number;
  readonly n: number;
  readonly rate?: number;
  readonly interval?: Interval;
}

/**
 * Wilson's score interval at 95 % (Wilson, JASA 1927; method 3 of Newcombe, Stat Med 1998;17:857). Over nothing it is
 * everything.
 */
export function wilson(count: number, n: number): Interval {
  if (n === 0) return { low: 0, high: 1 };
  const z2 = Z_95 * Z_95;
  const p = count / n;
  const middle = p + z2 / (2 * n);
  const half = Z_95 * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  const whole = 1 + z2 / n;
  return {
    // Exactly 0 and 1 where none or all are counted: rounding must not make a share negative.
    low: count === 0 ? 0 : Math.max(0, (middle - half) / whole),
    high: count === n ? 1 : Math.min(1, (middle + half) / whole),
  };
}

export const rateOf = (count: number, n: number): Rate =>
  n < LEAST_N ? { count, n } : { count, n, rate: count / n, interval: wilson(count, n) };

export interface Difference {
  /** Points of share: now minus before. */
  readonly by: number;
  readonly interval: Interval;
  /** The interval does not hold 0. */
  readonly clear: boolean;
}

/**
 * Difference of two independent shares with Newcombe's hybrid score interval (method 10 of Stat Med 1998;17:873).
 * Undefined where either is too few to say.
 */
export function difference(now: Rate, before: Rate): Difference | undefined {
  if (now.interval === undefined || before.interval === undefined) return undefined;
  const [p1, p2] = [now.count / now.n, before.count / before.n];
  const by = p1 - p2;
  const low = by - Math.hypot(p1 - now.interval.low, before.interval.high - p2);
  const high = by + Math.hypot(now.interval.high - p1, p2 - before.interval.low);
  return { by, interval: { low, high }, clear: low > 0 || high < 0 };
}

/** A share of a sorted list, interpolated between neighbours (type 7 of Hyndman and Fan, Am Stat 1996). */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (low === undefined || high === undefined) return undefined;
  return low + (high - low) * (place - Math.floor(place));
}

/** Times in seconds; the figures are absent under {@link LEAST_N}. */
export interface Spread {
  readonly n: number;
  readonly median?: number;
  readonly p90?: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const [median, p90] = [quantile(values, 0.5), quantile(values, 0.9)];
  if (values.length < LEAST_N || median === undefined || p90 === undefined) return { n: values.length };
  return { n: values.length, median, p90 };
}

export const countBy = <T>(items: Iterable<T>, nameOf: (item: T) => string): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(nameOf(item), (counts.get(nameOf(item)) ?? 0) + 1);
  return counts;
};

/** By code units, the same everywhere: what two people compare must not depend on their language. */
export const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
