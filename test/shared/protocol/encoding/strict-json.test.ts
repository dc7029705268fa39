import { readdirSync } from "node:fs";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { jcs } from "#shared/protocol/jcs.ts";
import { NumberText, parseFhir, parseStrict, type FhirJson, type Json } from "#shared/protocol/strict-json.ts";

import { codeOf } from "../fixture/hospital.ts";
import { integers, long, plain } from "./json-texts.ts";
import { dataFile, hasData, readText } from "./public-data.ts";

describe("strict JSON", () => {
  it("reads back whatever JSON.stringify writes of integers and well-formed text", () => {
    fc.assert(
      fc.property(integers, (value) => {
        expect(plain(parseStrict(JSON.stringify(value)))).toEqual(value);
        expect(plain(parseStrict(jcs(value)))).toEqual(value);
      }),
    );
  });

  it("accepts only what JSON.parse accepts, and reads the same from it", () => {
    const pieces = fc.array(
      fc.constantFrom(
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"',
        "\\",
        "a",
        "u0041",
        "1",
        "0",
        "-",
        ".",
        "e",
        "true",
        "null",
        " ",
        "\n",
        "\t",
        "\u00a0",
      ),
      { maxLength: 14 },
    );
    const nearly = fc
      .tuple(integers, fc.nat(), fc.constantFrom("", ",", "}", "\u0000", "//", "+"))
      .map(([v, at, c]) => {
        const text = JSON.stringify(v);
        const i = at % (text.length + 1);
        return text.slice(0, i) + c + text.slice(i + (c === "" ? 1 : 0));
      });
    fc.assert(
      fc.property(
        fc.oneof(
          pieces.map((p) => p.join("")),
          nearly,
        ),
        (text) => {
          let mine: Json;
          try {
            mine = parseStrict(text);
          } catch {
            return;
          }
          expect(plain(mine)).toEqual(JSON.parse(text));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("says where a text stops being JSON", () => {
    expect(() => parseStrict('{"a":x}')).toThrow("E_FMT_JSON at character 5");
    expect(() => parseStrict("1.50")).toThrow("E_FMT_NUMBER: 1.50");
    expect(() => parseStrict("9".repeat(99))).toThrow(new RegExp(`^E_FMT_NUMBER: ${"9".repeat(40)}$`));
  });

  it("takes white space of JSON between any two tokens, and none besides", () => {
    const tokens = ["{", '"a"', ":", "[", "1", ",", "{", "}", ",", "[", "]", "]", ",", '"b"', ":", "-7", "}"];
    for (const space of [" ", "\n", "\r", "\t", "\r\n \t"]) {
      const text = space + tokens.join(space) + space;
      expect(plain(parseStrict(text))).toEqual({ a: [1, {}, []], b: -7 });
    }
    for (const space of ["\v", "\f", "\u00a0", "\u2028"])
      expect(codeOf(() => parseStrict(`[${space}]`))).toBe("E_FMT_JSON");
  });

  it("reads each escape, in either case of its digits, and no other", () => {
    expect(parseStrict('"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u00E9\\ud83d\\ude00"')).toBe('"\\/\b\f\n\r\téé\u{1f600}');
    for (const bad of ["\\v", "\\0", "\\U0041", "\\u004", "\\u00g1", "\\u 041", "\\"])
      expect(
        codeOf(() => parseStrict(`"${bad}"`)),
        bad,
      ).toBe("E_FMT_JSON");
  });

  it("refuses every raw control character in a string, and takes delete", () => {
    for (let c = 0; c < 0x20; c++)
      for (const after of ["", "n"])
        expect(codeOf(() => parseStrict(`"${String.fromCharCode(c)}${after}"`))).toBe("E_FMT_JSON");
    expect(parseStrict('" \u007f"')).toBe(" \u007f");
  });

  it("takes every safe integer to its end", () => {
    for (const n of [0, 1, -1, 10, 9007199254740991, -9007199254740991]) expect(parseStrict(String(n))).toBe(n);
  });

  it.each([
    [
      "E_FMT_JSON",
      [
        "",
        " ",
        "{",
        '{"a":1,}',
        "[1,]",
        "01",
        "+1",
        "1 2",
        "nul",
        "'a'",
        "trux",
        "falsy",
        "nuln",
        '{"a";1}',
        '{"a":1;"b":2}',
        "[1;2]",
        '"\t"',
        '"\\x"',
        '"\\u12"',
        "\ufeff1",
        "\u00a01",
      ],
    ],
    ["E_FMT_DUP", ['{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '{"__proto__":1,"__proto__":2}']],
    ["E_FMT_NUMBER", ["1.5", "1.0", "1e2", "-0", "9007199254740992", "-9007199254740992", "99999999999999999999"]],
    [
      "E_FMT_SURROGATE",
      ['"\\ud800"', '"\\udc00"', '"\\ud800x"', '"\ud800"', '"\\uffff"', '"\\ufdd0"', '{"\\ud800":1}'],
    ],
    ["E_FMT_DEPTH", ["[".repeat(33) + "]".repeat(33), '{"a":'.repeat(33) + "1" + "}".repeat(33)]],
  ])("%s", (code, texts) => {
    for (const text of texts) {
      expect(
        codeOf(() => parseStrict(text)),
        JSON.stringify(text),
      ).toBe(code);
      // A text that is not a value by itself is not one as a member either.
      if (text !== "1 2")
        expect(
          codeOf(() => parseStrict(long(text))),
          `long ${JSON.stringify(text)}`,
        ).toBe(code);
    }
  });

  it("allows a depth of 32, counting the outermost value as 1", () => {
    expect(codeOf(() => parseStrict("[".repeat(32) + "]".repeat(32)))).toBe("none");
  });

  it("makes objects without a prototype, so that __proto__ is a member like any other", () => {
    const value = parseStrict('{"__proto__":{"polluted":true}}');
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(Object.keys(value as object)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("CS-FHIR", () => {
  it("writes a number as text, since nothing may round it", () => {
    expect(JSON.stringify([new NumberText("1.50")])).toBe('["1.50"]');
  });

  const numbers = (value: FhirJson): string[] => {
    if (value instanceof NumberText) return [value.text];
    if (typeof value !== "object" || value === null) return [];
    return Object.values(value).flatMap(numbers);
  };

  it("keeps every number as its own text, whatever its precision", () => {
    const texts = ["1.0", "1.00", "2.50", "-0", "0.0", "1E-22", "1.000000000000000000E-245", "12345678901234567890"];
    expect(numbers(parseFhir(`[${texts.join(",")}]`))).toEqual(texts);
    fc.assert(
      fc.property(fc.bigInt(), fc.stringMatching(/^[0-9]{1,20}$/), (whole, fraction) => {
        const text = `${String(whole)}.${fraction}`;
        expect(numbers(parseFhir(text))).toEqual([text]);
      }),
    );
  });

  const OBSERVATION = "fhir-r4/r4/examples/observation-decimal.json";
  it.skipIf(!hasData(OBSERVATION))("keeps HL7's own edge cases", () => {
    expect(numbers(parseFhir(readText(OBSERVATION)))).toEqual(
      expect.arrayContaining(["1.0", "1.00", "1E-22", "1000000000000000000", "1.000000000000000000E-245"]),
    );
  });
  it.runIf(!hasData(OBSERVATION))("skipped: ../shared/data/fhir-r4 is not beside this checkout", () => {
    expect(hasData(OBSERVATION)).toBe(false);
  });

  const EXAMPLES = "fhir-r4/r4/examples";
  const examples = hasData(EXAMPLES) ? readdirSync(dataFile(EXAMPLES)).filter((name) => name.endsWith(".json")) : [];
  it.skipIf(examples.length === 0)("reads every public R4 example, number by number as it is written", () => {
    for (const name of examples) {
      const text = readText(`${EXAMPLES}/${name}`);
      // Strings away, what is left of numbers is what JSON's grammar calls a number.
      const written = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').match(/-?\d[\d.eE+-]*/g) ?? [];
      expect(numbers(parseFhir(text)), name).toEqual(written);
    }
    expect(examples.length).toBeGreaterThan(20);
  });

  it("refuses duplicates, depth and lone surrogates like strict JSON", () => {
    expect(codeOf(() => parseFhir('{"a":1.0,"a":1.0}'))).toBe("E_FMT_DUP");
    expect(codeOf(() => parseFhir('"\\ud800"'))).toBe("E_FMT_SURROGATE");
    expect(codeOf(() => parseFhir("[".repeat(33)))).toBe("E_FMT_DEPTH");
  });
});
