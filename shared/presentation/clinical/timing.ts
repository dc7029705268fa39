import { CLINICAL_WORDS, TIMING_CODE_WORDS, TIMING_WORDS, UNIT_WORDS } from "../words.ts";
import { compactText } from "../fhir-node.ts";
import type { FhirNode } from "../fhir-node.ts";
import type { ClinicalText } from "./clinical-text.ts";
import { formatFhirDate, formatTimeOfDay } from "./date.ts";
import { formatDecimal } from "./number.ts";
import { formatQuantity, formatRange } from "./quantity.ts";
import { unitName } from "./unit.ts";
import { everyPhrase } from "./written.ts";

const words = (table: Readonly<Record<string, string>>, code: string): string | undefined =>
  Object.hasOwn(table, code) ? table[code] : undefined;
const TIMES: Readonly<Record<string, string>> = {
  "1": CLINICAL_WORDS.onceA,
  "2": CLINICAL_WORDS.twiceA,
  "3": CLINICAL_WORDS.threeTimesA,
  "4": CLINICAL_WORDS.fourTimesA,
};

/** Collects phrases; a piece that is not understood is kept as sent and reported. */
class Phrases {
  readonly said: string[] = [];
  readonly unknown: string[] = [];
  conflict: string | undefined;

  say(text: string | undefined): void {
    if (text !== undefined && text !== "") this.said.push(text);
  }
  use(part: ClinicalText | undefined, wrap: (text: string) => string = (text) => text): void {
    if (!part) return;
    this.say(wrap(part.display));
    this.unknown.push(...part.unknown);
    this.conflict ??= part.conflict;
  }
  raw(text: string): void {
    this.said.push(text);
    this.unknown.push(text);
  }
  code(table: Readonly<Record<string, string>>, code: string): void {
    const word = words(table, code);
    if (word === undefined) this.raw(code);
    else this.say(word);
  }
}

const span = (from: string | undefined, to: string | undefined): string | undefined => {
  if (from === undefined) return to === undefined ? undefined : `${CLINICAL_WORDS.atMost} ${to}`;
  return to === undefined || to === from ? from : `${from} ${CLINICAL_WORDS.to} ${to}`;
};
const decimal = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : formatDecimal(text).display;

/**
 * FHIR Timing in words: `every 4 to 6 hours`, `twice a day for 7 days`. `as_sent` is the JSON with its number tokens.
 * Where a code and a repeat disagree, both are said.
 */
export function formatTiming(node: FhirNode, zone: string): ClinicalText {
  const phrases = new Phrases();
  const repeat = node.get("repeat");
  const codes = timingCodes(node, phrases);
  if (repeat) sayRepeat(repeat, phrases, zone);
  for (const code of codes) if (!phrases.said.includes(code)) phrases.say(code);
  for (const event of node.all("event")) {
    const text = event.string();
    if (text !== undefined) phrases.use(formatFhirDate(text, zone));
  }
  const { said, unknown, conflict } = phrases;
  return { display: said.join(", "), as_sent: compactText(node.value), unknown, conflict };
}

/** What the words and each code of a timing mean, and a code's own words: all of it, for they may disagree. */
function timingCodes(node: FhirNode, phrases: Phrases): readonly string[] {
  const concept = node.get("code");
  const text = concept?.text("text");
  const meaning = (written: string): string => words(TIMING_CODE_WORDS, written.toUpperCase()) ?? written;
  const coded = concept?.all("coding").flatMap((coding) => {
    const [code, display] = [coding.text("code"), coding.text("display")];
    const known = code === undefined ? undefined : words(TIMING_CODE_WORDS, code);
    // With words of its own beside it, a code that is not known is one more name for them.
    if (code !== undefined && known === undefined && text === undefined) phrases.unknown.push(code);
    const named = known ?? (text === undefined && display === undefined ? code : undefined);
    return [named, display === undefined ? undefined : meaning(display)].filter((part) => part !== undefined);
  });
  return [...(text === undefined ? [] : [meaning(text)]), ...(coded ?? [])];
}

function sayRepeat(repeat: FhirNode, phrases: Phrases, zone: string): void {
  phrases.say(frequency(repeat, phrases));
  const days = repeat.all("dayOfWeek").flatMap((day) => day.string() ?? []);
  if (days.length > 0) phrases.say(CLINICAL_WORDS.on(list(days.map((day) => named(TIMING_WORDS, day, phrases)))));
  const times = repeat.all("timeOfDay").flatMap((time) => time.string() ?? []);
  if (times.length > 0) {
    const shown = times.map(formatTimeOfDay);
    phrases.unknown.push(...shown.flatMap(({ unknown }) => unknown));
    phrases.say(CLINICAL_WORDS.at(list(shown.map(({ display }) => display))));
  }
  sayWhen(repeat, phrases);
  const duration = span(decimal(repeat.numberOf("duration")), decimal(repeat.numberOf("durationMax")));
  if (duration !== undefined)
    phrases.say(CLINICAL_WORDS.eachTimeFor(counted(duration, repeat.text("durationUnit") ?? "", phrases)));
  const count = span(decimal(repeat.numberOf("count")), decimal(repeat.numberOf("countMax")));
  if (count !== undefined) phrases.say(CLINICAL_WORDS.doses(count));
  sayBounds(repeat, phrases, zone);
}

const named = (table: Readonly<Record<string, string>>, code: string, phrases: Phrases): string => {
  const word = words(table, code);
  if (word === undefined) phrases.unknown.push(code);
  return word ?? code;
};

const list = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? "") : `${items.slice(0, -1).join(", ")} ${CLINICAL_WORDS.and} ${items.at(-1) ?? ""}`;

function counted(count: string, unit: string, phrases: Phrases): string {
  const name = unitName(unit);
  const forms = name === undefined ? undefined : UNIT_WORDS[name];
  if (forms === undefined) {
    phrases.unknown.push(unit);
    return `${count} ${unit}`;
  }
  return `${count} ${forms[count === "1" ? 0 : 1]}`;
}

function frequency(repeat: FhirNode, phrases: Phrases): string | undefined {
  const times = span(decimal(repeat.numberOf("frequency")), decimal(repeat.numberOf("frequencyMax")));
  const [from, to] = [decimal(repeat.numberOf("period")), decimal(repeat.numberOf("periodMax"))];
  const unit = repeat.text("periodUnit");
  if (from === undefined && to === undefined && unit === undefined) {
    if (times !== undefined) phrases.raw(`${times} ×`);
    return undefined;
  }
  // "Once a day" and "every hour" are said where a period is: a unit or an upper limit alone makes none (FHIR tim-2, tim-6).
  if (from === undefined) {
    phrases.raw([times === undefined ? "" : `${times} ×`, to ?? "", unit ?? ""].filter((p) => p !== "").join(" "));
    return undefined;
  }
  const period = from;
  const [singular] = UNIT_WORDS[unitName(unit ?? "") ?? ""] ?? [];
  if (singular === undefined) {
    phrases.unknown.push(unit ?? "");
    return `${times ?? ""} × ${period} ${unit ?? ""}`.trim();
  }
  if (period === "1" && to === undefined) {
    const a = TIMES[times ?? "1"];
    if (
      (times ?? "1") === "1" &&
      singular !== "day" &&
      singular !== "week" &&
      singular !== "month" &&
      singular !== "year"
    )
      return CLINICAL_WORDS.every(singular);
    return a === undefined ? CLINICAL_WORDS.timesA(times ?? "1", singular) : `${a} ${singular}`;
  }
  if ((times ?? "1") === "1") {
    if (period === "2" && to === undefined && singular === "day") return CLINICAL_WORDS.everyOther(singular);
    return everyPhrase(period, to, unit ?? "");
  }
  const whole = everyPhrase(period, to, unit ?? "").replace(new RegExp(`^${CLINICAL_WORDS.every("")}`), "");
  return CLINICAL_WORDS.timesEvery(times ?? "1", whole);
}

function sayWhen(repeat: FhirNode, phrases: Phrases): void {
  const events = repeat.all("when");
  const offset = events.length === 0 ? undefined : repeat.numberOf("offset");
  for (const when of events) {
    const code = when.string();
    if (code === undefined) continue;
    if (offset === undefined) {
      phrases.code(TIMING_WORDS, code);
      continue;
    }
    phrases.say(`${counted(formatDecimal(offset).display, "min", phrases)} ${named(TIMING_WORDS, code, phrases)}`);
  }
}

function sayBounds(repeat: FhirNode, phrases: Phrases, zone: string): void {
  const duration = repeat.get("boundsDuration");
  const range = repeat.get("boundsRange");
  const period = repeat.get("boundsPeriod");
  if (duration) phrases.use(formatQuantity(duration), CLINICAL_WORDS.forLength);
  if (range) phrases.use(formatRange(range), CLINICAL_WORDS.forLength);
  const [start, end] = [period?.text("start"), period?.text("end")];
  if (start !== undefined) phrases.use(formatFhirDate(start, zone), CLINICAL_WORDS.from);
  if (end !== undefined) phrases.use(formatFhirDate(end, zone), CLINICAL_WORDS.until);
}
