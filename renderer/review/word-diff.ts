import { diffChars, diffWordsWithSpace } from "diff";

/** A stretch of a changed value: the same on both sides, or only on this one. */
export interface Stretch {
  readonly text: string;
  readonly isChanged: boolean;
}

export interface MarkedChange {
  readonly before: readonly Stretch[];
  readonly after: readonly Stretch[];
}

/** Digits, codes and other strings without spaces between words are compared letter by letter, prose word by word. */
const IDENTIFIER = /^[\p{L}\p{N}.:/@+_-]{1,40}(?: [\p{N}]{1,10}){0,4}$/u;

/** Past this length a difference is drawn whole: comparing costs the product of the lengths. */
const LONGEST = 4000;

/** Marks where two values of one field differ. Joined, the stretches are the values, letter for letter. */
export function markChange(before: string, after: string): MarkedChange {
  if (before === "" || after === "" || before.length > LONGEST || after.length > LONGEST) {
    return { before: whole(before), after: whole(after) };
  }
  const isIdentifier = IDENTIFIER.test(before) && IDENTIFIER.test(after);
  const parts = isIdentifier ? diffChars(before, after) : diffWordsWithSpace(before, after);
  return {
    before: parts.filter((part) => !part.added).map(({ value, removed }) => ({ text: value, isChanged: removed })),
    after: parts.filter((part) => !part.removed).map(({ value, added }) => ({ text: value, isChanged: added })),
  };
}

const whole = (text: string): readonly Stretch[] => (text === "" ? [] : [{ text, isChanged: true }]);
