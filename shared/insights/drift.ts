import { isoDay, type LocalTime } from "./calendar.ts";
import type { Case } from "./case.ts";
import { meanChart, pChart, type ControlChart } from "./control-chart.ts";
import { byName } from "./statistics.ts";

/** Shares of an agent's requests, week by week. */
export const DRIFT_SHARES = ["denied", "conflict", "quarantined", "changed", "expired"] as const;
export type DriftShare = (typeof DRIFT_SHARES)[number];
/** Means of an agent's requests, week by week. */
export const DRIFT_MEANS = ["tier", "claim_characters"] as const;
export type DriftMean = (typeof DRIFT_MEANS)[number];

/** One agent over the weeks of the period (approval-experience.md 11, agent drift). */
export interface AgentDrift {
  readonly agent: string;
  readonly n: number;
  readonly shares: Readonly<Record<DriftShare, ControlChart>>;
  readonly means: Readonly<Record<DriftMean, ControlChart>>;
  /** The first request of each other model than before, seconds. */
  readonly model_changes: readonly { readonly at: number; readonly week: string; readonly model: string }[];
  /** Kinds of action asked for the first time within the period. */
  readonly new_types: readonly { readonly at: number; readonly week: string; readonly type: string }[];
}

const COUNTS: Readonly<Record<DriftShare, (of: Case) => boolean>> = {
  denied: (of) => of.outcome === "denied",
  conflict: (of) => of.conflict === true,
  quarantined: (of) => of.quarantined === true,
  changed: (of) => of.changed,
  expired: (of) => of.outcome === "expired",
};

interface Week {
  readonly week: string;
  readonly cases: readonly Case[];
}

/**
 * Every agent, by name. Shares of outcomes are of what has ended; the others of all. `knownTypes` are kinds of action that
 * the agent asked for before the period.
 */
export function agentDrift(
  cases: readonly Case[],
  local: (at: number) => LocalTime,
  knownTypes: (agent: string) => ReadonlySet<string>,
): readonly AgentDrift[] {
  return [...Map.groupBy(cases, ({ agent }) => agent)]
    .toSorted(([a], [b]) => byName(a, b))
    .map(([agent, own]) =>
      driftOf(
        agent,
        own.toSorted((a, b) => a.asked_at - b.asked_at),
        local,
        knownTypes(agent),
      ),
    );
}

function driftOf(
  agent: string,
  cases: readonly Case[],
  local: (at: number) => LocalTime,
  known: ReadonlySet<string>,
): AgentDrift {
  const weekOf = (at: number): string => isoDay(local(at).week);
  const weeks = [...Map.groupBy(cases, ({ asked_at }) => weekOf(asked_at))].map(([week, own]) => ({
    week,
    cases: own,
  }));
  return {
    agent,
    n: cases.length,
    shares: {
      denied: shareChart(weeks, "denied", hasEnded),
      conflict: shareChart(weeks, "conflict", (of) => of.conflict !== undefined),
      quarantined: shareChart(weeks, "quarantined", (of) => of.quarantined !== undefined),
      changed: shareChart(weeks, "changed"),
      expired: shareChart(weeks, "expired", hasEnded),
    },
    means: { tier: valueChart(weeks, "tier"), claim_characters: valueChart(weeks, "claim_characters") },
    model_changes: modelChanges(cases).map((change) => ({ ...change, week: weekOf(change.at) })),
    new_types: newTypes(cases, known).map((first) => ({ ...first, week: weekOf(first.at) })),
  };
}

const hasEnded = (of: Case): boolean => of.outcome !== "open";

function shareChart(
  weeks: readonly Week[],
  share: DriftShare,
  among: (of: Case) => boolean = () => true,
): ControlChart {
  const points = weeks.map(({ week, cases }) => {
    const counted = cases.filter(among);
    return { week, n: counted.length, count: counted.filter(COUNTS[share]).length };
  });
  return pChart(points);
}

const valueChart = (weeks: readonly Week[], name: DriftMean): ControlChart =>
  meanChart(weeks.map(({ week, cases }) => ({ week, values: cases.map((of) => of[name]) })));

function modelChanges(cases: readonly Case[]): { at: number; model: string }[] {
  const named = cases.flatMap(({ model, asked_at: at }) => (model === undefined ? [] : [{ model, at }]));
  return named.filter(({ model }, i) => i > 0 && named[i - 1]?.model !== model);
}

function newTypes(cases: readonly Case[], known: ReadonlySet<string>): { at: number; type: string }[] {
  const seen = new Set(known);
  return cases.flatMap(({ type, asked_at: at }) => {
    if (seen.has(type)) return [];
    seen.add(type);
    return [{ at, type }];
  });
}
