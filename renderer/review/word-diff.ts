import { diffArrays } from "diff";

/** A stretch of a changed value: the same on both sides, or only on this one. */
export interface Stretch {
  readonly text: string;
  readonly isChanged: boolean;
}

export interface MarkedChange {
  readonly before: readonly Stretch[];
  readonly after: readonly Stretch[];
}

/** Numbers and codes with digits are compared from both ends, everything else word by word. */
const IDENTIFIER = /^(?=.*\p{N})[\p{L}\p{N}.:/@+_-]{1,40}(?: [\p{N}]{1,10}){0,4}$/u;

/** Two numbers, one of them with a point. */
const POINTED = /^(?=.*[.,])\p{N}+(?:[.,]\p{N}+)* \p{N}+(?:[.,]\p{N}+)*$/u;

/** A word, a number with its point ("0.5" is no "0" before a "5"), a gap, or a sign. */
const PIECE = /[\p{L}\p{M}\p{N}_]+(?:[.,](?=\p{N})[\p{L}\p{M}\p{N}_]+)*|\s+|./gsu;

/** Past this length a difference is drawn whole: comparing costs the product of the lengths. */
const LONGEST = 4000;

/** Marks where two values of one field differ. Joined, the stretches are the values, letter for letter. */
export function markChange(before: string, after: string): MarkedChange {
  if (before === "" || after === "" || before.length > LONGEST || after.length > LONGEST) {
    return { before: whole(before), after: whole(after) };
  }
  if (IDENTIFIER.test(before) && IDENTIFIER.test(after)) return betweenEnds(before, after);
  const parts = diffArrays(before.match(PIECE) ?? [], after.match(PIECE) ?? []);
  return {
    before: parts
      .filter((part) => !part.added)
      .map(({ value, removed }) => ({ text: value.join(""), isChanged: removed })),
    after: parts
      .filter((part) => !part.removed)
      .map(({ value, added }) => ({ text: value.join(""), isChanged: added })),
  };
}

/**
 * One stretch from the first to the last character that differs: in 118 and 811 all three digits are marked. What they
 * share in between (an 8 that "moved") is no help to whoever compares two numbers.
 */
function betweenEnds(before: string, after: string): MarkedChange {
  const [was, is] = [Array.from(before), Array.from(after)];
  const shortest = Math.min(was.length, is.length);
  let [start, end] = [0, 0];
  while (start < shortest && was[start] === is[start]) start++;
  while (end < shortest - start && was.at(-1 - end) === is.at(-1 - end)) end++;
  const isWithin = start + end === shortest;
  // 1.5 and 15: a point that came or went makes another number, which is not to stand there unmarked.
  if (isWithin && before !== after && POINTED.test(`${before} ${after}`))
    return { before: whole(before), after: whole(after) };
  const marked = (text: readonly string[]): readonly Stretch[] =>
    [
      { text: text.slice(0, start).join(""), isChanged: false },
      { text: text.slice(start, text.length - end).join(""), isChanged: true },
      { text: text.slice(text.length - end).join(""), isChanged: false },
    ].filter((stretch) => stretch.text !== "");
  return { before: marked(was), after: marked(is) };
}

const whole = (text: string): readonly Stretch[] => (text === "" ? [] : [{ text, isChanged: true }]);
