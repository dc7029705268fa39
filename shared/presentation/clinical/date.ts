import { notKnown } from "./clinical-text.ts";
import type { ClinicalText } from "./clinical-text.ts";

/**
 * Dates as `dd-MMM-yyyy` and 24 hour times with the facility's zone, the same on every computer (NHS CUI Date Display
 * D+Ta-0007, -0010 and Time Display D+Tb-0001). Own month names: `Intl` writes "Sept".
 */
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

interface WallClock {
  readonly year: string;
  readonly month: string;
  readonly day: string;
  readonly hour: string;
  readonly minute: string;
  readonly zone: string;
}

/** Made once for each zone: a formatter costs more than a screen of rows. `undefined` for a zone the runtime lacks. */
const formatters = new Map<string, Intl.DateTimeFormat | undefined>();

function formatterOf(zone: string): Intl.DateTimeFormat | undefined {
  if (!formatters.has(zone)) formatters.set(zone, makeFormatter(zone));
  return formatters.get(zone);
}

function makeFormatter(zone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat("en-GB-u-ca-gregory-nu-latn", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      timeZoneName: "short",
    });
  } catch {
    return undefined;
  }
}

/** The last moment a Date holds, either way from 1970 (ECMA-262 21.4.1.1). A signed time may be any safe integer. */
const LAST_MS = 8.64e15;

/** Since then every zone is whole minutes from UTC (the last to change was Liberia, on 7-Jan-1972: tzdata, `africa`). */
const WHOLE_MINUTES_SINCE_MS = Date.UTC(1973, 0, 1);
/** Minutes already read: a list of requests asks for the same few again and again, and a formatter is slow. */
const minutes = new Map<string, WallClock>();
const MINUTES_MAX = 1000;

/**
 * An unknown zone must not stop a review: it is shown as UTC, and says so. `undefined` for a moment beyond the calendar.
 */
function wallClock(ms: number, zone: string): WallClock | undefined {
  if (!(Math.abs(ms) <= LAST_MS)) return undefined;
  if (ms < WHOLE_MINUTES_SINCE_MS) return readClock(ms, zone);
  const minute = `${String(Math.floor(ms / 60_000))} ${zone}`;
  const known = minutes.get(minute);
  if (known !== undefined) return known;
  const clock = readClock(ms, zone);
  if (minutes.size === MINUTES_MAX) minutes.clear();
  minutes.set(minute, clock);
  return clock;
}

function readClock(ms: number, zone: string): WallClock {
  const parts = (formatterOf(zone) ?? formatterOf("UTC"))?.formatToParts(new Date(ms)) ?? [];
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((p) => p.type === type)?.value ?? "";
  return {
    year: part("year"),
    month: part("month"),
    day: part("day"),
    hour: part("hour"),
    minute: part("minute"),
    zone: part("timeZoneName"),
  };
}

const monthName = (month: string): string => MONTHS[Number(month) - 1] ?? month;
const dateText = (day: string, month: string, year: string): string => `${day}-${monthName(month)}-${year}`;

/** `23-Nov-2026 14:45 GMT` for Unix seconds in an IANA zone; an unknown zone is shown as UTC and says so, a number beyond the calendar as the number. */
export function formatInstant(seconds: number, zone: string): string {
  const at = wallClock(seconds * 1000, zone);
  if (!at) return `${String(seconds)} (not a date)`;
  return `${dateText(at.day, at.month, at.year)} ${at.hour}:${at.minute} ${at.zone}`;
}

/**
 * `23-Nov-2026 14:45:07 GMT`, as {@link formatInstant}: for evidence, where several things happen within a minute. With its
 * offset, `(UTC+00:00)`, where a moment is read alone and long after (approval-experience.md S10).
 */
export function formatExactInstant(seconds: number, zone: string, withOffset = false): string {
  const at = wallClock(seconds * 1000, zone);
  // Before 1973 a zone may differ from UTC by seconds: nothing that is signed is so old, and the minute is still right.
  if (!at || seconds * 1000 < WHOLE_MINUTES_SINCE_MS) return formatInstant(seconds, zone);
  const second = String(seconds % 60).padStart(2, "0");
  const text = `${dateText(at.day, at.month, at.year)} ${at.hour}:${at.minute}:${second} ${at.zone}`;
  return withOffset ? `${text} (${offsetOf(at, seconds)})` : text;
}

function offsetOf({ year, month, day, hour, minute }: WallClock, seconds: number): string {
  const local = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute)) / 60_000;
  const offset = local - Math.floor(seconds / 60);
  const two = (n: number): string => String(n).padStart(2, "0");
  const size = Math.abs(offset);
  return `UTC${offset < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** `14:45 GMT` when it is on the same day as `now` in that zone, else with its date. */
export function formatTimeToday(
  seconds: number,
  now: number,
  zone: string,
): { readonly text: string; readonly today: boolean } {
  const [at, today] = [wallClock(seconds * 1000, zone), wallClock(now * 1000, zone)];
  if (!at || !today) return { text: formatInstant(seconds, zone), today: false };
  const same = at.day === today.day && at.month === today.month && at.year === today.year;
  return { text: same ? `${at.hour}:${at.minute} ${at.zone}` : formatInstant(seconds, zone), today: same };
}

const FHIR_DATE = /^([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12][0-9]|3[01]))?)?$/;
const FHIR_DATE_TIME =
  /^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:[0-9]{2})$/;

const WHOLE_DAY = /^([0-9]{4})-([0-9]{2})-([0-9]{2})/;

/** Whether the month that a text begins with has its day. True for what has no day. */
function isOfCalendar(text: string): boolean {
  const [, year, month, day] = WHOLE_DAY.exec(text) ?? [];
  if (day === undefined) return true;
  const at = new Date(0);
  at.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return at.getUTCDate() === Number(day);
}

/** A FHIR `date`, `dateTime` or `instant`: partial dates stay partial; times are shown in the facility's zone. */
export function formatFhirDate(text: string, zone: string): ClinicalText {
  // A day that its month does not have would be read by the runtime as one of the next month.
  if (!isOfCalendar(text)) return notKnown(text);
  const [match, year = "", month, day] = FHIR_DATE.exec(text) ?? [];
  if (match !== undefined) {
    const display =
      month === undefined ? year : day === undefined ? `${monthName(month)}-${year}` : dateText(day, month, year);
    return { display, as_sent: text, unknown: [] };
  }
  const ms = FHIR_DATE_TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) return notKnown(text);
  return { display: formatInstant(Math.floor(ms / 1000), zone), as_sent: text, unknown: [] };
}

/** A FHIR `time`, `HH:mm:ss`: seconds are dropped only when they are zero. */
export function formatTimeOfDay(text: string): ClinicalText {
  const [match, short = "", seconds] =
    /^((?:[01][0-9]|2[0-3]):[0-5][0-9])(?::([0-5][0-9])(?:\.0+)?)?$/.exec(text) ?? [];
  if (match === undefined) return notKnown(text);
  return { display: seconds === undefined || seconds === "00" ? short : text, as_sent: text, unknown: [] };
}

/**
 * Age at a moment, from a full birth date (NHS CUI Patient Banner age rules for whole days): days up to 4 weeks, weeks up
 * to a year, months up to 2 years, years and months up to 18, then years. `undefined` for a partial or future date.
 */
export function formatAge(birthDate: string, seconds: number, zone: string): string | undefined {
  const [, year, month, day] = FHIR_DATE.exec(birthDate) ?? [];
  if (year === undefined || month === undefined || day === undefined || !isOfCalendar(birthDate)) return undefined;
  const at = wallClock(seconds * 1000, zone);
  if (!at) return undefined;
  const [y, m, d] = [Number(at.year), Number(at.month), Number(at.day)];
  const days = Math.round(
    (Date.UTC(y, m - 1, d) - Date.UTC(Number(year), Number(month) - 1, Number(day))) / 86_400_000,
  );
  if (days < 0) return undefined;
  const months = (y - Number(year)) * 12 + (m - Number(month)) - (d < Number(day) ? 1 : 0);
  if (days < 28) return `${String(days)}d`;
  if (months < 12)
    return days % 7 === 0 ? `${String(days / 7)}w` : `${String(Math.floor(days / 7))}w ${String(days % 7)}d`;
  if (months < 24) return `${String(months)}m`;
  const years = Math.floor(months / 12);
  return years >= 18 || months % 12 === 0 ? `${String(years)}y` : `${String(years)}y ${String(months % 12)}m`;
}
