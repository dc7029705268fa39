import type { Presentation, Row } from "#shared/presentation/presentation.ts";
import { allRows } from "#shared/presentation/presentation.ts";

/** What the reader has chosen on the review: warnings ticked one by one, permissions left out. */
export interface Choices {
  readonly acked: ReadonlySet<string>;
  readonly dropped: ReadonlySet<string>;
}

export const NO_CHOICES: Choices = { acked: new Set(), dropped: new Set() };

export function withTick(set: ReadonlySet<string>, id: string, isOn: boolean): ReadonlySet<string> {
  const next = new Set(set);
  if (isOn) next.add(id);
  else next.delete(id);
  return next;
}

type FactRow = Row & { readonly fact: NonNullable<Row["fact"]> };
const factsOf = (presentation: Presentation): readonly FactRow[] =>
  allRows(presentation).filter((row): row is FactRow => row.fact !== undefined);

/** Ids of the facts that have to be acknowledged one by one (protocol.md V21). */
export const factsToTick = (presentation: Presentation): readonly string[] =>
  factsOf(presentation).flatMap(({ fact }) => (fact.ack ? [fact.id] : []));

/** Facts that an approval overrides, each with its row: a reason is asked for every one. */
export const factsToOverride = (presentation: Presentation): readonly FactRow[] =>
  factsOf(presentation).filter(({ fact }) => fact.override);

/** One element of authorization_details with the rows that say what it allows. */
export interface Grant {
  readonly id: string;
  readonly isRequired: boolean;
  readonly rows: readonly Row[];
}

export function grantsOf(presentation: Presentation): readonly Grant[] {
  const rows = presentation.sections.find(({ id }) => id === "scope")?.rows ?? [];
  const grants = new Map<string, Grant>();
  for (const row of rows) {
    if (row.grant === undefined) continue;
    const held = grants.get(row.grant.id);
    grants.set(row.grant.id, {
      id: row.grant.id,
      isRequired: row.grant.required,
      rows: [...(held?.rows ?? []), row],
    });
  }
  return [...grants.values()];
}

/** Ids of what is granted: everything that is required, and what was not left out. */
export function grantedIds(grants: readonly Grant[], dropped: ReadonlySet<string>): readonly string[] {
  return grants.filter(({ id, isRequired }) => isRequired || !dropped.has(id)).map(({ id }) => id);
}
