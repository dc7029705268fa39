import { approvalsOf, type Approval, type Case } from "./case.ts";
import { signalsOf, type Signal } from "./attention-signals.ts";
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

interface Group {
  readonly about: About;
  readonly approvals: readonly Approval[];
  readonly cases: readonly Case[];
}

/**
 * The questions that the period asks, in the order in which they are to be asked. What an earlier question is about is left
 * out of the later ones: requests that are not worth asking say nothing about the roster, nor the roster about a person.
 * Of people only those that `mayName` allows are looked at: oneself, or anybody for the designated reviewer.
 */
export function questions(cases: readonly Case[], mayName: (person: string) => boolean): readonly Question[] {
  const mix = caseMix(cases);
  const asked: Question[] = [];
  let left = cases;
  const ask = (groups: readonly Group[]): void => {
    for (const { about, approvals, cases: own } of groups) {
      const signals = signalsOf(approvals, own, mix);
      if (signals.length < SIGNALS_NEEDED) continue;
      asked.push({ about, approvals: approvals.length, signals });
      const explained = new Set(own);
      left = left.filter((of) => !explained.has(of));
    }
  };
  ask(
    grouped(
      left,
      (of) => JSON.stringify([of.type, of.agent]),
      ({ type, agent }) => ({ kind: "requests", type, agent }),
    ),
  );
  ask(
    grouped(
      left,
      (of) => of.pool,
      ({ pool }) => ({ kind: "roster", pool }),
    ),
  );
  ask(people(left).filter(({ about }) => about.kind === "person" && mayName(about.person)));
  return asked;
}

function grouped(cases: readonly Case[], nameOf: (of: Case) => string, aboutOf: (of: Case) => About): Group[] {
  return [...Map.groupBy(cases, nameOf)]
    .toSorted(([a], [b]) => byName(a, b))
    .flatMap(([, own]) =>
      own.slice(0, 1).map((of) => ({ about: aboutOf(of), approvals: approvalsOf(own), cases: own })),
    );
}

function people(cases: readonly Case[]): Group[] {
  const names = [...new Set(cases.flatMap(({ decisions }) => decisions.map(({ person }) => person)))].toSorted(byName);
  return names.map((person) => {
    const own = cases.filter(({ decisions }) => decisions.some((decision) => decision.person === person));
    const approvals = approvalsOf(own).filter(({ decision }) => decision.person === person);
    return { about: { kind: "person", person }, approvals, cases: own };
  });
}
