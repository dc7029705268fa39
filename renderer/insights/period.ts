const DAY_S = 86_400;

/** The periods that can be chosen, in days. */
export const PERIODS = [7, 28, 91] as const;
export type PeriodDays = (typeof PERIODS)[number];

/** Begin of a period that ends at `to`, both in gateway seconds. */
export const startOf = (to: number, days: PeriodDays): number => Math.max(0, to - days * DAY_S);
