import type { LocalTime } from "./calendar.ts";
import type { Case, CaseDecision } from "./case.ts";
import { LEAST_N, rateOf, type Rate } from "./statistics.ts";

const HOUR_S = 3600;
/** Whoever decided nothing for this long has begun another shift. */
const REST_S = 8 * HOUR_S;
const LATE_IN_SHIFT_S = 10 * HOUR_S;

export interface Fatigue {
  /** Decisions for each hour of the clock in which a person decided anything; absent under 10 decisions. */
  readonly per_signer_hour?: number;
  readonly signer_hours: number;
  /** Decisions made ten hours or more after the first of that person's shift. */
  readonly late_in_shift: Rate;
  /** Requests for something that had been denied before. */
  readonly repeat_after_deny: Rate;
}

/** A shift is a stretch of one person's decisions without eight hours' rest; the app knows of no other. */
export function fatigueOf(cases: readonly Case[], local: (at: number) => LocalTime): Fatigue {
  const decisions = cases.flatMap((of) => of.decisions);
  const hours = new Set(decisions.map(({ person, at }) => `${person} ${hourOf(local(at))}`));
  const late = [...Map.groupBy(decisions, ({ person }) => person).values()].map(lateInShift);
  const lateCount = late.reduce((sum, count) => sum + count, 0);
  return {
    ...(decisions.length < LEAST_N ? {} : { per_signer_hour: decisions.length / hours.size }),
    signer_hours: hours.size,
    late_in_shift: rateOf(lateCount, decisions.length),
    repeat_after_deny: rateOf(cases.filter((of) => of.denied_before > 0).length, cases.length),
  };
}

const hourOf = ({ day, hour }: LocalTime): string => `${String(day)} ${String(hour)}`;

function lateInShift(decisions: readonly CaseDecision[]): number {
  let [count, began, last] = [0, -Infinity, -Infinity];
  for (const at of decisions.map((decision) => decision.at).toSorted((a, b) => a - b)) {
    if (at - last >= REST_S) began = at;
    if (at - began >= LATE_IN_SHIFT_S) count++;
    last = at;
  }
  return count;
}
