import { describe, expect, it } from "vitest";

import { markChange, type Stretch } from "../../../renderer/review/word-diff.ts";

const said = (stretches: readonly Stretch[]): string =>
  stretches.map(({ text, isChanged }) => (isChanged ? `[${text}]` : text)).join("");

describe("the marks of a changed value", () => {
  it.each([
    // Not the 8 that "moved": all digits between the first and the last that differ.
    ["07700 900118", "07700 900811", "07700 900[118]", "07700 900[811]"],
    ["999 114 2088", "999 114 2089", "999 114 208[8]", "999 114 208[9]"],
    ["1990-03-02", "1990-03-12", "1990-03-[0]2", "1990-03-[1]2"],
    ["12", "112", "12", "1[1]2"],
    // A point that came or went makes another number: neither side of it stands there unmarked.
    ["1.5", "15", "[1.5]", "[15]"],
    ["5", "5.0", "[5]", "[5.0]"],
    ["0.5 mg", "5 mg", "[0.5] mg", "[5] mg"],
    ["12.5 mg", "1.25 mg", "[12.5] mg", "[1.25] mg"],
    ["1,500 units", "500 units", "[1,500] units", "[500] units"],
    [
      "take 0.25mL twice, then stop",
      "take 25mL twice, then stop",
      "take [0.25mL] twice, then stop",
      "take [25mL] twice, then stop",
    ],
    ["1.5", "1.5", "1.5", "1.5"],
    ["a.b1@x.org", "a.b11@x.org", "a.b1@x.org", "a.b1[1]@x.org"],
    // Words are compared as words, though they have letters in common.
    ["confirmed", "entered-in-error", "[confirmed]", "[entered-in-error]"],
    ["4 Example Street", "Flat 2, 4 Example Street", "4 Example Street", "[Flat 2, ]4 Example Street"],
  ])("%s to %s", (before, after, was, is) => {
    const marked = markChange(before, after);
    expect(said(marked.before).replaceAll("][", "")).toBe(was);
    expect(said(marked.after).replaceAll("][", "")).toBe(is);
  });
  it("joined, are the values", () => {
    const { before, after } = markChange("a1b2", "a9b2c");
    expect([before, after].map((side) => side.map(({ text }) => text).join(""))).toEqual(["a1b2", "a9b2c"]);
  });
});
