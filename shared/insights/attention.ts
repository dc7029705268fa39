import { approvalsOf, type Approval, type Case } from "./case.ts";
import { rateOf, spreadOf, type Rate, type Spread } from "./statistics.ts";
import { belowExpected, expectedRead } from "./times.ts";

/** Upper ends, in seconds of expected reading, of the groups in which attention is told. */
const GROUPS_S = [5, 10, 20, 40, 80, Infinity] as const;

/** Approvals whose request asks for so much reading; nobody is named. `upto` is absent in the last group. */
export interface AttentionGroup {
  readonly from: number;
  readonly upto?: number;
  readonly active: Spread;
  readonly below: Rate;
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
  /** Approvals whose attention was not measured are in none of the figures. */
  readonly unmeasured: number;
  readonly groups: readonly AttentionGroup[];
  readonly brief: readonly BriefApproval[];
}

const BRIEF_LISTED = 200;

export function attentionOf(cases: readonly Case[], mayName: (person: string) => boolean): AttentionMeasure {
  const all = approvalsOf(cases);
  const measured = all.filter(isMeasured);
  return {
    below: belowRate(measured),
    unmeasured: all.length - measured.length,
    groups: GROUPS_S.map((upto, i) => groupOf(measured, GROUPS_S[i - 1] ?? 0, upto)),
    brief: measured
      .filter((approval) => isBelow(approval) && mayName(approval.decision.person))
      .map(briefOf)
      .toSorted((a, b) => b.at - a.at)
      .slice(0, BRIEF_LISTED),
  };
}

const isMeasured = ({ decision }: Approval): boolean => decision.active_ms !== undefined;
const isBelow = ({ of, decision }: Approval): boolean => belowExpected(of, decision) === true;
const belowRate = (approvals: readonly Approval[]): Rate => rateOf(approvals.filter(isBelow).length, approvals.length);
const activeS = ({ decision }: Approval): number => (decision.active_ms ?? 0) / 1000;

function groupOf(measured: readonly Approval[], from: number, upto: number): AttentionGroup {
  const own = measured.filter(({ of }) => {
    const expected = expectedRead(of.reading);
    return expected >= from && expected < upto;
  });
  return {
    from,
    ...(upto === Infinity ? {} : { upto }),
    active: spreadOf(own.map(activeS)),
    below: belowRate(own),
  };
}

const briefOf = (approval: Approval): BriefApproval => ({
  id: approval.of.id,
  person: approval.decision.person,
  type: approval.of.type,
  at: approval.decision.at,
  active_s: activeS(approval),
  expected_s: expectedRead(approval.of.reading),
});
