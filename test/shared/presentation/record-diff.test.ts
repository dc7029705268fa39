import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { compactText, leavesOf } from "#shared/presentation/fhir-node.ts";
import { diffRecords } from "#shared/presentation/record-diff.ts";
import type { FieldChange } from "#shared/presentation/record-diff.ts";
import { applyPatch } from "#shared/protocol/json-patch.ts";
import { parseFhir } from "#shared/protocol/strict-json.ts";
import type { FhirJson } from "#shared/protocol/strict-json.ts";

const fhir = (value: unknown): FhirJson => parseFhir(JSON.stringify(value));
const rows = (before: unknown, after: unknown) => diffRecords(fhir(before), fhir(after)).changes.map(said);
const said = (c: FieldChange): string =>
  c.kind === "added"
    ? `added ${c.after.pointer}`
    : c.kind === "removed"
      ? `removed ${c.before.pointer}`
      : `${c.kind} ${c.before.pointer} -> ${c.after.pointer}${c.only ? ` (${c.only})` : ""}`;

describe("net differences", () => {
  it("are by field, with unchanged fields counted", () => {
    const before = { resourceType: "Patient", telecom: [{ system: "phone", value: "07700 900118" }], active: true };
    const after = { resourceType: "Patient", telecom: [{ system: "phone", value: "07700 900811" }], active: true };
    const diff = diffRecords(fhir(before), fhir(after));
    expect(diff.changes.map(said)).toEqual(["changed /telecom/0/value -> /telecom/0/value"]);
    expect(diff.unchanged).toBe(3);
  });
  it("of a list do not call later elements changed when one is taken out", () => {
    const entry = (n: number) => ({ item: { reference: `AllergyIntolerance/${String(n)}` } });
    const list = (...ns: number[]) => ({ resourceType: "List", code: { text: "Allergies" }, entry: ns.map(entry) });
    expect(rows(list(1, 2, 3, 4), list(1, 3, 4))).toEqual(["removed /entry/1/item/reference"]);
    expect(rows(list(1, 2, 3), list(1, 9, 3))).toEqual([
      "removed /entry/1/item/reference",
      "added /entry/1/item/reference",
    ]);
  });
  it("say when only spacing, case, order, normalisation or the writing of a number changed", () => {
    expect(rows({ a: "x  y" }, { a: "x y " })).toEqual(["changed /a -> /a (spacing)"]);
    expect(rows({ a: "Penicillin" }, { a: "penicillin" })).toEqual(["changed /a -> /a (case)"]);
    expect(rows({ a: "e\u0301" }, { a: "\u00e9" })).toEqual(["changed /a -> /a (normalisation)"]);
    expect(rows({ a: ["x", "y"] }, { a: ["y", "x"] })).toEqual(["moved /a/0 -> /a/1 (order)"]);
    const [change] = diffRecords(parseFhir(`{"v":2.50}`), parseFhir(`{"v":2.5}`)).changes;
    expect(said(change!)).toBe("changed /v -> /v (notation)");
    expect(diffRecords(parseFhir(`{"v":2.50}`), parseFhir(`{"v":25.0}`)).changes[0]?.only).toBeUndefined();
  });
  it("tell a string from a number that reads the same", () => {
    expect(diffRecords(parseFhir(`{"v":"5"}`), parseFhir(`{"v":5}`)).changes).toHaveLength(1);
  });
  it("of a deletion are every field, removed", () => {
    const diff = diffRecords(fhir({ resourceType: "Flag", id: "x" }), undefined);
    expect(diff.changes.map(said)).toEqual(["removed /resourceType", "removed /id"]);
  });
});

describe("order (S4b, AC15)", () => {
  it("the removal of an allergy is row 1, then identity, medicines, problems, rest", () => {
    const before = {
      resourceType: "Patient",
      telecom: [{ value: "1" }],
      birthDate: "1990-01-01",
      contained: [
        { resourceType: "Condition", id: "c", code: { text: "a" } },
        { resourceType: "MedicationStatement", id: "m", note: [{ text: "a" }] },
        { resourceType: "AllergyIntolerance", id: "a", criticality: "high" },
      ],
    };
    const next = JSON.parse(
      JSON.stringify(before)
        .replace('"value":"1"', '"value":"2"')
        .replace("1990", "1991")
        .replace('{"text":"a"}}', '{"text":"b"}}')
        .replace('[{"text":"a"}]', '[{"text":"b"}]')
        .replace(',"criticality":"high"', ""),
    ) as unknown;
    expect(diffRecords(fhir(before), fhir(next)).changes.map(({ group, kind }) => `${kind} ${group}`)).toEqual([
      "removed allergies",
      "changed identity",
      "changed medicines",
      "changed problems",
      "changed rest",
    ]);
  });
  it("resuscitation status comes before medicines", () => {
    const flag = (status: string) => ({
      resourceType: "Flag",
      code: { text: "Not for resuscitation (DNACPR)" },
      period: { end: status },
    });
    expect(diffRecords(fhir(flag("a")), fhir(flag("b"))).changes[0]?.group).toBe("resuscitation");
  });
});

describe("an entry that stops counting is removed (3.4(11))", () => {
  const concept = (code: string) => ({ coding: [{ system: "urn:s", code }] });
  it.each([
    [
      { verificationStatus: concept("confirmed") },
      { verificationStatus: concept("entered-in-error") },
      "entered-in-error",
    ],
    [{ clinicalStatus: concept("active") }, { clinicalStatus: concept("inactive") }, "inactive"],
    [{ clinicalStatus: concept("active") }, { clinicalStatus: concept("resolved") }, "resolved"],
    [
      { clinicalStatus: concept("active") },
      { clinicalStatus: { coding: [{ system: "urn:own", code: "X1" }, { code: "inactive" }] } },
      "inactive",
    ],
    [{ status: "active" }, { status: "stopped" }, "stopped"],
    [{ active: true }, { active: false }, "false"],
    [{}, { status: "entered-in-error" }, "entered-in-error"],
  ])("%j to %j", (before, after, to) => {
    expect(diffRecords(fhir(before), fhir(after)).retired?.to).toBe(to);
  });
  it("but not one that already did, nor one that is still active", () => {
    expect(diffRecords(fhir({ status: "stopped", a: 1 }), fhir({ status: "stopped", a: 2 })).retired).toBeUndefined();
    expect(diffRecords(fhir({ status: "draft" }), fhir({ status: "active" })).retired).toBeUndefined();
  });
});

const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, false, "", "penicillin", "Penicillin", "x y"),
    fc.integer({ min: 0, max: 3 }),
    fc.array(tie("any"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom("id", "code", "name", "a/b", "m~n", "entry", "__proto__x", "system"), tie("any"), {
      maxKeys: 4,
    }),
  ),
})).any;
const document = fc.dictionary(
  fc.constantFrom("status", "contained", "code", "name", "odd path", "entry", "note"),
  value,
  { minKeys: 1 },
);

/** A patch made of operations on places that exist, with unknown members among the values. */
const patchOf = (doc: FhirJson) =>
  fc
    .array(fc.tuple(fc.nat(), fc.constantFrom("replace", "remove", "add"), value), { minLength: 1, maxLength: 4 })
    .map((picks) => {
      let current = doc;
      const operations: unknown[] = [];
      for (const [pick, op, v] of picks) {
        const places = leavesOf(current)
          .map(({ pointer }) => pointer)
          .filter((pointer) => pointer !== "");
        if (places.length === 0) break;
        const place = places[pick % places.length]!;
        const path =
          op === "add"
            ? `${place.slice(0, place.lastIndexOf("/"))}/${/\/\d+$/.test(place) ? "0" : "unknownField"}`
            : place;
        const operation = op === "remove" ? { op, path } : { op, path, value: v };
        try {
          current = applyPatch(current, fhir([operation]));
          operations.push(operation);
        } catch {
          // a place that an earlier operation took away
        }
      }
      return operations;
    });

describe("any patch", () => {
  it("is drawn whole: what rows and the unchanged count cover are exactly the leaves before and after", () => {
    fc.assert(
      fc.property(
        document.chain((doc) => fc.tuple(fc.constant(fhir(doc)), patchOf(fhir(doc)))),
        ([before, patch]) => {
          const after = applyPatch(before, fhir(patch));
          const { changes, unchanged } = diffRecords(before, after);
          const leaf = (v: FhirJson, at: string) =>
            leavesOf(v, at).map((l) => `${l.pointer}=${compactText(l.value as FhirJson)}`);
          const gone = changes.flatMap((c) => (c.kind === "added" ? [] : leaf(c.before.value, c.before.pointer)));
          const came = changes.flatMap((c) => (c.kind === "removed" ? [] : leaf(c.after.value, c.after.pointer)));
          const [all, now] = [leaf(before, ""), leaf(after, "")];
          expect(new Set(gone).size).toBe(gone.length);
          expect(new Set(came).size).toBe(came.length);
          expect(all).toEqual(expect.arrayContaining(gone));
          expect(now).toEqual(expect.arrayContaining(came));
          expect(unchanged).toBe(all.length - gone.length);
          expect(unchanged).toBe(now.length - came.length);
          // What no row covers is the same content on both sides.
          const content = (list: string[], drop: string[]) =>
            list.filter((l) => !drop.includes(l)).map((l) => l.slice(l.indexOf("=")));
          expect(content(all, gone).sort()).toEqual(content(now, came).sort());
          if (changes.length === 0) expect(compactText(after).length).toBe(compactText(before).length);
        },
      ),
      { numRuns: 500 },
    );
  });
});
