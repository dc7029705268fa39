import { describe, expect, it } from "vitest";

import type { RarElement } from "#shared/protocol/claims/primitives.ts";
import { RAR } from "#shared/protocol/names.ts";
import { compareGrant } from "#shared/scope/compare.ts";
import { meetGrants } from "#shared/scope/meet.ts";

const op: RarElement = {
  type: RAR.fhirOp,
  id: "a1",
  required: true,
  locations: ["https://fhir.example/r4"],
  actions: ["create", "update"],
  datatypes: ["MedicationRequest"],
  patient: "Patient/p-1",
  content_digest: "sha-256=:x:",
  max_uses: 2,
  not_after: 100,
};
const reads: RarElement = {
  type: RAR.smartScope,
  id: "a2",
  locations: ["https://fhir.example/r4"],
  patient: "Patient/p-1",
  scopes: ["patient/Observation.rs", "patient/Condition.rs"],
  not_after: 100,
};
const asked = [op, reads];
const without = (e: RarElement, name: string): RarElement =>
  Object.fromEntries(Object.entries(e).filter(([n]) => n !== name)) as RarElement;

function verdict(granted: RarElement[], requested: RarElement[] = asked): string {
  try {
    compareGrant(requested, granted);
    return "narrower";
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}

describe("granted ⊑ requested (protocol.md 3.9)", () => {
  it.each<[string, RarElement[], string]>([
    ["everything as asked", asked, "narrower"],
    ["an optional element left out", [op], "narrower"],
    ["fewer actions, uses and time", [{ ...op, actions: ["create"], max_uses: 1, not_after: 50 }], "narrower"],
    ["fewer scopes", [op, { ...reads, scopes: ["patient/Observation.r"] }], "narrower"],
    ["nothing", [], "E_AUZ_EMPTY"],
    ["the same id twice", [op, op], "E_AUZ_DUP"],
    ["an unknown id", [{ ...op, id: "zz" }], "E_AUZ_WIDER"],
    ["a type without a comparator", [{ ...op, type: "urn:other" }], "E_AUZ_TYPE"],
    ["another known type under the id", [{ ...op, type: RAR.smartScope }], "E_AUZ_TYPE"],
    ["a required element left out", [reads], "E_AUZ_INCOMPLETE"],
    ["an empty set of actions", [{ ...op, actions: [] }], "E_AUZ_WIDER"],
    ["another action", [{ ...op, actions: ["delete"] }], "E_AUZ_WIDER"],
    ["another patient", [{ ...op, patient: "Patient/p-2" }], "E_AUZ_WIDER"],
    ["no content digest", [without(op, "content_digest")], "E_AUZ_WIDER"],
    ["a digest that was not asked", [{ ...op, if_match: 'W/"1"' }], "E_AUZ_WIDER"],
    ["more uses", [{ ...op, max_uses: 3 }], "E_AUZ_WIDER"],
    ["uses without a limit", [without(op, "max_uses")], "E_AUZ_WIDER"],
    ["no uses", [{ ...op, max_uses: 0 }], "E_AUZ_WIDER"],
    ["uses that are no integer", [{ ...op, max_uses: "1" }], "E_AUZ_WIDER"],
    ["an unknown member added", [{ ...op, extra: 1 }], "E_AUZ_WIDER"],
    ["the required mark taken away", [without(op, "required")], "E_AUZ_WIDER"],
    ["a wider scope", [op, { ...reads, scopes: ["patient/*.rs"] }], "E_AUZ_WIDER"],
    ["a scope that cannot be read", [op, { ...reads, scopes: ["patient/Observation.sr"] }], "E_AUZ_SCOPE"],
    ["an empty list of scopes", [op, { ...reads, scopes: [] }], "E_AUZ_SCOPE"],
  ])("%s", (_, granted, wanted) => {
    expect(verdict(granted)).toBe(wanted);
  });

  it("lets a limit that only the grant has narrow the request", () => {
    expect(verdict([op], [without(op, "max_uses")])).toBe("narrower");
  });

  it("refuses a request member the grant drops, known or not", () => {
    expect(verdict([op], [{ ...op, extra: { a: [1] } }])).toBe("E_AUZ_WIDER");
    expect(verdict([{ ...op, extra: { a: [1] } }], [{ ...op, extra: { a: [1] } }])).toBe("narrower");
  });
});

describe("meet of grants (protocol.md 3.10)", () => {
  it("is narrower than each grant and takes the smaller limits", () => {
    const a = [{ ...op, max_uses: 1 }, reads];
    const b = [
      { ...op, not_after: 60 },
      { ...reads, scopes: ["patient/Observation.r"] },
    ];
    const met = meetGrants(asked, [a, b]);
    expect(met).toMatchObject([{ max_uses: 1, not_after: 60 }, { scopes: ["patient/Observation.r"] }]);
    for (const side of [a, b, asked]) expect(verdict(met ?? [], side)).toBe("narrower");
  });

  it("drops an optional element that one approver did not grant", () => {
    expect(meetGrants(asked, [[op, reads], [op]])?.map((e) => e.id)).toEqual(["a1"]);
  });

  it("is null when a required element has no common part", () => {
    expect(meetGrants(asked, [[{ ...op, actions: ["create"] }], [{ ...op, actions: ["update"] }]])).toBeNull();
  });
});
