const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAY_MS = 86_400_000;

/**
 * The first second of a day at the facility, from `01-Nov-2026` (month names in any case, one digit for a day allowed).
 * Undefined for what is not a day of the calendar. @param zone IANA
 */
export function startOfDay(text: string, zone: string): number | undefined {
  const [, day = "", name = "", year = ""] = /^\s*(\d{1,2})-([A-Za-z]{3})-(\d{4})\s*$/.exec(text) ?? [];
  const month = MONTHS.indexOf(name.toLowerCase());
  const midnight = Date.UTC(Number(year), month, Number(day));
  if (month < 0 || new Date(midnight).getUTCDate() !== Number(day)) return undefined;
  // The offset of a place depends on the moment, and midnight's is its own: looked at twice, it settles.
  const once = midnight - offsetMs(midnight, zone);
  return Math.floor((midnight - offsetMs(once, zone)) / 1000);
}

/** The first second of the day after. */
export function endOfDay(text: string, zone: string): number | undefined {
  const start = startOfDay(text, zone);
  if (start === undefined) return undefined;
  // Days are 23 to 25 hours long where clocks change: the next day by the calendar, not by seconds.
  const noon = new Date(start * 1000 + DAY_MS / 2 + offsetMs(start * 1000, zone));
  const next = Date.UTC(noon.getUTCFullYear(), noon.getUTCMonth(), noon.getUTCDate() + 1);
  const once = next - offsetMs(next, zone);
  return Math.floor((next - offsetMs(once, zone)) / 1000);
}

/** How far the zone's clocks are ahead of UTC at this moment. */
function offsetMs(ms: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-GB-u-ca-gregory-nu-latn", {
    timeZone: zone,
    hourCycle: "h23",
    ...{ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" },
  }).formatToParts(new Date(ms));
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((one) => one.type === type)?.value);
  const wall = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return wall - Math.floor(ms / 1000) * 1000;
}
