import type { LocalTime } from "./calendar.ts";
import type { Case } from "./case.ts";
import { byName, countBy } from "./statistics.ts";

export interface Volume {
  readonly total: number;
  /** How many of each kind of action were asked in each hour of the day, 24 of them, on the facility's clock. */
  readonly by_type: readonly { readonly type: string; readonly n: number; readonly hours: readonly number[] }[];
}

export function volumeOf(cases: readonly Case[], local: (at: number) => LocalTime): Volume {
  const by_type = [...Map.groupBy(cases, ({ type }) => type)]
    .toSorted(([a], [b]) => byName(a, b))
    .map(([type, own]) => {
      const counts = countBy(own, ({ asked_at }) => String(local(asked_at).hour));
      return { type, n: own.length, hours: Array.from({ length: 24 }, (_, hour) => counts.get(String(hour)) ?? 0) };
    });
  return { total: cases.length, by_type };
}
