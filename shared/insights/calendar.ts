const DAY_S = 86_400;
const QUARTER_S = 900;
/** 1970-01-05 was a Monday. */
const FIRST_MONDAY = 4;

/** The facility's wall clock at an instant. `day` counts local days since 1970-01-01; `week` is that of its Monday. */
export interface LocalTime {
  readonly hour: number;
  readonly day: number;
  readonly week: number;
}

/** Reads instants (seconds) on the wall clock of a zone. Offsets change on quarters of an hour, so each is asked once. */
export function localClock(zone: string): (at: number) => LocalTime {
  const format = new Intl.DateTimeFormat("en-GB-u-ca-iso8601", {
    ...{ timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric" },
  });
  const known = new Map<number, LocalTime>();
  return (at) => {
    const quarter = Math.floor(at / QUARTER_S);
    const found = known.get(quarter);
    if (found) return found;
    const parts = new Map(format.formatToParts(at * 1000).map(({ type, value }) => [type, Number(value)]));
    const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
    const day = Date.UTC(part("year"), part("month") - 1, part("day")) / (DAY_S * 1000);
    const read = { hour: part("hour"), day, week: day - ((((day - FIRST_MONDAY) % 7) + 7) % 7) };
    known.set(quarter, read);
    return read;
  };
}

/** `YYYY-MM-DD` of a local day. */
export const isoDay = (day: number): string => new Date(day * DAY_S * 1000).toISOString().slice(0, 10);
