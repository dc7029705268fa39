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
  /** Amounts in the words, in order. */
  readonly written: readonly Amount[];
  readonly writtenFrequency?: Frequency;
  readonly hasWords: boolean;
}

export function dosagesOf(order: Members): readonly Dosage[] {
  return listAt(order, "dosageInstruction").map((dosage) => {
    const words = [textAt(dosage, "text"), textAt(dosage, "patientInstruction")]
      .filter((t) => t !== undefined)
      .join(". ");
    const structured = structuredDose(dosage);
    const frequency = structuredFrequency(at(dosage, "timing", "repeat"));
    const writtenFrequency = frequencyIn(words);
    return {
      ...(structured === undefined ? {} : { structured }),
      ...(frequency === undefined ? {} : { frequency }),
      written: amountsIn(words),
      ...(writtenFrequency === undefined ? {} : { writtenFrequency }),
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
const DAILY: readonly (readonly [RegExp, string])[] = [
  [/\b(once|twice|thrice|(?:one|two|three|four|five|six|[1-9]) times?)(?: a| per|,)? ?(?:day|daily)\b/i, ""],
  [/\b(?:qds|qid|q\.i\.d\.)(?!\w)/i, "4"],
  [/\b(?:tds|tid|t\.i\.d\.)(?!\w)/i, "3"],
  [/\b(?:bd|bid|b\.i\.d\.)(?!\w)/i, "2"],
  [/\b(?:at night|at bedtime|every (?:night|evening|morning|day)|in the morning|nightly|od|daily)\b/i, "1"],
];
const HOURLY = /\bevery ([1-9][0-9]?) hours\b/i;

/** The one frequency that words state; undefined when they state none or several that differ. */
export function frequencyIn(words: string): Frequency | undefined {
  const hourly = HOURLY.exec(words);
  const one = { units: 1n, scale: 0 };
  if (hourly?.[1] !== undefined) {
    return { times: one, hours: { units: BigInt(hourly[1]), scale: 0 }, words: hourly[0].toLowerCase() };
  }
  for (const [pattern, fixed] of DAILY) {
    const m = pattern.exec(words);
    if (m === null) continue;
    const said = (m[1] ?? "").toLowerCase().replace(/ times?$/, "");
    const times = fixed === "" ? (NUMBER_WORDS[said] ?? said) : fixed;
    const parsed = parseDecimal(times);
    if (parsed !== undefined) return { times: parsed, hours: { units: 24n, scale: 0 }, words: m[0].toLowerCase() };
  }
  return undefined;
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
export function compareDosage({ structured, written, frequency, writtenFrequency, hasWords }: Dosage): DoseComparison {
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
