import { allRows } from "#shared/presentation/presentation.ts";
import type { Presentation, Row } from "#shared/presentation/presentation.ts";

/** One row that differs between two versions of a request. Absent on a side where there is none. */
export interface VersionChange {
  readonly id: string;
  readonly label: string;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}

/** Sections whose rows say how the request stands, not what it asks: the deadline is said by its own strip. */
const NOT_COMPARED: ReadonlySet<string> = new Set(["risk/exp"]);

const textOf = (row: Row | undefined): string => {
  const parts = [row?.tokens ?? [], row?.as_sent ?? [], row?.change?.before ?? []];
  return JSON.stringify(parts.map((tokens) => tokens.map(({ kind, text }) => [kind, text])));
};

/**
 * What changed between the version that was read and the new one, in the order drawn, from the app's own rendering of
 * both. Claims come in only as rows like any other; they are drawn by the well, so they are left out here (P2).
 */
export function versionDiff(before: Presentation, after: Presentation): readonly VersionChange[] {
  const [old, now] = [compared(before), compared(after)];
  const ids = [...new Set([...now.keys(), ...old.keys()])];
  return ids.flatMap((id) => {
    const [was, is] = [old.get(id), now.get(id)];
    if (textOf(was) === textOf(is)) return [];
    return [{ id, label: is?.label ?? was?.label ?? "", before: was, after: is }];
  });
}

function compared(presentation: Presentation): ReadonlyMap<string, Row> {
  const rows = allRows(presentation).filter(({ id, prov }) => prov !== "C" && prov !== "U" && !NOT_COMPARED.has(id));
  return new Map(rows.map((row) => [row.id, row]));
}
