import { characterToken, HiddenScan, isPlainText, OTHER_SPACE, PICTOGRAPH, TYPED_TOKEN } from "./text/characters.ts";
import { firstHits } from "./text/first-hits.ts";
import { imitations } from "./text/imitation.ts";
import { isMixedScript, WORD } from "./text/scripts.ts";
import { lookAlikeFinder, lookAlikeNumbers } from "./text/skeleton.ts";
import type { LookAlikeLists } from "./text/skeleton.ts";
import { tokensOf } from "./text/tokens.ts";
import type { Token } from "./text/tokens.ts";

/**
 * Class of a text (approval-experience.md 3.1): the app's own, record, action, claim, typed by a person; and `N`, a
 * person's name in the record, where joiners of scripts that need them are spelling.
 */
export type TextClass = "K" | "R" | "A" | "C" | "U" | "N";

/** A character that hides something: `index` in UTF-16 units, `token` e.g. `[U+202E]`. */
export interface HiddenCharacter {
  readonly index: number;
  readonly code_point: number;
  readonly token: string;
}

/** What a text was found to hold. `quarantines` tells which of these stop an approval, and where. */
export type TextFlag =
  | { readonly code: "hidden"; readonly tokens: readonly string[] }
  | { readonly code: "mixed_script"; readonly words: readonly string[] }
  | {
      readonly code: "look_alike";
      readonly word: string;
      readonly like: string;
      readonly list: "drug" | "patient" | "unit";
    }
  | { readonly code: "look_alike_number"; readonly words: readonly string[] }
  | { readonly code: "other_digits" }
  | { readonly code: "other_spaces" }
  | { readonly code: "pictograph" }
  | { readonly code: "typed_token" }
  | { readonly code: "not_nfc" }
  | { readonly code: "padding" }
  | { readonly code: "imitation"; readonly phrases: readonly string[] };

export interface TextStats {
  /** Code points, as sent. */
  readonly characters: number;
  readonly lines: number;
  readonly longest_line: number;
  readonly words: number;
}

export interface ClassifiedText {
  readonly display: readonly Token[];
  readonly flags: readonly TextFlag[];
  readonly stats: TextStats;
}

export interface ClassifyOptions extends LookAlikeLists {
  readonly cls: TextClass;
}

const joinersAllowed = (cls: TextClass): boolean => cls === "C" || cls === "N";

/**
 * Characters of a text that draw nothing, reorder or overlay others (approval-experience.md 3.2(3), 3.4(1)); protocol.md
 * C14 quarantines action and record text that holds one.
 */
export function findHidden(text: string, cls: TextClass): readonly HiddenCharacter[] {
  const found: HiddenCharacter[] = [];
  if (isPlainText(text)) return found;
  const scan = new HiddenScan(joinersAllowed(cls));
  let index = 0;
  while (index < text.length) {
    const codePoint = text.codePointAt(index) ?? 0;
    const character = String.fromCodePoint(codePoint);
    if (scan.hides(character, text.codePointAt(index + character.length))) {
      found.push({ index, code_point: codePoint, token: characterToken(codePoint) });
    }
    index += character.length;
  }
  return found;
}

/** Classifies one text after another against the same lists. */
export type Classifier = (text: string, cls: TextClass) => ClassifiedText;

/** Prepares the lists once; see {@link classifyText}. */
export function makeClassifier(lists: LookAlikeLists): Classifier {
  const lookAlikes = lookAlikeFinder(lists);
  return (text, cls) => {
    const hidden = findHidden(text, cls);
    const display = tokensOf(text, hidden, cls === "C");
    const found = text.match(WORD) ?? [];
    const words = new Set(found);
    const flags = flagsOf({ text, words, cls, hidden, display });
    return {
      display,
      flags: [...flags, ...lookAlikes(text, words).map((hit): TextFlag => ({ code: "look_alike", ...hit }))],
      stats: statsOf(text, found.length),
    };
  };
}

/** Turns any text into what may be drawn and says what is odd about it. Reports, never rewrites. */
export function classifyText(text: string, options: ClassifyOptions): ClassifiedText {
  return makeClassifier(options)(text, options.cls);
}

const OTHER_DIGITS = /(?![0-9])\p{Nd}/u;

interface Read {
  readonly text: string;
  readonly words: ReadonlySet<string>;
  readonly cls: TextClass;
  readonly hidden: readonly HiddenCharacter[];
  readonly display: readonly Token[];
}

function flagsOf({ text, words, cls, hidden, display }: Read): TextFlag[] {
  // What most texts are; a long one costs far less so (a body may be as long as the protocol lets it be).
  const plain = isPlainText(text);
  const flags: TextFlag[] = [];
  const kinds = new Set(hidden.map(({ code_point }) => code_point));
  if (hidden.length > 0) flags.push({ code: "hidden", tokens: firstHits(kinds, (kind) => characterToken(kind)) });
  const mixed = plain ? [] : firstHits(words, (word) => (isMixedScript(word) ? word : undefined));
  if (mixed.length > 0) flags.push({ code: "mixed_script", words: mixed });
  const numbers = lookAlikeNumbers(text);
  if (numbers.length > 0) flags.push({ code: "look_alike_number", words: firstOf(numbers) });
  if (!plain && OTHER_DIGITS.test(text)) flags.push({ code: "other_digits" });
  if (!plain && OTHER_SPACE.test(text)) flags.push({ code: "other_spaces" });
  if (!plain && PICTOGRAPH.test(text)) flags.push({ code: "pictograph" });
  if (TYPED_TOKEN.test(text)) flags.push({ code: "typed_token" });
  if (!plain && text.normalize("NFC") !== text) flags.push({ code: "not_nfc" });
  if (display.some(({ kind }) => kind === "blank_lines" || kind === "spaces")) flags.push({ code: "padding" });
  const phrases = cls === "C" ? imitations(text) : [];
  if (phrases.length > 0) flags.push({ code: "imitation", phrases });
  return flags;
}

const firstOf = (values: readonly string[]): string[] => firstHits(new Set(values), (value) => value);

function statsOf(text: string, words: number): TextStats {
  const lengths = text.split("\n").map(isPlainText(text) ? (line) => line.length : codePointsIn);
  return {
    characters: lengths.reduce((sum, length) => sum + length, lengths.length - 1),
    lines: lengths.length,
    longest_line: lengths.reduce((longest, length) => Math.max(longest, length), 0),
    words,
  };
}

function codePointsIn(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

const QUARANTINES: Readonly<Record<TextFlag["code"], boolean>> = {
  hidden: true,
  mixed_script: true,
  look_alike: true,
  look_alike_number: false,
  other_digits: false,
  other_spaces: false,
  pictograph: false,
  typed_token: false,
  not_nfc: false,
  padding: false,
  imitation: false,
};

/**
 * Whether a flag stops approval where it counts: ACTION strings, identifiers and every must_show field (3.4(2)).
 * Elsewhere in RECORD the same flags are shown, raise to tier 2 and ask for a tick; in CLAIM and user text never.
 */
export const isQuarantining = (flag: TextFlag): boolean => QUARANTINES[flag.code];

const RAISES: ReadonlySet<TextFlag["code"]> = new Set(["look_alike_number", "other_digits", "padding", "pictograph"]);

/** Whether a flag of ACTION or RECORD text raises the tier by itself: notation outside the strict grammar (3.4(4), P19). */
export const isTierRaising = (flag: TextFlag): boolean => isQuarantining(flag) || RAISES.has(flag.code);
