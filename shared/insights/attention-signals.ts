import { approvalsOf, type Approval, type Case, type CaseDecision } from "./case.ts";
import type { CaseMix } from "./funnel.ts";
import { belowExpected } from "./times.ts";

/** Signs that approvals are given without reading (approval-experience.md 11). Any two ask a question; one asks none. */
export type Signal =
  | { readonly kind: "read_too_briefly"; readonly count: number; readonly n: number }
  | { readonly kind: "runs"; readonly count: number; readonly longest: number }
  | { readonly kind: "failed_or_revoked"; readonly count: number; readonly n: number }
  | { readonly kind: "never_looked_further"; readonly n: number }
  | { readonly kind: "approves_above_mix"; readonly n: number; readonly approved: number; readonly expected: number };

const BRIEF_SHARE = 0.2;
const BRIEF_N = 20;
const RUN_LENGTH = 6;
const RUN_GAP_S = 5;
const FURTHER_N = 50;

/** What a question may be about. */
export interface Judged {
  readonly cases: readonly Case[];
  /** Approvals of people whom the asker may know: all of the cases', or one person's. */
  readonly approvals: readonly Approval[];
  /** How many approvals were read too briefly, where the gateway tells that and not who they were of. */
  readonly told?: { readonly count: number; readonly n: number };
}

/** Every signal that a group gives. `mix` compares its cases with everybody's. */
export function signalsOf(
  { cases, approvals, told }: Judged,
  mix: (group: readonly Case[]) => CaseMix | undefined,
): readonly Signal[] {
  return [
    ...readTooBriefly(told ?? briefly(approvals)),
    ...runs(approvals),
    ...failedOrRevoked(cases),
    ...neverLookedFurther(approvals),
    ...approvesAboveMix(mix(cases)),
  ];
}

export const judged = (cases: readonly Case[], told?: Judged["told"]): Judged => ({
  cases,
  approvals: approvalsOf(cases),
  ...(told === undefined ? {} : { told }),
});

function briefly(approvals: readonly Approval[]): { count: number; n: number } {
  const measured = approvals.flatMap(({ of, decision }) => belowExpected(of, decision) ?? []);
  return { count: measured.filter(Boolean).length, n: measured.length };
}

const readTooBriefly = ({ count, n }: { count: number; n: number }): Signal[] =>
  n >= BRIEF_N && count / n > BRIEF_SHARE ? [{ kind: "read_too_briefly", count, n }] : [];

function runs(approvals: readonly Approval[]): Signal[] {
  const byPerson = Map.groupBy(
    approvals.map(({ decision }) => decision),
    ({ person }) => person,
  );
  const lengths = [...byPerson.values()].flatMap(runLengths).filter((length) => length >= RUN_LENGTH);
  return lengths.length === 0 ? [] : [{ kind: "runs", count: lengths.length, longest: Math.max(...lengths) }];
}

/** Lengths of the stretches in which one person's approvals follow each other in less than five seconds. */
function runLengths(decisions: readonly CaseDecision[]): number[] {
  const lengths: number[] = [];
  let last: number | undefined;
  for (const at of decisions.map((decision) => decision.at).toSorted((a, b) => a - b)) {
    if (last !== undefined && at - last < RUN_GAP_S) lengths.push((lengths.pop() ?? 0) + 1);
    else lengths.push(1);
    last = at;
  }
  return lengths;
}

function failedOrRevoked(cases: readonly Case[]): Signal[] {
  const approved = cases.filter(({ outcome }) => outcome === "approved");
  const count = approved.filter(({ after }) => after !== undefined).length;
  return count === 0 ? [] : [{ kind: "failed_or_revoked", count, n: approved.length }];
}

function neverLookedFurther(approvals: readonly Approval[]): Signal[] {
  const measured = approvals.flatMap(({ decision }) => decision.looked_further ?? []);
  const n = measured.length;
  return n >= FURTHER_N && !measured.includes(true) ? [{ kind: "never_looked_further", n }] : [];
}

function approvesAboveMix(mix: CaseMix | undefined): Signal[] {
  if (mix?.above !== true) return [];
  return [{ kind: "approves_above_mix", n: mix.n, approved: mix.approved, expected: mix.expected }];
}
