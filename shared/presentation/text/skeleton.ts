import confusables from "./confusables.json" with { type: "json" };

import { firstHits } from "./first-hits.ts";
import { WORD } from "./scripts.ts";

let table: ReadonlyMap<number, string> | undefined;

/** Decoded on first use: 6,311 entries that a request without foreign letters never needs. */
function confusableTable(): ReadonlyMap<number, string> {
  if (table) return table;
  let from = 0;
  table = new Map(
    confusables.map.split(" ").map((entry) => {
      const [distance = "", to = ""] = entry.split(":");
      from += parseInt(distance, 36);
      return [from, String.fromCodePoint(...to.split(",").map((cp) => parseInt(cp, 36)))] as const;
    }),
  );
  return table;
}

const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;

const ASCII = /^[ -~]*$/;
let asciiTable: readonly string[] | undefined;

/** Most words are ASCII, are normalised as they stand, and so are what they can be taken for: one look-up a letter. */
function asciiSkeleton(text: string): string {
  asciiTable ??= Array.from({ length: 128 }, (_, c) => confusableTable().get(c) ?? String.fromCharCode(c));
  let out = "";
  for (let at = 0; at < text.length; at++) out += asciiTable[text.charCodeAt(at)] ?? "";
  return out;
}

/**
 * UTS 39 section 4: two texts with the same skeleton can be taken for one another. For comparing only, never for drawing.
 */
export function skeleton(text: string): string {
  if (ASCII.test(text)) return asciiSkeleton(text);
  const map = confusableTable();
  const drawn = text.normalize("NFD").replace(IGNORABLE, "");
  let out = "";
  for (const c of drawn) out += map.get(c.codePointAt(0) ?? 0) ?? c;
  return out.normalize("NFD");
}

/** The skeletons of a word as written, in lower and in upper case: an `I` is an `l` only as a capital. */
function keysOf(word: string): string[] {
  const forms = new Set([word, word.toLowerCase(), word.toUpperCase()]);
  return Array.from(forms, (form) => skeleton(form).toLowerCase());
}

const fold = (word: string): string => word.normalize("NFC").toLowerCase();

/** Words that must not be imitated, by list name. */
export interface LookAlikeLists {
  /** Medicines of the site; tall man letters compare equal to lower case. */
  readonly drugNames?: readonly string[] | undefined;
  /** Names of the patients in this queue; may be added to between texts. */
  readonly patientNames?: readonly string[] | undefined;
  /** Units of measure, UCUM or printed. */
  readonly units?: readonly string[] | undefined;
}

export interface LookAlike {
  readonly word: string;
  /** The listed word it could be taken for. */
  readonly like: string;
  readonly list: "drug" | "patient" | "unit";
}

/** Finds in one text, whose words are `words`, the first that have the skeleton of a listed word without being that word. */
export type LookAlikeFinder = (text: string, words: ReadonlySet<string>) => readonly LookAlike[];

/** ASCII words shorter than this are not compared: `AI` is not an imitation of `Al`. */
const SHORTEST_ASCII = 4;
const ASCII_DIGIT = /[0-9]/;
const NON_ASCII = /[^ -~]/;
/** Letters right after a number that stands by itself: digits inside a digest or an identifier are no amount. */
const AFTER_NUMBER = /(?<![\p{L}\p{N}.,:+/=_-])[0-9][0-9.,]*\s?([\p{L}\p{M}]+)(?![\p{L}\p{M}\p{N}+=_])/gu;

interface WordIndex {
  readonly exact: Set<string>;
  /** By skeleton. */
  readonly byKey: Map<string, string>;
  /** Length of the longest skeleton. */
  longest: number;
  /** How many texts of the list are in it. */
  upto: number;
}

/**
 * Whether a word is longer than anything it could be taken for: a skeleton has at least as many characters as its word,
 * but for those that draw nothing, and they stop an approval by themselves. A word can be as long as a request.
 */
const isLongerThan = (longest: number, word: string): boolean => word.length > 2 * longest;

/** A list's index is made once, however many requests are read against it; a list that only grows is read on from there. */
const indexes = new WeakMap<readonly string[], WordIndex>();
const NO_WORDS: readonly string[] = [];

function remembered(words: readonly string[] | undefined, add: (index: WordIndex, text: string) => void): WordIndex {
  const list = words ?? NO_WORDS;
  const index = indexes.get(list) ?? { exact: new Set(), byKey: new Map(), longest: 0, upto: 0 };
  for (const text of list.slice(index.upto)) add(index, text);
  index.upto = list.length;
  indexes.set(list, index);
  return index;
}

function addWords(index: WordIndex, text: string): void {
  for (const word of text.match(WORD) ?? []) {
    index.exact.add(fold(word));
    for (const key of keysOf(word)) addKey(index, key, word);
  }
}

function addUnit(index: WordIndex, unit: string): void {
  for (const form of [unit, unit.toLowerCase()]) {
    index.exact.add(form);
    addKey(index, skeleton(form), unit);
  }
}

function addKey(index: WordIndex, key: string, word: string): void {
  index.byKey.set(key, word);
  index.longest = Math.max(index.longest, key.length);
}

/**
 * Prepares the comparison with the lists of 3.4(3). A unit is looked for only right after a number, where short words
 * are units and nothing else.
 */
export function lookAlikeFinder(lists: LookAlikeLists): LookAlikeFinder {
  const named = (
    [
      ["drug", remembered(lists.drugNames, addWords)],
      ["patient", remembered(lists.patientNames, addWords)],
    ] as const
  ).filter(([, { exact }]) => exact.size > 0);
  const units = remembered(lists.units, addUnit);

  const longest = Math.max(0, ...named.map(([, index]) => index.longest));
  const find = (word: string): LookAlike | undefined => {
    if (word.length < SHORTEST_ASCII && !NON_ASCII.test(word)) return undefined;
    if (isLongerThan(longest, word)) return undefined;
    const folded = fold(word);
    const keys = keysOf(word);
    for (const [list, { exact, byKey }] of named) {
      if (exact.has(folded)) continue;
      const key = keys.find((candidate) => byKey.has(candidate));
      if (key !== undefined) return { word, like: byKey.get(key) ?? "", list };
    }
    return undefined;
  };
  /** The texts of one request say the same words over and over. Forgotten with the finder: words of a record are not kept. */
  const found = new Map<string, LookAlike | undefined>();
  const wordLike = (word: string): LookAlike | undefined => {
    if (!found.has(word)) found.set(word, find(word));
    return found.get(word);
  };
  const unitLike = (word: string): LookAlike | undefined => {
    if (isLongerThan(units.longest, word) || units.exact.has(word) || units.exact.has(word.toLowerCase()))
      return undefined;
    const like = units.byKey.get(skeleton(word));
    return like === undefined ? undefined : { word, like, list: "unit" };
  };
  return (text, words) => {
    const afterNumbers =
      units.exact.size === 0 || !ASCII_DIGIT.test(text)
        ? []
        : Array.from(text.matchAll(AFTER_NUMBER), ([, word = ""]) => word);
    return [...(named.length === 0 ? [] : firstHits(words, wordLike)), ...firstHits(new Set(afterNumbers), unitLike)];
  };
}

/** Numbers with letters in the place of digits, `2O` or `1l0` (the strict number grammar refuses them as well). */
const LOOK_ALIKE_NUMBER = /(?<![\p{L}\p{N}])\d+(?:[Oo][OoIl\d]*|[Il][OoIl]*\d[OoIl\d]*)(?![\p{L}\p{N}])/gu;
export const lookAlikeNumbers = (text: string): readonly string[] => text.match(LOOK_ALIKE_NUMBER) ?? [];
