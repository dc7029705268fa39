import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { applyPatch, sameValue } from "#shared/protocol/json-patch.ts";
import { parseFhir, type FhirJson } from "#shared/protocol/strict-json.ts";

import { cpuMs } from "../../../cpu-time.ts";
import { countReads } from "../../reads.ts";
import { codeOf } from "../fixture/hospital.ts";
import { hasData, readCases, readText } from "./public-data.ts";

const patched = (before: string, patch: string): FhirJson => applyPatch(parseFhir(before), parseFhir(patch));
const equal = (actual: FhirJson, expected: string): boolean => sameValue(actual, parseFhir(expected));

const testCase = z.looseObject({
  comment: z.string().optional(),
  doc: z.unknown(),
  patch: z.unknown(),
  expected: z.unknown().optional(),
  error: z.string().optional(),
  disabled: z.boolean().optional(),
});
const cases = (path: string) =>
  readCases(path, (v) => z.array(testCase).parse(v)).filter((c) => !c.disabled && c.patch !== undefined);
const FILES = ["json-patch/tests.json", "json-patch/spec_tests.json", "fhir-r4/r4/patch/json-patch-tests.json"];

describe.each(FILES)("the public cases of %s", (file) => {
  it.runIf(!hasData(file))("skipped: the data is not beside this checkout", () => {
    expect(hasData(file)).toBe(false);
  });
  it.skipIf(!hasData(file))("give what they say, or are refused where they say so", () => {
    const wrong: string[] = [];
    for (const c of cases(file)) {
      // One case has a member twice in one operation; JSON.parse has already lost it, so it is judged from the text below.
      if (c.error === "operation has two 'op' members") continue;
      const run = () => patched(JSON.stringify(c.doc), JSON.stringify(c.patch));
      const expected = c.expected === undefined ? undefined : JSON.stringify(c.expected);
      const code = codeOf(run);
      const ok =
        c.error === undefined
          ? code === "none" && (expected === undefined || equal(run(), expected))
          : code === "E_REQ_INCONSISTENT";
      if (!ok) wrong.push(`${c.comment ?? JSON.stringify(c.patch)}: ${code}`);
    }
    expect(wrong).toEqual([]);
    expect(cases(file).length).toBeGreaterThan(10);
  });
});

describe("RFC 6902 over CS-FHIR", () => {
  it("keeps the text of every number it does not touch, and of those it brings", () => {
    const after = patched('{"a":1.00,"b":[2.50]}', '[{"op":"add","path":"/b/-","value":3.0}]');
    expect(JSON.stringify(after)).toBe('{"a":"1.00","b":["2.50","3.0"]}');
  });

  it("changes neither of its arguments", () => {
    const before = parseFhir('{"a":{"b":[1]}}');
    const text = JSON.stringify(before);
    applyPatch(before, parseFhir('[{"op":"add","path":"/a/b/0","value":0},{"op":"remove","path":"/a/b/1"}]'));
    expect(JSON.stringify(before)).toBe(text);
  });

  it("compares numbers by value in a test, whatever their spelling", () => {
    for (const [a, b] of [
      ["1.0", "1.00"],
      ["100", "1e2"],
      ["0", "-0.0"],
      ["0.10", "1E-1"],
      ["12345678901234567890", "1234567890123456789e1"],
    ] as const) {
      expect(sameValue(parseFhir(a), parseFhir(b)), `${a} ${b}`).toBe(true);
    }
    for (const [a, b] of [
      ["1", "-1"],
      ["1", "10"],
      ["9007199254740993", "9007199254740992"],
      ["1", '"1"'],
      ["null", "false"],
    ] as const) {
      expect(sameValue(parseFhir(a), parseFhir(b)), `${a} ${b}`).toBe(false);
    }
  });

  it("treats __proto__ as a member like any other", () => {
    const after = patched("{}", '[{"op":"add","path":"/__proto__","value":{"x":true}}]');
    expect(Object.keys(after as object)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
    expect(codeOf(() => patched("{}", '[{"op":"test","path":"/constructor","value":null}]'))).toBe(
      "E_REQ_INCONSISTENT",
    );
  });

  it.each([
    ["a patch that is no list", "{}", '{"op":"add"}'],
    ["an operation that is no object", "{}", "[1]"],
    ["an unknown operation", "{}", '[{"op":"merge","path":"/a","value":1}]'],
    ["a missing value", "{}", '[{"op":"add","path":"/a"}]'],
    ["a pointer that is none", "{}", '[{"op":"add","path":"a","value":1}]'],
    ["a broken escape", '{"a~2":1}', '[{"op":"remove","path":"/a~2"}]'],
    ["the place after the last, other than to add", "[1]", '[{"op":"replace","path":"/-","value":1}]'],
    ["an index with a leading zero", "[1,2]", '[{"op":"remove","path":"/01"}]'],
    ["a move into itself", '{"a":{}}', '[{"op":"move","from":"/a","path":"/a/b"}]'],
    ["the removal of everything", "{}", '[{"op":"remove","path":""}]'],
    ["a path through a number", '{"a":1.5}', '[{"op":"add","path":"/a/text","value":1}]'],
    ["a pointer into a number", '{"a":1.5}', '[{"op":"copy","from":"/a/text","path":"/b"}]'],
  ])("refuses %s", (_what, before, patch) => {
    expect(codeOf(() => patched(before, patch))).toBe("E_REQ_INCONSISTENT");
  });

  it("refuses a few copies that would make a document nobody can read", () => {
    const copies = Array.from({ length: 40 }, () => '{"op":"copy","from":"/a","path":"/a/-"}').join(",");
    expect(codeOf(() => patched('{"a":[1]}', `[${copies}]`))).toBe("E_REQ_INCONSISTENT");
    const wide = Array.from({ length: 600 }, (_, i) => `{"op":"copy","from":"/a","path":"/b${String(i)}"}`).join(",");
    expect(codeOf(() => patched(`{"a":[${"1,".repeat(999)}1]}`, `[${wide}]`))).toBe("E_REQ_INCONSISTENT");
  });

  it("undoes what it does: add then remove is nothing", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), fc.string(), (doc, name) => {
        fc.pre(!Object.hasOwn(doc, name));
        const path = `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
        fc.pre(codeOf(() => parseFhir(JSON.stringify([doc, name]))) === "none");
        const patch = JSON.stringify([
          { op: "add", path, value: 1 },
          { op: "remove", path },
        ]);
        expect(equal(patched(JSON.stringify(doc), patch), JSON.stringify(doc))).toBe(true);
      }),
    );
  });
});

it.skipIf(!hasData("json-patch/tests.json"))("an operation with a member twice never reaches the patch", () => {
  const text = readText("json-patch/tests.json");
  const at = text.indexOf("two 'op' members");
  const operation = /\[\s*\{[^\]]*"op"[^\]]*"op"[^\]]*\]/.exec(text.slice(at - 600, at))?.[0] ?? "";
  expect(codeOf(() => parseFhir(operation))).toBe("E_FMT_DUP");
});

describe("the work of a patch", () => {
  const operations = (count: number, operation: object): FhirJson =>
    parseFhir(JSON.stringify(Array.from({ length: count }, () => operation)));

  it.each([
    ["a list", { a: Array.from({ length: 2_000 }, () => "v") }, "/a/7"],
    ["an object", Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`m${String(i)}`, "v"])), "/m7"],
  ])("is that of its operations, not of %s for each of them", (_what, document: FhirJson, path) => {
    const before = countReads(document);
    applyPatch(before.value, operations(500, { op: "replace", path, value: "w" }));
    expect(before.reads()).toBeLessThan(20_000);
  });

  it("does not try a number's zeros again from each of them", () => {
    const number = `1${"0".repeat(60_000)}1`;
    const patch = `[{"op":"test","path":"/a","value":${number}}]`;
    const ms = cpuMs(() => {
      expect(equal(patched(`{"a":${number}}`, patch), `{"a":${number}}`)).toBe(true);
    }, 1_000);
    expect(ms).toBeLessThan(1_000);
  });
});

describe("what is changed in place", () => {
  it("is never what a copy or the caller still holds", () => {
    const before = parseFhir('{"a":{"x":[1]},"b":{}}');
    const text = JSON.stringify(before);
    const patch = parseFhir(
      JSON.stringify([
        { op: "add", path: "/a/x/-", value: { y: [] } },
        { op: "copy", from: "/a", path: "/b/c" },
        { op: "add", path: "/a/x/1/y/-", value: "only in a" },
        { op: "add", path: "/b/c/x/1/y/-", value: "only in c" },
        { op: "copy", from: "", path: "/whole" },
        { op: "remove", path: "/a/x/0" },
        { op: "move", from: "/b/c", path: "/moved" },
        { op: "add", path: "/moved/x/-", value: "only in moved" },
      ]),
    );
    const patchText = JSON.stringify(patch);
    expect(JSON.parse(JSON.stringify(applyPatch(before, patch)))).toEqual({
      a: { x: [{ y: ["only in a"] }] },
      b: {},
      whole: { a: { x: ["1", { y: ["only in a"] }] }, b: { c: { x: ["1", { y: ["only in c"] }] } } },
      moved: { x: ["1", { y: ["only in c"] }, "only in moved"] },
    });
    expect([JSON.stringify(before), JSON.stringify(patch)]).toEqual([text, patchText]);
  });
});
