import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { markChange } from "../../../renderer/review/word-diff.ts";
import { groupsOf } from "../../../renderer/review/unbroken-marks.ts";
import { oneLineStretches } from "../../../renderer/ui/one-line-stretches.ts";

const wholes = (text: string) => oneLineStretches(text).map(({ from, to }) => text.slice(from, to));

describe("what stays on one line", () => {
  it.each([
    ["HYDROmorphone 1 mg per mL oral solution", ["1 mg per mL"]],
    ["0.5 micrograms/kg/min for 1,000 units", ["0.5 micrograms/kg/min", "1,000 units"]],
    ["2.5–5 mg every 4 hours, maximum 4 doses in 24 hours", ["2.5–5 mg", "4 hours", "4 doses", "24 hours"]],
    ["5\u00a0mL/h", ["5\u00a0mL/h"]],
    ["40 % glucose", ["40 %"]],
    ["Weight 28 kg (12-Nov-2026 09:10 GMT)", ["28 kg", "12-Nov-2026", "09:10 GMT"]],
    ["صرف 5 mg كل", ["5 mg"]],
    ["5 мг", ["5 мг"]],
  ])("is a number with its unit, and a date: %s", (text, expected) => {
    expect(wholes(text)).toEqual(expected);
  });

  it.each(["no number", "12", "ward-4b", "5\nmg", `7 ${"x".repeat(60)}`, "31-Foo-2026"])(
    "is nothing else: %j",
    (text) => {
      expect(wholes(text)).toEqual([]);
    },
  );

  it("leaves every text what it was, in order and without overlaps", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from("0123. ,-/amgµ%per\n")) }), (text) => {
        let end = 0;
        for (const { from, to } of oneLineStretches(text)) {
          expect(from).toBeGreaterThanOrEqual(end);
          expect(to).toBeGreaterThan(from);
          end = to;
        }
        expect(end).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});

describe("a change marked inside a value", () => {
  it("does not break the value from its unit, and joined it is the value, letter for letter", () => {
    const { before, after } = markChange("2 mg once a day", "2.5 mg twice a day");
    const drawn = (stretches: typeof before) =>
      groupsOf(stretches).map(({ isOneLine, parts }) => [isOneLine, parts.map(({ text }) => text).join("|")]);
    expect(drawn(before)[0]).toEqual([true, "2| mg"]);
    expect(drawn(after)[0]).toEqual([true, "2.5| mg"]);
    const unit = fc.string({ unit: fc.constantFrom(...Array.from("012. ab mg")) });
    fc.assert(
      fc.property(unit, unit, (was, is) => {
        const marked = markChange(was, is);
        for (const stretches of [marked.before, marked.after]) {
          const parts = groupsOf(stretches).flatMap((group) => group.parts);
          expect(parts.map(({ text }) => text).join("")).toBe(stretches.map(({ text }) => text).join(""));
          const changed = (all: typeof stretches) =>
            all
              .filter((one) => one.isChanged)
              .map(({ text }) => text)
              .join("");
          expect(changed(parts)).toBe(changed(stretches));
        }
      }),
    );
  });
});
