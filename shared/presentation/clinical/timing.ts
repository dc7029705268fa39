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

  say(text: string | undefined): void {
    if (text !== undefined && text !== "") this.said.push(text);
  }
  use(part: ClinicalText | undefined, wrap: (text: string) => string = (text) => text): void {
    if (!part) return;
    this.say(wrap(part.display));
    this.unknown.push(...part.unknown);
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
  const code = timingCode(node, phrases);
  if (repeat) sayRepeat(repeat, phrases, zone);
  if (code !== undefined && !phrases.said.includes(code)) phrases.say(code);
  for (const event of node.all("event")) {
    const text = event.string();
    if (text !== undefined) phrases.use(formatFhirDate(text, zone));
  }
  return { display: phrases.said.join(", "), as_sent: compactText(node.value), unknown: phrases.unknown };
}

function timingCode(node: FhirNode, phrases: Phrases): string | undefined {
  const concept = node.get("code");
  const text = concept?.text("text");
  const coded = concept?.all("coding").flatMap((coding) => {
    coding.text("system");
    coding.text("display");
    return coding.text("code") ?? [];
  });
  const known = [...(coded ?? []), ...(text === undefined ? [] : [text.toUpperCase()])].flatMap(
    (c) => words(TIMING_CODE_WORDS, c) ?? [],
  );
  if (known.length > 0 && text === undefined) return known[0];
  if (text !== undefined) return known[0] ?? text;
  for (const raw of coded ?? []) phrases.raw(raw);
  return undefined;
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
  const period = from ?? "1";
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
