import { compareDecimals, parseDecimal, shift, type Decimal } from "./facts-decimal.ts";

/** An amount as written: the number's text and the unit's text. */
export interface Amount {
  readonly value: string;
  readonly unit: string;
}

type Dimension = "mass" | "volume" | "activity" | "substance" | "percent";
interface Unit {
  readonly dimension: Dimension;
  /** Power of ten to the dimension's base (g, L, unit, mol). */
  readonly power: number;
}

const spellings = (dimension: Dimension, power: number, words: string): [string, Unit][] =>
  words.split(" ").map((word) => [word, { dimension, power }]);

/** Spellings that mean one unit and nothing else. What is not here is not compared. */
const UNITS: ReadonlyMap<string, Unit> = new Map([
  ...spellings("mass", 3, "kg kilogram kilograms kilo kilos"),
  ...spellings("mass", 0, "g gram grams"),
  ...spellings("mass", -3, "mg milligram milligrams"),
  ...spellings("mass", -6, "microgram micrograms mcg ug µg μg"),
  ...spellings("mass", -9, "ng nanogram nanograms"),
  ...spellings("volume", 0, "l litre litres liter liters"),
  ...spellings("volume", -3, "ml millilitre millilitres milliliter milliliters"),
  ...spellings("activity", 0, "unit units iu u [iu] [u]"),
  ...spellings("substance", -3, "mmol millimole millimoles"),
  ...spellings("percent", 0, "% percent"),
]);

const unitOf = (text: string): Unit | undefined => UNITS.get(text.trim().toLowerCase().replace(/\.$/, ""));

/** True or false where both units are known and of one kind; undefined where they cannot be compared. */
export function sameUnit(a: string, b: string): boolean | undefined {
  const [x, y] = [unitOf(a), unitOf(b)];
  if (x === undefined || y === undefined) return undefined;
  return x.dimension === y.dimension && x.power === y.power;
}

/** -1, 0, 1 by size in the same dimension; undefined where the two cannot be compared. */
export function compareAmounts(a: Amount, b: Amount): number | undefined {
  const [x, y] = [inBase(a), inBase(b)];
  if (x === undefined || y === undefined || x.dimension !== y.dimension) return undefined;
  return compareDecimals(x.decimal, y.decimal);
}

function inBase({ value, unit }: Amount): { readonly dimension: Dimension; readonly decimal: Decimal } | undefined {
  const known = unitOf(unit);
  const decimal = parseDecimal(value);
  if (known === undefined || decimal === undefined) return undefined;
  return { dimension: known.dimension, decimal: shift(decimal, known.power) };
}

const UNIT_WORDS = [...UNITS.keys()]
  .filter((word) => /^[a-zµμ%]/i.test(word))
  .sort((a, b) => b.length - a.length)
  .join("|");
const AMOUNT = new RegExp(
  String.raw`(?<![\p{L}\p{N}.,/])([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]+)?\s*(${UNIT_WORDS})(?![\p{L}\p{N}])`,
  "giu",
);

/** Amounts in free text, in order: "1,000 mg" is 1000 mg; "1.000 mg" is 1.000 mg. Ratios ("mg/mL") are left out. */
export function amountsIn(text: string): readonly Amount[] {
  return [...text.matchAll(AMOUNT)].flatMap((m) => {
    const after = text.slice(m.index + m[0].length);
    if (/^\s*(?:\/|per\b)/i.test(after)) return [];
    return [{ value: `${(m[1] ?? "").replaceAll(",", "")}${m[2] ?? ""}`, unit: m[3] ?? "" }];
  });
}

/** As a person reads it. */
export const amountText = ({ value, unit }: Amount): string => `${value} ${unit}`;
