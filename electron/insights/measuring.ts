import type { Case } from "#shared/insights/case.ts";
import { caseOfFact } from "#shared/insights/case-of-fact.ts";
import { insightsOf, type Insights, type Period } from "#shared/insights/insights.ts";
import { attentionGroup, insightFact } from "#shared/reports/items.ts";

/** What is asked of the facts that came before it under the same name. */
export interface MeasuresAsked {
  readonly period: Period;
  readonly zone: string;
  /** Attention by groups, as the gateway's first page of the period has it. */
  readonly groups: unknown;
  /** Whose own data may be in it: everybody's, or this person's alone (README decision 12). */
  readonly mayName: "everybody" | { readonly only: string };
}

/** One page after the other, then the question: nothing that is handed over or worked on takes long at a time. */
export type MeasureStep =
  | { readonly kind: "facts"; readonly job: number; readonly items: readonly unknown[] }
  | { readonly kind: "measures"; readonly job: number; readonly asked: MeasuresAsked }
  /** Nobody waits for it any more. */
  | { readonly kind: "drop"; readonly job: number };

export type MeasureAnswer =
  | { readonly kind: "took" }
  /** A figure of which a part cannot be read is not shown as if it were whole. */
  | { readonly kind: "unreadable" }
  | {
      readonly kind: "measures";
      readonly insights: Insights;
      /** Of agents by their URI, as the registry named them when they asked last. */
      readonly names: Readonly<Record<string, string>>;
    };

interface Job {
  readonly cases: Case[];
  readonly names: Map<string, { readonly name: string; readonly at: number }>;
}

/** Takes the measures of facts that come in pieces; what it was given is forgotten with the answer. */
export function makeMeasuring(): (step: MeasureStep) => MeasureAnswer {
  const jobs = new Map<number, Job>();

  function take(job: Job, items: readonly unknown[]): MeasureAnswer {
    for (const item of items) {
      const fact = insightFact.safeParse(item).data;
      if (!fact) return { kind: "unreadable" };
      const { agent, agent_name: name, received_at: at } = fact;
      if (at >= (job.names.get(agent)?.at ?? -1)) job.names.set(agent, { name, at });
      const one = caseOfFact(fact);
      if (one) job.cases.push(one);
    }
    return { kind: "took" };
  }

  return (step) => {
    const job: Job = jobs.get(step.job) ?? { cases: [], names: new Map() };
    switch (step.kind) {
      case "facts":
        jobs.set(step.job, job);
        return take(job, step.items);
      case "measures": {
        jobs.delete(step.job);
        const { period, zone, mayName } = step.asked;
        const groups = attentionGroup.array().safeParse(step.asked.groups ?? []).data;
        if (!groups) return { kind: "unreadable" };
        const mayBeNamed = (person: string): boolean => mayName === "everybody" || person === mayName.only;
        const insights = insightsOf({ cases: job.cases, groups, period, zone, mayName: mayBeNamed });
        return {
          ...{ kind: "measures", insights },
          names: Object.fromEntries([...job.names].map(([agent, { name }]) => [agent, name])),
        };
      }
      case "drop":
        jobs.delete(step.job);
        return { kind: "took" };
      default:
        return step satisfies never;
    }
  };
}
