import type { Case, CaseOutcome } from "./case.ts";
import { difference, rateOf, spreadOf, type Difference, type Rate, type Spread } from "./statistics.ts";
import { decisionTime, isLate, openTime } from "./times.ts";

/** How requests ended: shares of those that have. */
export const ENDS = ["approved", "denied", "expired", "withdrawn"] as const satisfies readonly CaseOutcome[];
export type End = (typeof ENDS)[number];

export interface Summary {
  readonly requests: number;
  readonly open: number;
  readonly ends: Readonly<Record<End, Rate>>;
  /** Of those that were decided or expired. */
  readonly late: Rate;
  /** Approvals that an override stands beside. */
  readonly overridden: Rate;
  readonly decision_time: Spread;
  readonly open_time: Spread;
}

export function summaryOf(cases: readonly Case[]): Summary {
  const ended = cases.filter(({ outcome }) => outcome !== "open");
  const late = cases.flatMap((of) => isLate(of) ?? []);
  const approved = cases.filter(({ outcome }) => outcome === "approved");
  const rate = (end: End): Rate => rateOf(ended.filter(({ outcome }) => outcome === end).length, ended.length);
  return {
    requests: cases.length,
    open: cases.length - ended.length,
    ends: {
      approved: rate("approved"),
      denied: rate("denied"),
      expired: rate("expired"),
      withdrawn: rate("withdrawn"),
    },
    late: rateOf(late.filter(Boolean).length, late.length),
    overridden: rateOf(approved.filter(({ overrides }) => overrides.length > 0).length, approved.length),
    decision_time: spreadOf(cases.flatMap((of) => decisionTime(of) ?? [])),
    open_time: spreadOf(cases.flatMap((of) => openTime(of) ?? [])),
  };
}

/** This period against the one before. Absent members: too few to say. */
export interface Comparison {
  readonly before: Summary;
  /** Growth of the number of requests: 0.18 is 18 % more. Absent where there were fewer than 10 before. */
  readonly requests?: number;
  readonly ends: Readonly<Partial<Record<End, Difference>>>;
  readonly late?: Difference;
}

const LEAST_BEFORE = 10;

export function compare(now: Summary, before: Summary): Comparison {
  const late = difference(now.late, before.late);
  const ends = ENDS.flatMap((end) => {
    const by = difference(now.ends[end], before.ends[end]);
    return by === undefined ? [] : [[end, by] as const];
  });
  return {
    before,
    ...(before.requests < LEAST_BEFORE ? {} : { requests: now.requests / before.requests - 1 }),
    ends: Object.fromEntries(ends),
    ...(late === undefined ? {} : { late }),
  };
}
