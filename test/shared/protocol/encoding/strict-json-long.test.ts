import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseCanonical, parseStrict } from "#shared/protocol/strict-json.ts";

import { codeOf } from "../fixture/hospital.ts";
import { integers, long, plain } from "./json-texts.ts";

describe("strict JSON, long texts in the form programs write", () => {
  it("reads long texts as it reads short ones", () => {
    const filler = "x".repeat(300);
    fc.assert(
      fc.property(integers, (value) => {
        const whole = { filler, value, more: [value, { value }] };
        expect(plain(parseStrict(JSON.stringify(whole)))).toEqual(whole);
        expect(plain(parseStrict(JSON.stringify(whole, undefined, 1)))).toEqual(whole);
      }),
    );
  });

  it("takes the quick way for what programs write, and for nothing else", () => {
    const written = '{"a":"b","c":[1,{"d":true,"e":null}],"f":{"g":[]}}';
    expect(plain(parseCanonical(written, true))).toEqual(JSON.parse(written));
    expect(plain(parseCanonical('["é"]', false))).toEqual(["é"]);
    const depth = (n: number) => "[".repeat(n) + "1" + "]".repeat(n);
    expect(plain(parseCanonical(depth(32), true))).toEqual(JSON.parse(depth(32)));
    const others = [
      depth(33),
      "[1.5]",
      '{"a":1.5}',
      '{"a":[[1.5],2]}',
      "[ ]",
      '{"a":1,"a":1}',
      "[-0]",
      "[1e3]",
      "[01]",
    ];
    for (const text of [...others, '["\\u0041"]', "{", "", "undefined"])
      expect(parseCanonical(text, true)).toBeUndefined();
    for (const text of ['["\ud800"]', '["\ufdd0"]']) expect(parseCanonical(text, false)).toBeUndefined();
  });

  it("makes no object with a prototype out of a long text either", () => {
    const value = parseStrict(long('[{"__proto__":{"a":[{}]}}]')) as { v: { __proto__: { a: object[] } }[] };
    const [item] = value.v;
    expect(Object.keys(item!)).toEqual(["__proto__"]);
    const inner = Object.getOwnPropertyDescriptor(item, "__proto__")?.value as { a: object[] };
    for (const one of [value, item, inner, inner.a[0]]) expect(Object.getPrototypeOf(one)).toBeNull();
  });

  it("allows a depth of 32 in a long text, and no more, by lists and by objects", () => {
    const lists = (n: number) => long("[".repeat(n) + "]".repeat(n));
    const objects = (n: number) => long('{"a":'.repeat(n - 1) + "{}" + "}".repeat(n - 1));
    const deepest = '{"a":'.repeat(31) + "{}" + "}".repeat(31);
    expect(codeOf(() => parseStrict(deepest))).toBe("none");
    for (const text of [lists, objects]) {
      expect(codeOf(() => parseStrict(text(31)))).toBe("none");
      expect(codeOf(() => parseStrict(text(32)))).toBe("E_FMT_DEPTH");
    }
  });

  it("looks for surrogates and noncharacters in a text only said not to be ASCII, wherever they stand", () => {
    for (const text of [long('"\ud800"'), long('"\ufdd0"'), long('"\u{1fffe}"'), long('["\udfff"]')]) {
      expect(codeOf(() => parseStrict(text))).toBe("E_FMT_SURROGATE");
      expect(codeOf(() => parseStrict(text, false))).toBe("E_FMT_SURROGATE");
    }
    expect(codeOf(() => parseStrict(long('"\u{1f600} é"')))).toBe("none");
  });
});
