import type { Case, CaseDecision, Reading } from "./case.ts";

/** Seconds that reading takes (approval-experience.md 11); constants to be calibrated by the site. */
const BASE_S = 2;
const WORDS_PER_S = 4;
const PER_CHANGED_FIELD_S = 1.5;
const PER_CONFLICT_S = 3;
const LEAST_SHARE = 0.5;

/** `expected_read` in seconds. */
export const expectedRead = ({ words, changed_fields, conflicts }: Reading): number =>
  BASE_S + words / WORDS_PER_S + PER_CHANGED_FIELD_S * changed_fields + PER_CONFLICT_S * conflicts;

/** The same in milliseconds, as reading times are signed and kept. */
export const expectedMs = (reading: Reading): number => expectedRead(reading) * 1000;

/** `below_expected`: an approval that was read for less than half of what is expected. */
export const isBelowExpected = (activeMs: number, reading: Reading): boolean =>
  activeMs < LEAST_SHARE * expectedMs(reading);

/** `below_expected` of an approval; undefined where attention was not measured. */
export function belowExpected({ reading }: Case, { active_ms }: CaseDecision): boolean | undefined {
  if (active_ms === undefined || reading === undefined) return undefined;
  return isBelowExpected(active_ms, reading);
}

/** `decision_time` in seconds. Undefined for what nobody decided to the end. */
export function decisionTime({ outcome, asked_at, decided_at }: Case): number | undefined {
  if (outcome !== "approved" && outcome !== "denied") return undefined;
  return decided_at === undefined ? undefined : decided_at - asked_at;
}

/** `open_time` in seconds: until the first of those who decided had opened it. */
export const openTime = ({ asked_at, first_open }: Case): number | undefined =>
  first_open === undefined ? undefined : first_open - asked_at;

/** `late`: decided after it was due, or never. Undefined for what is still open or was withdrawn. */
export function isLate(of: Case): boolean | undefined {
  if (of.outcome === "expired") return true;
  const took = decisionTime(of);
  return took === undefined ? undefined : of.asked_at + took > of.due_at;
}
