import { oneLineStretches } from "../ui/one-line-stretches.ts";
import type { Stretch } from "./word-diff.ts";

/** Stretches of a changed value that are drawn together; joined, the parts are the value, letter for letter. */
export interface Group {
  /** A number with its unit, or a date, that marks cut into pieces: it stays on one line. */
  readonly isOneLine: boolean;
  readonly parts: readonly Stretch[];
}

export function groupsOf(stretches: readonly Stretch[]): readonly Group[] {
  const text = stretches.map((stretch) => stretch.text).join("");
  const wholes = oneLineStretches(text);
  // Between what stays whole lies what may break, down to nothing.
  const loose = [...wholes, { from: text.length, to: text.length }].map(({ from }, i) => ({
    from: wholes[i - 1]?.to ?? 0,
    to: from,
  }));
  return loose.flatMap((span, i) => {
    const whole = wholes[i];
    const around = { isOneLine: false, parts: within(stretches, span) };
    return [around, ...(whole === undefined ? [] : [{ isOneLine: true, parts: within(stretches, whole) }])].filter(
      ({ parts }) => parts.length > 0,
    );
  });
}

/** The parts of the stretches that lie there. */
function within(
  stretches: readonly Stretch[],
  { from, to }: { readonly from: number; readonly to: number },
): Stretch[] {
  let offset = 0;
  return stretches.flatMap(({ text, isChanged }) => {
    const start = offset;
    offset += text.length;
    const part = text.slice(Math.max(0, from - start), Math.max(0, to - start));
    return part === "" ? [] : [{ text: part, isChanged }];
  });
}
