import { ABBREVIATION_WORDS, CLINICAL_WORDS, UNIT_WORDS } from "../words.ts";
import type { ClinicalText } from "./clinical-text.ts";
import { formatWrittenNumber, isSingular } from "./number.ts";
import { formatUnit, unitName } from "./unit.ts";

/**
 * Instructions that people or agents wrote (`HYDROMORPHONE 2.0MG PO Q4H PRN`), with every known number, unit and
 * abbreviation in safe form (ISMP error-prone abbreviations, symbols and dose designations; Joint Commission "Do Not
 * Use"). What has one meaning is expanded; what has several is shown with its meanings and raises the tier; the rest of
 * the text is left alone.
 */
export interface WrittenText extends ClinicalText {
  /** How many places differ from what was sent. */
  readonly places: number;
}

/** `q4h`, `Q4-6H`, `q 12 h`, `q2d`, `q3wk`. */
const EVERY = /^q\s?([0-9]{1,2})(?:\s?[-–]\s?([0-9]{1,2}))?\s?(h|hrs?|hours?|min|d|days?|wk|weeks?|mo)$/i;

const NUMBER_AND_UNIT =
  /(?<![\p{L}\p{N}.,/])([0-9][0-9.,]*|\.[0-9]+)(\s?)(\[?[\p{L}%²]+\]?(?:\/[\p{L}0-9]+)*)(?![\p{L}\p{N}])/u;
const EVERY_IN_TEXT =
  /(?<![\p{L}\p{N}])q\s?[0-9]{1,2}(?:\s?[-–]\s?[0-9]{1,2})?\s?(?:hrs?|hours?|h|min|days?|d|weeks?|wk|mo)(?![\p{L}\p{N}])/iu;
const NAKED_DECIMAL = /(?<![\p{L}\p{N}.,])\.[0-9]+(?!\p{N})/u;
const WORD_OR_POINTED = /(?<![\p{L}\p{N}.])(?:(?:\p{L}\.){2,}|D\/C|\p{L}[\p{L}\p{N}]*)(?![\p{L}\p{N}])/u;
const PIECE = new RegExp(
  [EVERY_IN_TEXT, NUMBER_AND_UNIT, NAKED_DECIMAL, WORD_OR_POINTED].map((part) => `(?:${part.source})`).join("|"),
  "giu",
);

const expanded: Readonly<Record<string, string>> = ABBREVIATION_WORDS.expanded;
const expandedCased: Readonly<Record<string, string>> = ABBREVIATION_WORDS.expandedCased;
const ambiguous: Readonly<Record<string, readonly string[]>> = ABBREVIATION_WORDS.ambiguous;
const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** Puts text that people wrote into clinical form. Never fails: what is not understood stays as it was sent. */
export function formatWritten(text: string): WrittenText {
  const unknown: string[] = [];
  let places = 0;
  const display = text.replace(PIECE, (piece: string) => {
    const put = replacement(piece, unknown);
    if (put !== piece) places++;
    return put;
  });
  return { display, as_sent: text, unknown, places };
}

function replacement(piece: string, unknown: string[]): string {
  const every = EVERY.exec(piece);
  if (every) return everyPhrase(every[1] ?? "", every[2], every[3] ?? "");
  if (/^[0-9.]/.test(piece)) return measure(piece, unknown);
  const cased = own(expandedCased, piece);
  if (cased !== undefined) return cased;
  const meanings = own(ambiguous, piece);
  if (meanings !== undefined) {
    unknown.push(piece);
    return CLINICAL_WORDS.ambiguous(piece, meanings);
  }
  return own(expanded, piece.replaceAll(".", "").toLowerCase()) ?? piece;
}

function measure(piece: string, unknown: string[]): string {
  const [match, digits = "", , unitText = ""] = NUMBER_AND_UNIT.exec(piece) ?? [];
  if (match === undefined) return formatWrittenNumber(piece).display;
  const number = formatWrittenNumber(digits);
  const unit = formatUnit(unitText, isSingular(number.display));
  if (number.unknown.length > 0 || (unit.unknown.length > 0 && isRewritten(digits, number.display))) {
    unknown.push(piece);
    return piece;
  }
  if (unit.unknown.length > 0)
    return /^\p{L}/u.test(unitText) ? piece.slice(0, -unitText.length) + replacement(unitText, unknown) : piece;
  return unit.display === "%" ? `${number.display}${unit.display}` : `${number.display} ${unit.display}`;
}

/** Whether more than thousands commas changed. */
const isRewritten = (digits: string, display: string): boolean =>
  digits.replaceAll(",", "") !== display.replaceAll(",", "");

/** `every 4 hours`, `every 4 to 6 hours`, `every day`. */
export function everyPhrase(from: string, to: string | undefined, unit: string): string {
  const name = unitName(unit.toLowerCase()) ?? unit;
  const [singular, plural] = UNIT_WORDS[name] ?? [name, name];
  if (to === undefined && from === "1") return CLINICAL_WORDS.every(singular);
  const span = to === undefined || to === from ? from : `${from} ${CLINICAL_WORDS.to} ${to}`;
  return CLINICAL_WORDS.every(`${span} ${plural}`);
}
