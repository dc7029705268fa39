import { Z_99, LEAST_N } from "./statistics.ts";
import type { Case } from "./case.ts";

/** How far a group's approvals lie from what the same mix of cases comes to elsewhere. */
export interface CaseMix {
  readonly n: number;
  readonly approved: number;
  readonly expected: number;
  /** Standard errors above (or, negative, below) what is expected. */
  readonly z: number;
  /** Above the upper 99 % limit. Below the lower one nobody rubber-stamps. */
  readonly above: boolean;
}

const stratum = ({ type, tier }: Case): string => `${String(tier)} ${type}`;
const isDecided = ({ outcome }: Case): boolean => outcome === "approved" || outcome === "denied";

/**
 * Makes the comparison against everybody's cases: expected approvals are the sum of the shares approved in each kind of
 * action and tier (indirect standardisation), with the variance of independent draws; 99 % limits as in a funnel plot
 * (Spiegelhalter, Stat Med 2005;24:1185). Undefined where too few were decided, or the mix leaves no room for chance.
 */
export function caseMix(all: readonly Case[]): (group: readonly Case[]) => CaseMix | undefined {
  const strata = new Map<string, { n: number; approved: number }>();
  for (const of of all.filter(isDecided)) {
    const { n, approved } = strata.get(stratum(of)) ?? { n: 0, approved: 0 };
    strata.set(stratum(of), { n: n + 1, approved: approved + Number(of.outcome === "approved") });
  }
  return (group) => {
    const decided = group.filter(isDecided);
    let [approved, expected, variance] = [0, 0, 0];
    for (const of of decided) {
      const known = strata.get(stratum(of)) ?? { n: 1, approved: 0 };
      const p = known.approved / known.n;
      approved += Number(of.outcome === "approved");
      expected += p;
      variance += p * (1 - p);
    }
    if (decided.length < LEAST_N || variance === 0) return undefined;
    const z = (approved - expected) / Math.sqrt(variance);
    return { n: decided.length, approved, expected, z, above: z > Z_99 };
  };
}
