import type { Case } from "./case.ts";
import { byName, countBy } from "./statistics.ts";

export interface Counted {
  readonly code: string;
  readonly count: number;
}

/** Codes of denials and overrides, the commonest first; the same number in the order of their names. */
export interface Reasons {
  readonly denials: readonly Counted[];
  readonly overrides: readonly Counted[];
}

export const reasonsOf = (cases: readonly Case[]): Reasons => ({
  denials: ranked(cases.flatMap(({ reasons }) => reasons)),
  overrides: ranked(cases.flatMap(({ overrides }) => overrides)),
});

function ranked(codes: readonly string[]): Counted[] {
  return [...countBy(codes, (code) => code)]
    .map(([code, count]) => ({ code, count }))
    .toSorted((a, b) => b.count - a.count || byName(a.code, b.code));
}
