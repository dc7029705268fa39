import { describe, expect, it } from "vitest";

import type { RarElement } from "#shared/protocol/claims/primitives.ts";
import { RAR } from "#shared/protocol/names.ts";
import { compareGrant } from "#shared/scope/compare.ts";
import { meetElements, meetGrants } from "#shared/scope/meet.ts";
import { deepEqual, limit, strings } from "#shared/scope/members.ts";

describe("a member is compared only as what it is", () => {
  it.each([
    [
      ["a", "b"],
      ["a", "b"],
    ],
    [[], []],
    [["a", 1], undefined],
    [[1], undefined],
    ["a", undefined],
    [undefined, undefined],
    [{ length: 0 }, undefined],
  ])("a set is a list of strings: %j", (value, read) => {
    expect(strings(value)).toEqual(read);
  });

  it.each([
    [1, 1],
    [2 ** 53 - 1, 2 ** 53 - 1],
    [0, undefined],
    [-1, undefined],
    [1.5, undefined],
    [2 ** 53, undefined],
    ["5", undefined],
    [undefined, undefined],
  ])("a limit is a positive integer: %j", (value, read) => {
    expect(limit(value)).toBe(read);
  });

  it.each<[unknown, unknown, boolean]>([
    [1, 1, true],
    [1, 2, false],
    ["1", 1, false],
    [null, null, true],
    [null, {}, false],
    [{}, null, false],
    [1, {}, false],
    [{}, 1, false],
    [undefined, {}, false],
    [{}, {}, true],
    [[], [], true],
    [[], {}, false],
    [{}, [], false],
    [["a"], { 0: "a" }, false],
    [{ a: 1, b: [2] }, { b: [2], a: 1 }, true],
    [{ a: 1 }, { a: 2 }, false],
    [{ a: 1, b: 2 }, { a: 1, b: 3 }, false],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1, b: 2 }, { a: 1 }, false],
    [{ a: undefined }, { b: undefined }, false],
    [{ a: { b: 1 } }, { a: { b: 2 } }, false],
  ])("equal means equal all the way down: %j and %j", (a, b, equal) => {
    expect(deepEqual(a, b)).toBe(equal);
  });
});

const tool: RarElement = {
  ...{ type: RAR.mcpTool, id: "t", locations: ["https://x.example"], tools: ["a", "b"], max_uses: 2, not_after: 9 },
};
const scopes: RarElement = {
  ...{ type: RAR.smartScope, id: "s", locations: ["https://x.example"], scopes: ["patient/*.rs"], not_after: 9 },
};
const without = (e: RarElement, ...names: string[]): RarElement =>
  Object.fromEntries(Object.entries(e).filter(([name]) => !names.includes(name))) as RarElement;

function verdict(requested: RarElement[], granted: RarElement[]): string {
  try {
    compareGrant(requested, granted);
    return "narrower";
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}

describe("granted ⊑ requested, what cannot be understood", () => {
  const odd = { type: "urn:other", id: "o" };
  it.each<[string, RarElement, RarElement, string]>([
    ["a type nobody knows, in both", odd, odd, "E_AUZ_TYPE"],
    ["a set that is missing from both", without(tool, "tools"), without(tool, "tools"), "E_AUZ_WIDER"],
    ["a set that only the grant has", without(tool, "tools"), tool, "E_AUZ_WIDER"],
    ["a set that only the request has", tool, without(tool, "tools"), "E_AUZ_WIDER"],
    ["a set that is a string", { ...tool, tools: "ab" }, { ...tool, tools: "a" }, "E_AUZ_WIDER"],
    ["a set with one member too many", tool, { ...tool, tools: ["a", "c"] }, "E_AUZ_WIDER"],
    ["no limit at all", without(tool, "max_uses"), without(tool, "max_uses"), "narrower"],
    ["a limit only in the request", tool, without(tool, "max_uses"), "E_AUZ_WIDER"],
    ["a limit that is no number", without(tool, "max_uses"), { ...tool, max_uses: "1" }, "E_AUZ_WIDER"],
    ["a limit under one that is no number", { ...tool, max_uses: "9" }, { ...tool, max_uses: 1 }, "E_AUZ_WIDER"],
    ["scopes that are missing from the grant", scopes, without(scopes, "scopes"), "E_AUZ_SCOPE"],
    ["scopes that are missing from the request", without(scopes, "scopes"), scopes, "E_AUZ_SCOPE"],
    ["scopes that are missing from both", without(scopes, "scopes"), without(scopes, "scopes"), "E_AUZ_SCOPE"],
    ["scopes that are one text", scopes, { ...scopes, scopes: "patient/*.rs" }, "E_AUZ_SCOPE"],
    ["a member nobody knows, equal in both", { ...tool, x: [1] }, { ...tool, x: [1] }, "narrower"],
    ["a member nobody knows, unequal", { ...tool, x: [1] }, { ...tool, x: [2] }, "E_AUZ_WIDER"],
    ["a member nobody knows, only in the grant", tool, { ...tool, x: 1 }, "E_AUZ_WIDER"],
    ["a member nobody knows, undefined in both", { ...tool, x: undefined }, { ...tool, x: undefined }, "E_AUZ_WIDER"],
  ])("%s", (_, r, g, code) => {
    expect(verdict([r], [g])).toBe(code);
  });

  it("refuses an id that the request has twice, though each alone would do", () => {
    expect(verdict([tool, tool], [tool])).toBe("E_AUZ_WIDER");
  });

  it("says which element and which member is wider", () => {
    expect(() => {
      compareGrant([tool], [{ ...tool, max_uses: 3 }]);
    }).toThrow('The grant "t" is wider than the request: max_uses is not narrower.');
    expect(() => {
      compareGrant([tool], [{ ...tool, id: "u" }]);
    }).toThrow('The grant "u" is wider than the request: its id is not in the request.');
  });
});

describe("meet of two elements", () => {
  it.each<[string, RarElement, RarElement, object | undefined]>([
    ["the common part", tool, { ...tool, tools: ["b", "c"], max_uses: 1 }, { ...tool, tools: ["b"], max_uses: 1 }],
    ["a limit that one has", without(tool, "max_uses"), tool, tool],
    ["a limit that is none", { ...tool, max_uses: "2" }, tool, undefined],
    ["another id", tool, { ...tool, id: "u" }, undefined],
    ["another type", tool, { ...tool, type: RAR.fhirOp }, undefined],
    ["a type nobody knows", { type: "urn:other", id: "o" }, { type: "urn:other", id: "o" }, undefined],
    ["a set that is none", { ...tool, tools: "a" }, tool, undefined],
    ["a set that is none, the other way round", tool, { ...tool, tools: "a" }, undefined],
    ["scopes with nothing common", scopes, { ...scopes, scopes: ["user/*.rs"] }, undefined],
    ["scopes that are none", { ...scopes, scopes: "x" }, scopes, undefined],
    ["scopes that are none, the other way round", scopes, { ...scopes, scopes: "x" }, undefined],
    ["another patient", { ...scopes, patient: "p" }, { ...scopes, patient: "q" }, undefined],
  ])("%s", (_, a, b, met) => {
    expect(meetElements(a, b)).toEqual(met);
  });

  it("of all grants: null when a required element is lost, or when nothing is left", () => {
    const must: RarElement = { ...tool, required: true };
    const other = { ...tool, tools: ["c"] };
    expect(
      meetGrants(
        [must, scopes],
        [
          [must, scopes],
          [{ ...must, tools: ["c"] }, scopes],
        ],
      ),
    ).toBeNull();
    expect(
      meetGrants(
        [tool, scopes],
        [
          [tool, scopes],
          [other, scopes],
        ],
      ),
    ).toEqual([scopes]);
    expect(meetGrants([tool], [[tool], [other]])).toBeNull();
    expect(meetGrants([tool], [[tool], []])).toBeNull();
    expect(meetGrants([tool], [[tool], [], [tool]])).toBeNull();
  });
});
