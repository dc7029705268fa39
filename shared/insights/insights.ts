import type { AttentionGroup as GatewayGroup } from "#shared/reports/items.ts";

import { attentionOf, type AttentionMeasure } from "./attention.ts";
import { localClock } from "./calendar.ts";
import type { Case } from "./case.ts";
import { agentDrift, type AgentDrift } from "./drift.ts";
import { fatigueOf, type Fatigue } from "./fatigue.ts";
import { policyHints, type PolicyHint } from "./policy-hints.ts";
import { questions, type Question } from "./questions.ts";
import { reasonsOf, type Reasons } from "./reasons.ts";
import { compare, summaryOf, type Comparison, type Summary } from "./summary.ts";
import { volumeOf, type Volume } from "./volume.ts";

/** `from ≤ asked_at < to`, seconds. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** Everything that S11 shows, computed; plain data. The measures are those of approval-experience.md section 11. */
export interface Insights {
  readonly period: Period;
  readonly summary: Summary;
  readonly comparison: Comparison;
  readonly volume: Volume;
  readonly reasons: Reasons;
  readonly attention: AttentionMeasure;
  readonly agents: readonly AgentDrift[];
  readonly fatigue: Fatigue;
  readonly questions: readonly Question[];
  readonly hints: readonly PolicyHint[];
}

export interface InsightsInput {
  /** Of the period and of the one before it, as long; others are ignored. */
  readonly cases: readonly Case[];
  /** Attention of the period by agent and kind, where the gateway names nobody; else none. */
  readonly groups: readonly GatewayGroup[];
  readonly period: Period;
  /** IANA zone of the facility. */
  readonly zone: string;
  /** Whose own data may be in it: the asker's, or anybody's where the asker is the designated reviewer. */
  readonly mayName: (person: string) => boolean;
}

/** Computes the measures. Two people who ask for the same cases and period get the same figures. */
export function insightsOf({ cases, groups, period, zone, mayName }: InsightsInput): Insights {
  const { from, to } = period;
  const between = (low: number, high: number): Case[] =>
    cases.filter(({ asked_at }) => asked_at >= low && asked_at < high);
  const [before, now] = [between(from - (to - from), from), between(from, to)];
  const local = localClock(zone);
  const summary = summaryOf(now);
  return {
    period: { from, to },
    summary,
    comparison: compare(summary, summaryOf(before)),
    volume: volumeOf(now, local),
    reasons: reasonsOf(now),
    attention: attentionOf(now, groups, mayName),
    agents: agentDrift(now, local, (agent) => typesOf(before, agent)),
    fatigue: fatigueOf(now, local),
    questions: questions(now, groups, mayName),
    hints: policyHints(now),
  };
}

const typesOf = (cases: readonly Case[], agent: string): ReadonlySet<string> =>
  new Set(cases.filter((of) => of.agent === agent).map(({ type }) => type));
