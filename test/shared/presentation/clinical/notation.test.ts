import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { formatDecimal } from "#shared/presentation/clinical/number.ts";
import { formatWritten } from "#shared/presentation/clinical/written.ts";

describe("written notation", () => {
  it("counts the places that were changed", () => {
    expect(formatWritten("2.0MG PO Q4H PRN").places).toBe(4);
    expect(formatWritten("5 mg by mouth").places).toBe(0);
  });

  it("keeps the digits of any number in any text: nothing is computed", () => {
    fc.assert(
      fc.property(
        fc.tuple(
          fc.stringMatching(/^[1-9][0-9]{0,8}$/),
          fc.stringMatching(/^[0-9]{0,6}$/),
          fc.constantFrom("mg", "U", "mL", "ug"),
        ),
        ([whole, fraction, unit]) => {
          const sent = fraction === "" ? `${whole} ${unit}` : `${whole}.${fraction} ${unit}`;
          const number = formatWritten(sent).display.split(" ")[0]!.replaceAll(",", "");
          const [w, f = ""] = number.split(".");
          expect(w).toBe(whole);
          expect(fraction.startsWith(f)).toBe(true);
          expect(fraction.slice(f.length)).toMatch(/^0*$/);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("FHIR decimals", () => {
  const ROWS: readonly (readonly [string, string, boolean])[] = [
    ["1.0", "1", false],
    ["1.00", "1", false],
    ["2.50", "2.5", false],
    ["0.50", "0.5", false],
    ["0", "0", false],
    ["0.0", "0", false],
    ["1000", "1,000", false],
    ["999", "999", false],
    ["1234567.8900", "1,234,567.89", false],
    ["-2.50", "\u22122.5", false],
    ["1000000000000000000", "1,000,000,000,000,000,000", false],
    ["9007199254740993", "9,007,199,254,740,993", false],
    ["0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827", false],
    ["1E-22", "1E-22", true],
    ["1.000000000000000000E-245", "1.000000000000000000E-245", true],
  ];
  it.each(ROWS)("%s is shown as %s", (sent, shown, isUnknown) => {
    const { display, as_sent, unknown } = formatDecimal(sent);
    expect([display, as_sent, unknown.length > 0]).toEqual([shown, sent, isUnknown]);
  });
});
