import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { formatMedicineName, nameSpelling } from "#shared/presentation/clinical/medicine-name.ts";
import { formatDecimal } from "#shared/presentation/clinical/number.ts";
import { formatWritten } from "#shared/presentation/clinical/written.ts";

/** Source of each row: AC14 = approval-experience.md 13; ISMP = error-prone abbreviations; JC = Do Not Use; CUI = NHS CUI Medication Line. */
type Row = readonly [source: string, sent: string, shown: string];

describe("written notation", () => {
  const ROWS: readonly Row[] = [
    ["AC14", "10U", "10 units"],
    ["AC14", "0.50 mg", "0.5 mg"],
    ["AC14", ".5 mg", "0.5 mg"],
    ["AC14", "1000 units", "1,000 units"],
    ["AC14", "QD", "once a day"],
    ["AC14", "MSO4", "morphine sulfate"],
    ["S4a", "2.0MG PO Q4H PRN", "2 mg by mouth every 4 hours when needed"],
    ["JC", "10 u", "10 units"],
    ["JC", "10 IU", "10 international units"],
    ["JC", "q.d.", "once a day"],
    ["JC", "Q.D.", "once a day"],
    ["JC", "qod", "every other day"],
    ["JC", "Q.O.D.", "every other day"],
    ["JC", "5.0 mg", "5 mg"],
    ["JC", "MgSO4", "magnesium sulfate"],
    ["ISMP", "5 ug", "5 micrograms"],
    ["ISMP", "5 µg", "5 micrograms"],
    ["ISMP", "1 mcg", "1 microgram"],
    ["ISMP", "10 cc", "10 mL"],
    ["ISMP", "5 SQ", "5 subcutaneous"],
    ["ISMP", "SC", "subcutaneous"],
    ["ISMP", "sub q", "sub q"],
    ["ISMP", "subq", "subcutaneous"],
    ["ISMP", "b.i.d.", "twice a day"],
    ["ISMP", "qhs", "every night at bedtime"],
    ["ISMP", "q1d", "every day"],
    ["ISMP", "TIW", "three times a week"],
    ["ISMP", "100000 units", "100,000 units"],
    ["ISMP", "5mg", "5 mg"],
    ["ISMP", "5mL", "5 mL"],
    ["ISMP", "5 mg/mL", "5 mg per mL"],
    ["ISMP", "5. mg", "5 mg"],
    ["ISMP", "0.25 mg", "0.25 mg"],
    ["ISMP", "take .5 now", "take .5 now"],
    ["ISMP", "dose: .5", "dose: 0.5"],
    ["CUI MEDi", "5 ml", "5 mL"],
    ["CUI MEDi", "2 tabs", "2 tablets"],
    ["CUI MEDi", "1 tabs", "1 tablet"],
    ["CUI MEDi", "0.5 tablets", "0.5 tablet"],
    ["CUI MEDi", "10,000 units", "10,000 units"],
    ["CUI MEDi", "20 mg/kg/day", "20 mg per kg per day"],
    ["BNF", "tds", "three times a day"],
    ["BNF", "qds", "four times a day"],
    ["BNF", "nocte", "at night"],
    ["BNF", "mane", "in the morning"],
    ["BNF", "stat", "immediately"],
    ["RxNorm", "warfarin sodium 5 MG Oral Tablet", "warfarin sodium 5 mg Oral Tablet"],
    ["HL7 GTS", "q6h", "every 6 hours"],
    ["HL7 GTS", "Q4-6H", "every 4 to 6 hours"],
    ["HL7 GTS", "q 12 hrs", "every 12 hours"],
    ["HL7 GTS", "q2wk", "every 2 weeks"],
    ["plain", "5 mg by mouth once a day", "5 mg by mouth once a day"],
    ["plain", "call 07700 900811 on 12/11/2026", "call 07700 900811 on 12/11/2026"],
  ];
  it.each(ROWS)("%s: %s is shown as %s", (_source, sent, shown) => {
    const { display, as_sent } = formatWritten(sent);
    expect(display).toBe(shown);
    expect(as_sent).toBe(sent);
  });
  it("counts the places that were changed", () => {
    expect(formatWritten("2.0MG PO Q4H PRN").places).toBe(4);
    expect(formatWritten("5 mg by mouth").places).toBe(0);
  });

  const NOT_KNOWN: readonly Row[] = [
    ["3.4(4)", "1.000 units", "1.000 units"],
    ["3.4(4)", "2.500 mg", "2.500 mg"],
    ["3.4(4)", "2,5 mg", "2,5 mg"],
    ["3.4(4)", "05 mg", "05 mg"],
    ["3.4(4)", "1.2.3 mg", "1.2.3 mg"],
    ["3.4(4)", "1,00 mg", "1,00 mg"],
    ["P19", "2.0 flumps", "2.0 flumps"],
    ["ISMP", "MS 10 mg", "MS (morphine sulfate or magnesium sulfate?) 10 mg"],
    ["ISMP", "HS", "HS (at bedtime or half strength?)"],
    ["ISMP", "1 drop OD", "1 drop OD (once a day or right eye?)"],
    ["ISMP", "D/C aspirin", "D/C (discharge or discontinue?) aspirin"],
  ];
  it.each(NOT_KNOWN)("%s: %s is not understood: it stays, and says so", (_source, sent, shown) => {
    const { display, unknown } = formatWritten(sent);
    expect(display).toBe(shown);
    expect(unknown).not.toEqual([]);
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

describe("medicine names", () => {
  const ROWS: readonly Row[] = [
    ["ISMP tall man", "HYDROMORPHONE 2.0MG", "HYDROmorphone 2 mg"],
    ["ISMP tall man", "hydroxyzine 25 MG Oral Tablet", "hydrOXYzine 25 mg Oral Tablet"],
    ["CUI MEDi-002", "PARACETAMOL 500MG", "paracetamol 500 mg"],
    ["CUI MEDi-002", "amoxicillin 500 MG Oral Capsule", "amoxicillin 500 mg Oral Capsule"],
    ["brand", "Coumadin", "Coumadin"],
    ["site list", "SEMAGLUTIDE", "semaGLUTide"],
    ["JC", "MSO4 10 mg", "morphine sulfate 10 mg"],
  ];
  it.each(ROWS)("%s: %s is shown as %s", (_source, sent, shown) => {
    expect(formatMedicineName(sent, nameSpelling(["semaGLUTide"])).display).toBe(shown);
  });
});
