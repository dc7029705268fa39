import { CLINICAL_WORDS, UNIT_WORDS } from "../words.ts";
import { notKnown } from "./clinical-text.ts";
import type { ClinicalText } from "./clinical-text.ts";

/**
 * Units as sent (UCUM codes, RxNorm and prescribers' spellings) to the form that is safe to read: micrograms and units in
 * words, mL, `per` for the slash (ISMP error-prone abbreviations; Joint Commission "Do Not Use"; NHS CUI MEDi).
 */
const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  kg: ["kg", "KG"],
  g: ["g", "gram", "grams"],
  mg: ["mg", "MG", "Mg", "milligram", "milligrams"],
  microgram: ["mcg", "MCG", "ug", "µg", "μg", "microgram", "micrograms", "microg"],
  nanogram: ["ng", "nanogram", "nanograms"],
  L: ["L", "l", "litre", "litres", "liter", "liters"],
  dL: ["dL", "dl"],
  mL: ["mL", "ml", "ML", "cc", "CC", "millilitre", "millilitres", "milliliter", "milliliters"],
  unit: ["U", "u", "unit", "units", "Unit", "Units", "UNIT", "UNITS", "UNT", "[U]", "{unit}", "{units}"],
  "international unit": ["IU", "iu", "[iU]", "[IU]", "international unit", "international units"],
  mmol: ["mmol", "MMOL"],
  micromole: ["umol", "µmol", "μmol", "micromol"],
  nmol: ["nmol"],
  mol: ["mol"],
  mEq: ["mEq", "meq", "MEQ"],
  "%": ["%"],
  mm: ["mm"],
  cm: ["cm"],
  m: ["m"],
  "m²": ["m2", "m²"],
  mmHg: ["mmHg", "mm[Hg]"],
  kPa: ["kPa"],
  "°C": ["Cel", "°C"],
  kcal: ["kcal"],
  tablet: ["tablet", "tablets", "tab", "tabs", "TAB", "TABS", "Tablet", "Tablets", "{tablet}", "{tablets}", "{tbl}"],
  capsule: ["capsule", "capsules", "cap", "caps", "CAP", "Capsule", "Capsules", "{capsule}"],
  puff: ["puff", "puffs", "{puff}"],
  drop: ["drop", "drops", "gtt", "[drp]", "{drop}"],
  patch: ["patch", "patches", "PATCH", "{patch}"],
  sachet: ["sachet", "sachets"],
  suppository: ["suppository", "suppositories", "SUPP"],
  application: ["application", "applications"],
  spray: ["spray", "sprays"],
  vial: ["vial", "vials"],
  ampoule: ["ampoule", "ampoules", "amp"],
  dose: ["dose", "doses", "{dose}"],
  second: ["s", "second", "seconds"],
  minute: ["min", "minute", "minutes"],
  hour: ["h", "hr", "hrs", "hour", "hours", "H"],
  day: ["d", "day", "days", "D"],
  week: ["wk", "week", "weeks"],
  month: ["mo", "month", "months"],
  year: ["a", "y", "yr", "year", "years"],
};

const UNIT_OF: ReadonlyMap<string, string> = new Map(
  Object.entries(SPELLINGS).flatMap(([unit, spellings]) => spellings.map((spelling) => [spelling, unit] as const)),
);

/** Every spelling that is read, for look-alike comparison. */
export const KNOWN_UNITS: readonly string[] = [...UNIT_OF.keys()].filter((unit) => /^[\p{L}%]+$/u.test(unit));

const inflect = (unit: string, singular: boolean): string => {
  const forms = UNIT_WORDS[unit];
  return forms === undefined ? unit : forms[singular ? 0 : 1];
};

/** The canonical name of a single unit, or `undefined`. */
export const unitName = (text: string): string | undefined => UNIT_OF.get(text);

const COUNTED = /^([0-9]+)[ .]?(\D.*)$/u;

function denominator(text: string): string | undefined {
  const simple = unitName(text);
  if (simple !== undefined) return inflect(simple, true);
  const [, count, unit] = COUNTED.exec(text) ?? [];
  const name = unit === undefined ? undefined : unitName(unit.trim());
  return name === undefined || count === undefined ? undefined : `${count} ${inflect(name, count === "1")}`;
}

/** A unit, simple (`ug`) or a quotient (`mg/kg`, `mg/24.h`, `/min`). `singular` tells the number beside it. */
export function formatUnit(text: string, singular: boolean): ClinicalText {
  const [first = "", ...rest] = text.split("/").map((part) => part.trim());
  const head = first === "" ? "" : unitName(first);
  const tail = rest.map(denominator);
  if (head === undefined || tail.includes(undefined) || (head === "" && tail.length === 0)) return notKnown(text);
  const display = [head === "" ? "" : inflect(head, singular), ...tail.map((part) => part ?? "")]
    .join(` ${CLINICAL_WORDS.per} `)
    .trim();
  return { display, as_sent: text, unknown: [] };
}

/** Whether a unit as printed and a unit as coded name the same thing; `undefined` when either is not known. */
export function sameUnit(printed: string, coded: string): boolean | undefined {
  const [a, b] = [formatUnit(printed, false), formatUnit(coded, false)];
  return a.unknown.length > 0 || b.unknown.length > 0 ? undefined : a.display === b.display;
}
