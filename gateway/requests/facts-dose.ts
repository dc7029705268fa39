import type { FhirJson } from "#shared/protocol/strict-json.ts";

import { compareDecimals, parseDecimal, type Decimal } from "./facts-decimal.ts";
import { at, isMembers, listAt, numberAt, textAt, type Members } from "./facts-json.ts";
import { amountsIn, amountText, compareAmounts, type Amount } from "./facts-units.ts";

/** How often: `times` in `hours`, both whole or decimal. */
export interface Frequency {
  readonly times: Decimal;
  readonly hours: Decimal;
  readonly words: string;
}

/** One dosage instruction, read twice: its structure and its words. */
export interface Dosage {
  readonly structured?: Amount;
  readonly frequency?: Frequency;
  /** It has structured times, whether they come to one frequency or not. */
  readonly isTimed: boolean;
  /** Amounts in the words, in order. */
  readonly written: readonly Amount[];
  readonly writtenFrequency?: Frequency;
  /** The words state frequencies that differ. */
  readonly isVaried: boolean;
  readonly hasWords: boolean;
}

export function dosagesOf(order: Members): readonly Dosage[] {
  return listAt(order, "dosageInstruction").map((dosage) => {
    const words = [textAt(dosage, "text"), textAt(dosage, "patientInstruction")]
      .filter((t) => t !== undefined)
      .join(". ");
    const structured = structuredDose(dosage);
    const frequency = structuredFrequency(at(dosage, "timing", "repeat"));
    const stated = frequenciesIn(words);
    const writtenFrequency = stated.length === 1 ? stated[0] : undefined;
    return {
      ...(structured === undefined ? {} : { structured }),
      ...(frequency === undefined ? {} : { frequency }),
      written: amountsIn(words),
      ...(writtenFrequency === undefined ? {} : { writtenFrequency }),
      isTimed: at(dosage, "timing") !== undefined,
      isVaried: stated.length > 1,
      hasWords: words !== "",
    };
  });
}

function structuredDose(dosage: FhirJson): Amount | undefined {
  const quantity = listAt(dosage, "doseAndRate").flatMap((d) => at(d, "doseQuantity") ?? [])[0];
  const value = numberAt(quantity, "value");
  const unit = textAt(quantity, "unit") ?? textAt(quantity, "code");
  return value === undefined || unit === undefined ? undefined : { value, unit };
}

const HOURS: Readonly<Record<string, string>> = { h: "1", d: "24", wk: "168" };

function structuredFrequency(repeat: FhirJson | undefined): Frequency | undefined {
  const [frequency, period, unit] = [
    numberAt(repeat, "frequency"),
    numberAt(repeat, "period"),
    textAt(repeat, "periodUnit"),
  ];
  const hours = unit === undefined ? undefined : HOURS[unit];
  // A range ("1 to 2 times", "every 4 to 6 hours") is not one frequency: not compared.
  if (numberAt(repeat, "frequencyMax") !== undefined || numberAt(repeat, "periodMax") !== undefined) return undefined;
  if (frequency === undefined || period === undefined || hours === undefined) return undefined;
  const [times, length] = [parseDecimal(frequency), parseDecimal(period)];
  if (times === undefined || length === undefined) return undefined;
  const each = parseDecimal(hours) ?? { units: 1n, scale: 0 };
  const span =
    unit === "h" ? "h" : unit === "d" ? (period === "1" ? "day" : "days") : period === "1" ? "week" : "weeks";
  return {
    times,
    hours: { units: length.units * each.units, scale: length.scale },
    words: `${frequency} time${frequency === "1" ? "" : "s"} in ${period} ${span}`,
  };
}

const NUMBER_WORDS: Readonly<Record<string, string>> = {
  once: "1",
  one: "1",
  twice: "2",
  two: "2",
  thrice: "3",
  three: "3",
  four: "4",
  five: "5",
  six: "6",
};
const ONE = { units: 1n, scale: 0 };
const HOURLY = /\bevery ([1-9][0-9]?) hours\b/gi;
const DAILY: readonly (readonly [RegExp, string])[] = [
  [/\b(once|twice|thrice|(?:one|two|three|four|five|six|[1-9]) times?)(?: a| per|,)? ?(?:day|daily)\b/gi, ""],
  [/\b(?:qds|qid|q\.i\.d\.)(?!\w)/gi, "4"],
  [/\b(?:tds|tid|t\.i\.d\.)(?!\w)/gi, "3"],
  [/\b(?:bd|bid|b\.i\.d\.)(?!\w)/gi, "2"],
  [/\b(?:every day|od|daily)\b/gi, "1"],
];
/** Each once a day, and together as often as there are of them. */
const OF_DAY = [
  /\b(?:in the|every) morning\b/i,
  /\b(?:in the|every) evening\b/i,
  /\b(?:at night|at bedtime|every night|nightly)\b/i,
] as const;

/** Every frequency that words state, those that say the same once. */
function frequenciesIn(words: string): readonly Frequency[] {
  const found: Frequency[] = [];
  // What was read is not read again by a later rule: "twice daily" is not "daily".
  const hourly = words.replace(HOURLY, (said, hours: string) => {
    found.push({ times: ONE, hours: { units: BigInt(hours), scale: 0 }, words: said.toLowerCase() });
    return ";";
  });
  DAILY.reduce(
    (rest, [pattern, fixed]) =>
      rest.replace(pattern, (said: string, count: unknown) => {
        const spoken = typeof count === "string" ? count.toLowerCase().replace(/ times?$/, "") : "";
        const times = parseDecimal(fixed === "" ? (NUMBER_WORDS[spoken] ?? spoken) : fixed);
        if (times) found.push({ times, hours: { units: 24n, scale: 0 }, words: said.toLowerCase() });
        return ";";
      }),
    hourly,
  );
  const ofDay = OF_DAY.flatMap((pattern) => pattern.exec(words)?.[0].toLowerCase() ?? []);
  // "Once a day at night" says once; more times of day than that are a frequency of their own.
  const isSaid = found.some(({ times, hours }) => perDay(times, hours) >= ofDay.length);
  if (ofDay.length > 0 && !isSaid) {
    const times = { units: BigInt(ofDay.length), scale: 0 };
    found.push({ times, hours: { units: 24n, scale: 0 }, words: ofDay.join(" and ") });
  }
  return found.filter((one, i) => !found.slice(0, i).some((earlier) => sameFrequency(one, earlier)));
}

/** Whole times in 24 hours; none of these words say parts. */
const perDay = (times: Decimal, hours: Decimal): number => Number((times.units * 24n) / hours.units);

/** The one frequency that words state; undefined when they state none or several that differ. */
export function frequencyIn(words: string): Frequency | undefined {
  const [only, another] = frequenciesIn(words);
  return another === undefined ? only : undefined;
}

export function sameFrequency(a: Frequency, b: Frequency): boolean {
  const cross = (x: Decimal, y: Decimal): Decimal => ({ units: x.units * y.units, scale: x.scale + y.scale });
  return compareDecimals(cross(a.times, b.hours), cross(b.times, a.hours)) === 0;
}

/** Words and structure of one order: agree, contradict (with what each says), or cannot be compared. */
export type DoseComparison =
  | { readonly kind: "agree" }
  | {
      readonly kind: "differ";
      readonly what: "dose" | "frequency";
      readonly written: string;
      readonly structured: string;
    }
  | { readonly kind: "not_compared"; readonly why: string };

/** Free text against structured dose (approval-experience.md 3.4(8)). */
export function compareDosage(dosage: Dosage): DoseComparison {
  const { structured, written, frequency, writtenFrequency, isTimed, isVaried, hasWords } = dosage;
  if (!hasWords) return { kind: "not_compared", why: "The directions are not given in words." };
  if (structured === undefined) return { kind: "not_compared", why: "The dose is given in words only." };
  const comparable = written.filter((amount) => compareAmounts(amount, structured) !== undefined);
  const [first] = comparable;
  if (first === undefined) return { kind: "not_compared", why: "The directions in words name no comparable amount." };
  if (!comparable.some((amount) => compareAmounts(amount, structured) === 0)) {
    return { kind: "differ", what: "dose", written: amountText(first), structured: amountText(structured) };
  }
  if (frequency !== undefined && writtenFrequency !== undefined && !sameFrequency(frequency, writtenFrequency)) {
    return { kind: "differ", what: "frequency", written: writtenFrequency.words, structured: frequency.words };
  }
  if (isTimed && frequency === undefined && writtenFrequency !== undefined) {
    return { kind: "not_compared", why: "The structured times are not one frequency, and the words state one." };
  }
  if (isVaried) return { kind: "not_compared", why: "The directions in words name several frequencies." };
  if (compareAmounts(first, structured) !== 0) {
    return { kind: "not_compared", why: "The directions in words name several amounts." };
  }
  return { kind: "agree" };
}

/** The dose of an order as one amount: structured, else the first in its words. */
export const doseOf = ({ structured, written }: Dosage): Amount | undefined => structured ?? written[0];

/** True when two orders certainly say the same dose and frequency, dosage by dosage. */
export function sameDosages(a: readonly Dosage[], b: readonly Dosage[]): boolean {
  if (a.length === 0 || a.length !== b.length) return false;
  return a.every((x, i) => {
    const y = b[i];
    if (y === undefined) return false;
    const [doseX, doseY] = [doseOf(x), doseOf(y)];
    const [oftenX, oftenY] = [x.frequency ?? x.writtenFrequency, y.frequency ?? y.writtenFrequency];
    if (doseX === undefined || doseY === undefined || oftenX === undefined || oftenY === undefined) return false;
    return compareAmounts(doseX, doseY) === 0 && sameFrequency(oftenX, oftenY);
  });
}

/** Quantities whose unit text and UCUM code name different units (3.4(8): unit against code). */
export function unitMismatches(
  objects: Iterable<readonly [string, Members]>,
  same: (a: string, b: string) => boolean | undefined,
): readonly { readonly unit: string; readonly code: string; readonly value: string }[] {
  const found = [];
  for (const [, object] of objects) {
    if (!isMembers(object) || textAt(object, "system") !== "http://unitsofmeasure.org") continue;
    const [value, unit, code] = [numberAt(object, "value"), textAt(object, "unit"), textAt(object, "code")];
    if (value === undefined || unit === undefined || code === undefined || unit === code) continue;
    if (same(unit, code) === false) found.push({ unit, code, value });
  }
  return found;
}
