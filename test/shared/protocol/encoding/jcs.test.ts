import { readdirSync } from "node:fs";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { jcs } from "#shared/protocol/jcs.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";

import { codeOf } from "../fixture/hospital.ts";
import { dataFile, hasData, readText } from "./public-data.ts";

const files = hasData("jcs/testdata/input") ? readdirSync(dataFile("jcs/testdata/input")) : [];

describe("JCS (RFC 8785), integers only", () => {
  it("sorts by UTF-16 code units and writes no space", () => {
    const names = ["\u20ac", "\r", "\ufb33", "1", "\u{1f600}", "\u0080", "\u00f6"];
    const text = jcs(Object.fromEntries(names.map((name, i) => [name, i])));
    expect(text).toBe('{"\\r":1,"1":3,"\u0080":5,"\u00f6":6,"\u20ac":0,"\u{1f600}":4,"\ufb33":2}');
  });

  it("gives one text for one value, in whatever order its members came", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.maxSafeInteger()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(jcs(reversed)).toBe(jcs(value));
      }),
    );
  });

  it.each([1.5, Number.NaN, 2 ** 53, -0, Number.POSITIVE_INFINITY])("E_FMT_NUMBER: refuses %d", (n) => {
    expect(codeOf(() => jcs({ n }))).toBe("E_FMT_NUMBER");
  });

  it.runIf(files.length === 0)("skipped: ../shared/data/jcs is not beside this checkout", () => {
    expect(files).toEqual([]);
  });

  it.skipIf(files.length === 0)(
    "canonicalises the public examples, or refuses those with numbers we never canonicalise",
    () => {
      let canonicalised = 0;
      for (const file of files) {
        const input = readText(`jcs/testdata/input/${file}`);
        const code = codeOf(() => parseStrict(input));
        if (code !== "none") {
          expect([file, code]).toEqual([file, "E_FMT_NUMBER"]);
          continue;
        }
        expect(jcs(parseStrict(input)), file).toBe(readText(`jcs/testdata/output/${file}`));
        canonicalised++;
      }
      expect(canonicalised).toBeGreaterThan(0);
    },
  );
});
