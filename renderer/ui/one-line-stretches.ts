/** From and to, UTF-16 indexes; `to` is after the last. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** A space that stands between a number and its unit; a line break in the source is the writer's own. */
const GAP = "[ \\u00a0\\u202f]";
const NUMBER = "[0-9](?:[0-9.,:/–-]*[0-9])?";
/** "mg", "mL/h", "micrograms/kg/min", "mg per mL"; any word, since units are written in many ways, and none is left out. */
const UNIT = `(?:[\\p{L}µμ%][\\p{L}\\p{M}µμ%.²³]{0,23}(?![\\p{L}\\p{M}])(?:/[\\p{L}0-9]{1,12}){0,3}(?:${GAP}per${GAP}[\\p{L}]{1,12}){0,2})`;
const DATE = "[0-9]{1,2}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-[0-9]{4}";
const WHOLE = new RegExp(`${DATE}|${NUMBER}${GAP}${UNIT}`, "gu");
/** Longer than this it may be wider than its column, and is broken rather than cut. */
const LONGEST = 32;

/**
 * What stays on one line: a number with its unit, and a date (approval-experience.md 7: a value that is broken reads as
 * two). In order, never overlapping. The text itself stays as it is, so that what is copied is what was written.
 */
export function oneLineStretches(text: string): readonly Stretch[] {
  return [...text.matchAll(WHOLE)].flatMap(({ 0: found, index }) =>
    found.length > LONGEST ? [] : [{ from: index, to: index + found.length }],
  );
}
