import { describe, expect, it } from "vitest";

import { verdictOn } from "../fixture/client.ts";
import { FHIR, makeRequest, ORDER } from "../fixture/hospital.ts";

const GOOD = "accepted";
const BAD = "E_REQ_INCONSISTENT";

/** The order with other members. */
const order = (more: object) =>
  verdictOn(
    makeRequest((r) => {
      r.action.op.body = JSON.stringify({ ...ORDER, ...more });
    }),
  );
const MRN = { system: "https://example/mrn", value: "00-104-77" };
const subject = (value: unknown) => order({ subject: value });

describe("C10: every reference to a patient is this patient", () => {
  it.each([
    ["by reference", { reference: "Patient/p-104" }],
    ["to a version", { reference: "Patient/p-104/_history/2" }],
    ["absolute, on the server asked", { reference: `${FHIR}/Patient/p-104` }],
    ["by identifier alone", { identifier: MRN }],
    [
      "by both, with the name and a form of address",
      { reference: "Patient/p-104", identifier: MRN, display: "Mrs. Example, Ruth" },
    ],
  ])("accepts the subject %s", (_how, value) => {
    expect(subject(value)).toBe(GOOD);
  });

  it.each([
    ["another patient", { reference: "Patient/p-105" }],
    ["the same id on another server", { reference: "https://other.example/r4/Patient/p-104" }],
    ["the same id below another path", { reference: `${FHIR}evil/Patient/p-104` }],
    ["a lower-case look-alike", { reference: "patient/p-104" }],
    ["an escaped id", { reference: "Patient/p%2D104" }],
    ["a group", { reference: "Group/p-104" }],
    ["another patient's identifier", { identifier: { ...MRN, value: "00-104-78" } }],
    ["an identifier without a value", { identifier: { system: MRN.system } }],
    ["the right reference with another identifier", { reference: "Patient/p-104", identifier: { ...MRN, value: "1" } }],
    ["the right reference with another name", { reference: "Patient/p-104", display: "John Smith" }],
    ["a name alone", { display: "Ruth EXAMPLE" }],
    ["a text", "Patient/p-104"],
    ["a reference that is no text", { reference: 1 }],
    ["nobody", undefined],
  ])("E_REQ_INCONSISTENT: the subject is %s", (_what, value) => {
    expect(subject(value)).toBe(BAD);
  });

  it.each([
    ["a reference deep inside", { extension: [{ url: "x", valueReference: { reference: "Patient/p-105" } }] }],
    ["a reference said to be a patient", { requester: { type: "Patient", reference: "Practitioner/1" } }],
    ["an address in another member", { supportingInformation: [{ url: "https://x/Patient/p-105" }] }],
    ["a relative address in another member", { groupIdentifier: { system: "Patient/p-105" } }],
    [
      "another patient contained",
      { contained: [{ resourceType: "Patient", id: "x", identifier: [{ ...MRN, value: "1" }] }] },
    ],
    [
      "a contained patient nobody can tell",
      { contained: [{ resourceType: "Patient", id: "x", name: [{ text: "Ruth" }] }] },
    ],
    [
      "a contained relative of another patient",
      { contained: [{ resourceType: "RelatedPerson", patient: { reference: "Patient/p-105" } }] },
    ],
    ["a conditional reference to another", { requester: { reference: "Patient?identifier=https://example/mrn|1" } }],
    ["a conditional reference by name", { requester: { reference: "Patient?name=ruth" } }],
    ["a bundle reference to nothing", { subject: { reference: "urn:uuid:019f0000-0000-7000-8000-000000000001" } }],
    ["a contained reference to nothing", { subject: { reference: "#p" } }],
    [
      "another patient named by identifier alone",
      { requester: { type: "Patient", identifier: { ...MRN, value: "1" } } },
    ],
    ["a patient named by words alone", { requester: { type: "Patient", display: "John Smith" } }],
    [
      "the same number of another hospital",
      {
        subject: { reference: "Patient/p-104", identifier: { system: "https://other.example/mrn", value: MRN.value } },
      },
    ],
  ])("E_REQ_INCONSISTENT: %s", (_what, more) => {
    expect(order(more)).toBe(BAD);
  });

  it("accepts the patient contained, by their identifier, and other people beside them", () => {
    const contained = [{ resourceType: "Patient", id: "p", identifier: [MRN] }];
    expect(order({ contained, subject: { reference: "#p" } })).toBe(GOOD);
    expect(order({ requester: { reference: "Practitioner/1", display: "Dr John Smith" } })).toBe(GOOD);
    expect(order({ requester: { reference: "Patient?identifier=https://example/mrn|00-104-77" } })).toBe(GOOD);
    expect(order({ requester: { type: "Patient", identifier: MRN, display: "Ruth Example" } })).toBe(GOOD);
    expect(order({ requester: { type: "Practitioner", identifier: { value: "1" }, display: "John Smith" } })).toBe(
      GOOD,
    );
  });

  it("E_REQ_INCONSISTENT: a scope about another patient", () => {
    const request = makeRequest((r) => {
      r.authorization_details = r.authorization_details.map((e) =>
        e.id === "a2" ? { ...e, patient: "Patient/p-105" } : e,
      );
    });
    expect(verdictOn(request)).toBe(BAD);
  });
});
