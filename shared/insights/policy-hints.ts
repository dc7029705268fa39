import type { Case } from "./case.ts";
import { byName, LEAST_N, rateOf, wilson, type Rate } from "./statistics.ts";

/** What a site might look at in its policy. A hint is a question too: nothing is changed by it. */
export interface PolicyHint {
  readonly type: string;
  readonly hint: "could_allow" | "refused_often" | "goes_wrong_often";
  /** Approved, refused, or failed and revoked after approval, of those decided or approved. */
  readonly rate: Rate;
}

/** "Consider letting policy allow this": approved in more than 99 % of at least this many decisions. */
const ALLOW_N = 500;
const ALLOW_RATE = 0.99;
/** The other way. The lower end of the 95 % interval has to be above it, of ten or more. */
const REFUSED_RATE = 0.2;
const WRONG_RATE = 0.05;

/** Hints both ways, by kind of action. */
export function policyHints(cases: readonly Case[]): readonly PolicyHint[] {
  return [...Map.groupBy(cases, ({ type }) => type)]
    .toSorted(([a], [b]) => byName(a, b))
    .flatMap(([type, own]) => hintsOf(own).map((hint) => ({ type, ...hint })));
}

function hintsOf(cases: readonly Case[]): Omit<PolicyHint, "type">[] {
  const approved = cases.filter(({ outcome }) => outcome === "approved");
  const denied = cases.filter(({ outcome }) => outcome === "denied");
  const wrong = approved.filter(({ after }) => after !== undefined);
  const decided = approved.length + denied.length;
  const hints: Omit<PolicyHint, "type">[] = [];
  if (
    decided >= ALLOW_N &&
    approved.length / decided > ALLOW_RATE &&
    wilson(wrong.length, approved.length).low < WRONG_RATE
  ) {
    hints.push({ hint: "could_allow", rate: rateOf(approved.length, decided) });
  }
  if (decided >= LEAST_N && wilson(denied.length, decided).low > REFUSED_RATE) {
    hints.push({ hint: "refused_often", rate: rateOf(denied.length, decided) });
  }
  if (approved.length >= LEAST_N && wilson(wrong.length, approved.length).low > WRONG_RATE) {
    hints.push({ hint: "goes_wrong_often", rate: rateOf(wrong.length, approved.length) });
  }
  return hints;
}
