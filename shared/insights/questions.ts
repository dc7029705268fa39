import type { AttentionGroup as GatewayGroup } from "#shared/reports/items.ts";

import { approvalsOf, type Case } from "./case.ts";
import { judged, signalsOf, type Judged, type Signal } from "./attention-signals.ts";
import { caseMix } from "./funnel.ts";
import { byName } from "./statistics.ts";

/** Whom or what a question is about: first what is asked and by which agent, then the roster, last a person. */
export type About =
  | { readonly kind: "requests"; readonly type: string; readonly agent: string }
  | { readonly kind: "roster"; readonly pool: string }
  | { readonly kind: "person"; readonly person: string };

/** "Are these requests worth asking?": a question for a supervisor, never a finding about somebody. */
export interface Question {
  readonly about: About;
  readonly approvals: number;
  readonly signals: readonly Signal[];
}

const SIGNALS_NEEDED = 2;

type Group = Judged & { readonly about: About };

/**
 * The questions that the period asks, in the order in which they are to be asked. What an earlier question is about is left
 * out of the later ones: requests that are not worth asking say nothing about the roster, nor the roster about a person.
 * `told` are the gateway's figures by agent and kind, where it names nobody. Of people only those that `mayName` allows are
 * looked at: oneself, or anybody for the designated reviewer.
 */
export function questions(
  cases: readonly Case[],
  told: readonly GatewayGroup[],
  mayName: (person: string) => boolean,
): readonly Question[] {
  const mix = caseMix(cases);
  const asked: Question[] = [];
  let left = cases;
  const ask = (groups: readonly Group[]): void => {
    for (const { about, ...group } of groups) {
      const signals = signalsOf(group, mix);
      if (signals.length < SIGNALS_NEEDED) continue;
      asked.push({ about, approvals: group.approvals.length || approvedOf(group.cases), signals });
      const explained = new Set(group.cases);
      left = left.filter((of) => !explained.has(of));
    }
  };
  ask(byRequests(left, told));
  ask(byRoster(left));
  ask(people(left).filter(({ about }) => about.kind === "person" && mayName(about.person)));
  return asked;
}

const approvedOf = (cases: readonly Case[]): number => cases.filter(({ outcome }) => outcome === "approved").length;

function byRequests(cases: readonly Case[], told: readonly GatewayGroup[]): Group[] {
  return grouped(cases, ({ type, agent }) => JSON.stringify([type, agent])).map(({ first: { type, agent }, own }) => {
    const group = told.find((one) => one.type === type && one.agent === agent);
    const brief = group && { count: group.below_expected, n: group.n };
    return { about: { kind: "requests", type, agent }, ...judged(own, brief) };
  });
}

const byRoster = (cases: readonly Case[]): Group[] =>
  grouped(cases, ({ pool }) => pool).map(({ first: { pool }, own }) => ({
    about: { kind: "roster", pool },
    ...judged(own),
  }));

const grouped = (cases: readonly Case[], nameOf: (of: Case) => string): { first: Case; own: readonly Case[] }[] =>
  [...Map.groupBy(cases, nameOf)]
    .toSorted(([a], [b]) => byName(a, b))
    .flatMap(([, own]) => own.slice(0, 1).map((first) => ({ first, own })));

function people(cases: readonly Case[]): Group[] {
  const names = [...new Set(cases.flatMap(({ decisions }) => decisions.map(({ person }) => person)))].toSorted(byName);
  return names.map((person) => {
    const own = cases.filter(({ decisions }) => decisions.some((decision) => decision.person === person));
    const approvals = approvalsOf(own).filter(({ decision }) => decision.person === person);
    return { about: { kind: "person", person }, cases: own, approvals };
  });
}
