import type { AttentionGroup as GatewayGroup } from "#shared/reports/items.ts";

import { approvalsOf, type Approval, type Case } from "./case.ts";
import { LEAST_N, byName, quantile, rateOf, type Rate } from "./statistics.ts";
import { belowExpected, expectedRead } from "./times.ts";

/** Reading of one agent's requests of one kind. Nobody is named, and groups of fewer than ten are not told. */
export interface AttentionGroup {
  readonly agent: string;
  readonly type: string;
  readonly below: Rate;
  /** Medians, seconds. */
  readonly active_s: number;
  readonly expected_s: number;
}

/** One approval that was read for less than half of what is expected. For the person and the reviewer only. */
export interface BriefApproval {
  readonly id: string;
  readonly person: string;
  readonly type: string;
  readonly at: number;
  readonly active_s: number;
  readonly expected_s: number;
}

export interface AttentionMeasure {
  readonly below: Rate;
  readonly groups: readonly AttentionGroup[];
  readonly brief: readonly BriefApproval[];
}

const BRIEF_LISTED = 200;

/**
 * Attention of the approvals whose people the asker may know; where the gateway told groups instead, of those. Approvals
 * whose attention was not measured are in none of the figures.
 */
export function attentionOf(
  cases: readonly Case[],
  told: readonly GatewayGroup[],
  mayName: (person: string) => boolean,
): AttentionMeasure {
  const groups = told.length > 0 ? told.map(toldGroup) : groupsOf(cases);
  const measured = measuredOf(cases);
  return {
    below: told.length > 0 ? sumOf(groups) : belowRate(measured),
    groups: groups.toSorted((a, b) => byName(a.type, b.type) || byName(a.agent, b.agent)),
    brief: measured
      .filter((approval) => isBelow(approval) && mayName(approval.decision.person))
      .flatMap(briefOf)
      .toSorted((a, b) => b.at - a.at || byName(a.id, b.id))
      .slice(0, BRIEF_LISTED),
  };
}

interface Measured extends Approval {
  readonly active_s: number;
  readonly expected_s: number;
}
const measuredOf = (cases: readonly Case[]): readonly Measured[] =>
  approvalsOf(cases).flatMap(({ of, decision }) =>
    decision.active_ms === undefined || of.reading === undefined
      ? []
      : [{ of, decision, active_s: decision.active_ms / 1000, expected_s: expectedRead(of.reading) }],
  );
const isBelow = ({ of, decision }: Approval): boolean => belowExpected(of, decision) === true;
const belowRate = (approvals: readonly Approval[]): Rate => rateOf(approvals.filter(isBelow).length, approvals.length);

const sumOf = (groups: readonly AttentionGroup[]): Rate =>
  rateOf(
    groups.reduce((sum, { below }) => sum + below.count, 0),
    groups.reduce((sum, { below }) => sum + below.n, 0),
  );

const toldGroup = ({ agent, type, n, below_expected, active_ms, expected_ms }: GatewayGroup): AttentionGroup => ({
  agent,
  type,
  below: rateOf(below_expected, n),
  active_s: active_ms.p50 / 1000,
  expected_s: expected_ms.p50 / 1000,
});

function groupsOf(cases: readonly Case[]): AttentionGroup[] {
  return [...Map.groupBy(cases, ({ type, agent }) => JSON.stringify([type, agent])).values()].flatMap((own) => {
    const measured = measuredOf(own);
    const [active_s, expected_s] = [
      quantile(
        measured.map((one) => one.active_s),
        0.5,
      ),
      quantile(
        measured.map((one) => one.expected_s),
        0.5,
      ),
    ];
    const [first] = own;
    if (measured.length < LEAST_N || !first || active_s === undefined || expected_s === undefined) return [];
    return [{ agent: first.agent, type: first.type, below: belowRate(measured), active_s, expected_s }];
  });
}

function briefOf({ of, decision, active_s, expected_s }: Measured): BriefApproval[] {
  const { id, type } = of;
  return id === undefined ? [] : [{ id, person: decision.person, type, at: decision.at, active_s, expected_s }];
}
