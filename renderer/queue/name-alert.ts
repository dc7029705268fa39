import { idOf } from "../state/app-view.ts";
import type { QueueRow } from "#shared/ipc/contract.ts";

interface Named {
  readonly id: string;
  readonly ref: string;
  readonly family: string;
  readonly initial: string;
}

/**
 * Rows whose patients are easily taken for each other (approval-experience.md S3): different people who share a family
 * name and a first initial, or whose family names are one letter apart. Gives the ids of all such rows. Linear in the
 * letters of the names: names one substitution apart share a form with that letter masked; of two names one insertion
 * apart, the shorter is the longer with a letter left out.
 */
export function nameAlerts(rows: readonly QueueRow[]): ReadonlySet<string> {
  const named = rows.flatMap(nameOf);
  const alerts = new Set<string>();
  const alert = (group: readonly Named[]): void => {
    if (new Set(group.map(({ ref }) => ref)).size > 1) for (const { id } of group) alerts.add(id);
  };
  for (const group of Map.groupBy(named, ({ family, initial }) => `${family} ${initial}`).values()) alert(group);

  const byFamily = Map.groupBy(named, ({ family }) => family);
  const byMask = new Map<string, string[]>();
  for (const [family, group] of byFamily) {
    for (const [masked, shorter] of variants(family)) {
      const sharing = byMask.get(masked);
      if (sharing === undefined) byMask.set(masked, [family]);
      else sharing.push(family);
      const others = byFamily.get(shorter);
      if (others !== undefined) alert([...group, ...others]);
    }
  }
  for (const families of byMask.values()) {
    if (families.length > 1) alert(families.flatMap((family) => byFamily.get(family) ?? []));
  }
  return alerts;
}

function nameOf(row: QueueRow): readonly Named[] {
  const { patient } = row;
  const family = normal(patient?.family ?? "");
  if (patient === undefined || family === "") return [];
  return [{ id: idOf(row.key), ref: patient.ref, family, initial: normal(patient.given?.[0] ?? "").at(0) ?? "" }];
}

/** For each letter: the name with it masked, and without it. */
function variants(name: string): readonly (readonly [masked: string, shorter: string])[] {
  const letters = Array.from(name);
  return letters.map((_, at) => [letters.with(at, "\u0000").join(""), letters.toSpliced(at, 1).join("")] as const);
}

function normal(name: string): string {
  return name.normalize("NFC").toLowerCase().trim();
}
