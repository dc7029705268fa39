import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

import { compactConfusables, TARGET } from "../../../scripts/confusables.mjs";
import { skeleton } from "#shared/presentation/text/skeleton.ts";

it("the committed confusables are what the script makes of the pinned package", () => {
  expect(readFileSync(TARGET, "utf8")).toBe(compactConfusables());
});

// UTS 39 section 4 and its confusables.txt, by code point so that a reader sees which is which.
it.each([
  ["paypal", String.fromCodePoint(0x0440, 0x0430, 0x0443, 0x0440, 0x0430, 0x6c)],
  ["scope", String.fromCodePoint(0x0455, 0x0441, 0x043e, 0x0440, 0x0435)],
  ["Il1|", "1I|l"],
  ["modern", "rnodem"],
])("%s has the skeleton of its look-alike", (a, b) => {
  expect(skeleton(a)).toBe(skeleton(b));
});
it("an ASCII text has the same skeleton alone as before a letter that takes the long way", () => {
  for (let first = 0x20; first < 0x7f; first++) {
    const text = String.fromCharCode(first) + String.fromCharCode(0x9e - first);
    expect(skeleton(text) + skeleton("é")).toBe(skeleton(`${text}é`));
  }
});
it("different words keep different skeletons", () => {
  expect(skeleton("morphine")).not.toBe(skeleton("hydromorphone"));
});
