import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { fact as factSchema, check as checkSchema, patientClaim } from "#shared/protocol/claims/request.ts";

import { fhirFacts } from "../../../gateway/requests/facts-fhir.ts";
import { addressOf, checkOf, startFactsKit, type FactsKit } from "./fixtures.ts";

describe("facts from a FHIR record", () => {
  let kit: FactsKit;
  beforeAll(async () => {
    kit = await startFactsKit();
  }, 60_000);
  afterAll(() => kit.server.close());

  const patch = (path: string, operations: unknown) =>
    kit.operation("PATCH", path, operations, "application/json-patch+json");

  it("takes the patient from the record alone, with labelled identifiers and without old ones", async () => {
    const { patient } = await kit.gather(kit.order(), "order.create");
    expect(patient).toEqual({
      ref: "Patient/shauna",
      name: "WATERS, Shauna Marie (Mrs)",
      family: "Waters",
      given: ["Shauna", "Marie"],
      prefix: "Mrs",
      birthDate: "1945-07-14",
      sex: "female",
      mrn: "NG-1",
      identifiers: [
        { system: "https://fhir.nhs.uk/Id/nhs-number", value: "9997287652", label: "NHS number" },
        { system: "https://hospital.example/mrn", value: "NG-1", label: "MRN" },
      ],
    });
    expect(patientClaim.safeParse(patient).success).toBe(true);
  });

  it("gives facts and checks that fit the signed request, with ids in order of weight", async () => {
    const { facts, checks } = await kit.gather(kit.order(), "order.create");
    expect(facts.map(({ id }) => id)).toEqual(facts.map((_, i) => `f${String(i + 1)}`));
    expect(facts.every((f) => factSchema.safeParse(f).success)).toBe(true);
    expect(checks.every((c) => checkSchema.safeParse(c).success)).toBe(true);
  });

  it("reads allergies, weight, kidney function, active medicines and the last dose for an order", async () => {
    const { facts } = await kit.gather(
      kit.order({ medicationCodeableConcept: { text: "amlodipine 10 MG" } }),
      "order.create",
    );
    const by = Object.fromEntries(facts.map((f) => [f.code, f]));
    expect(by["allergies"]).toMatchObject({
      src: "ehr",
      sev: "high",
      ack: true,
      value: "Allergy to penicillin",
      as_of: "2019-02-03",
    });
    expect(by["renal-function"]).toMatchObject({
      text: "eGFR 29 mL/min/1.73 m2 (20-Nov-2026)",
      sev: "high",
      ack: true,
    });
    expect(by["active-medicine"]).toMatchObject({ sev: "high", ack: true, path: "MedicationRequest/amlodipine" });
    expect(by["last-given"]?.text).toBe("Last given: amlodipine 5 MG Oral Tablet 23-Nov-2026 08:00.");
    expect(by["pregnancy"]?.text).toBe("Pregnancy - not recorded.");
    expect(facts.map((f) => f.value)).not.toContain("Latex");
  });

  it("says that a value was written by an AI and settles nothing with it", async () => {
    const gathered = await kit.gather(kit.order(), "order.create", {
      claims: [{ code: "weight", value: "58", unit: "kg" }],
    });
    expect(gathered.facts.find((f) => f.code === "weight")?.text).toBe(
      "Weight 58 kg (12-Nov-2026), written by a device or an AI",
    );
    expect(checkOf(gathered, "claim-1")).toBe("not_run");
  });

  it("says what was not checked: interactions, dose ranges, codes that it does not know", async () => {
    const gathered = await kit.gather(
      kit.order({ medicationCodeableConcept: { coding: [{ system: "urn:x", code: "1", display: "ramipril" }] } }),
      "order.create",
    );
    expect(checkOf(gathered, "interactions")).toBe("not_run");
    expect(checkOf(gathered, "dose-range")).toBe("not_run");
    expect(checkOf(gathered, "display-code")).toBe("not_run");
    expect(gathered.checks.filter((c) => c.result === "not_run").every((c) => c.why !== undefined)).toBe(true);
  });

  it("gives the exact text and version of the resource that an update changes", async () => {
    const text = await (await fetch(`${kit.server.baseUrl}/MedicationRequest/amlodipine`)).text();
    const gathered = await kit.gather(
      {
        ...patch("MedicationRequest/amlodipine", [{ op: "replace", path: "/status", value: "stopped" }]),
        if_match: 'W/"1"',
      },
      "order.discontinue",
    );
    expect(gathered.before).toEqual({ text, version: 'W/"1"' });
    expect(checkOf(gathered, "version")).toBe("pass");
  });

  it("keeps the decimals of the current resource as the server sent them", async () => {
    const body =
      '{"resourceType":"Observation","id":"o","subject":{"reference":"Patient/shauna"}, "valueQuantity":{"value":2.50}}';
    const exact = fhirFacts({
      baseUrl: "http://record.example/r4",
      fetch: (url) =>
        addressOf(url).endsWith("/Observation/o")
          ? Promise.resolve(new Response(body, { headers: { etag: 'W/"7"' } }))
          : fetch(addressOf(url).replace("http://record.example/r4", kit.server.baseUrl)),
    });
    const operation = {
      method: "PATCH" as const,
      url: "http://record.example/r4/Observation/o",
      media: "application/json-patch+json",
      body: '[{"op":"add","path":"/status","value":"final"}]',
    };
    const gathered = await exact.gather({ agent: "a", operation }, "record.update");
    expect(gathered.before).toEqual({ text: body, version: 'W/"7"' });
  });

  it("warns when the agent worked from another version", async () => {
    const stale = {
      ...patch("Patient/shauna", [{ op: "replace", path: "/birthDate", value: "1945-07-15" }]),
      if_match: 'W/"0"',
    };
    const gathered = await kit.gather(stale, "record.update");
    expect(checkOf(gathered, "version")).toBe("fail");
    expect(gathered.facts.find((f) => f.code === "record-version")).toMatchObject({ sev: "high", ack: true });
  });

  it("says that a patient is recorded as dead", async () => {
    const gathered = await kit.gather(kit.order({ subject: { reference: "Patient/gone" } }), "order.create");
    expect(gathered.facts.find((f) => f.code === "deceased")).toMatchObject({ sev: "critical", ack: true });
    expect(gathered.patient?.deceased).toBe("2026-10-01");
  });

  it("says that a patient's record is specially protected, and by which labels, so that policy can ask for more", async () => {
    const gathered = await kit.gather(kit.order({ subject: { reference: "Patient/protected" } }), "order.create");
    expect(gathered.facts.filter((f) => f.code === "sensitivity")).toEqual([
      expect.objectContaining({
        ...{ src: "ehr", sev: "warning", value: "V HIV", label: "Protected record", path: "Patient/protected" },
        text: "The patient's record is labelled as protected: V (very restricted), HIV.",
      }),
    ]);
    const usual = await kit.gather(kit.order({ subject: { reference: "Patient/shauna" } }), "order.create");
    expect(usual.facts.filter((f) => f.code === "sensitivity")).toEqual([]);
  });

  it("reads nothing of the record that the action does not need", async () => {
    const { facts } = await kit.gather(
      patch("Patient/shauna", [{ op: "replace", path: "/birthDate", value: "1945-07-15" }]),
      "record.update",
    );
    expect(facts.map((f) => f.code)).toEqual(["record-version"]);
  });

  it("finds the patient by identifier where the action gives no reference", async () => {
    const subject = { identifier: { system: "https://hospital.example/mrn", value: "NG-1" } };
    await expect(kit.gather(kit.order({ subject }), "order.create")).rejects.toMatchObject({ code: "E_OP_PATIENT" });
    const unknown = { identifier: { system: "https://hospital.example/mrn", value: "none" } };
    await expect(kit.gather(kit.order({ subject: unknown }), "order.create")).rejects.toMatchObject({
      code: "E_OP_PATIENT",
    });
  });

  it.each([
    ["names nobody", { subject: undefined }],
    ["names somebody unknown", { subject: { reference: "Patient/nobody" } }],
    ["names somebody of another server", { subject: { reference: "https://other.example/Patient/shauna" } }],
    ["names two", { supportingInformation: [{ reference: "Patient/shona" }] }],
    ["brings a patient of its own", { contained: [{ resourceType: "Patient", id: "p" }] }],
    [
      "states another's identifier",
      { subject: { reference: "Patient/shauna", identifier: { system: "s", value: "v" } } },
    ],
  ])("refuses an action that %s", async (_what, change) => {
    await expect(kit.gather(kit.order(change), "order.create")).rejects.toMatchObject({ code: "E_OP_PATIENT" });
  });

  it("refuses a patch that moves a resource to another patient", async () => {
    const moved = patch("MedicationRequest/amlodipine", [
      { op: "replace", path: "/subject/reference", value: "Patient/shona" },
    ]);
    await expect(kit.gather(moved, "order.modify")).rejects.toMatchObject({ code: "E_OP_PATIENT" });
  });

  it("refuses a patch that does not apply, and a resource that is not there", async () => {
    await expect(
      kit.gather(patch("MedicationRequest/amlodipine", [{ op: "remove", path: "/nothing" }]), "order.modify"),
    ).rejects.toMatchObject({ code: "E_OP_BODY" });
    await expect(
      kit.gather(patch("MedicationRequest/none", [{ op: "remove", path: "/status" }]), "order.modify"),
    ).rejects.toMatchObject({ code: "E_OP_BODY" });
  });

  it("says E_UPSTREAM when the record cannot be reached, sends a redirect, or sends nonsense", async () => {
    const answers: (() => Promise<Response>)[] = [
      () => Promise.reject(new TypeError("refused")),
      () => Promise.resolve(new Response("<html>", { status: 200 })),
      () => Promise.resolve(new Response("{}", { status: 500 })),
    ];
    for (const answer of answers) {
      const facts = fhirFacts({ baseUrl: kit.server.baseUrl, fetch: answer });
      await expect(facts.gather({ agent: "a", operation: kit.order() }, "order.create")).rejects.toMatchObject({
        code: "E_UPSTREAM",
      });
    }
  });

  it("counts what the record does not offer as not checked, never as none", async () => {
    const facts = fhirFacts({
      baseUrl: kit.server.baseUrl,
      fetch: (input, init) =>
        addressOf(input).includes("/AllergyIntolerance?")
          ? Promise.resolve(new Response("{}", { status: 400 }))
          : fetch(input, init),
    });
    const gathered = await facts.gather({ agent: "a", operation: kit.order() }, "order.create");
    expect(checkOf(gathered, "allergy")).toBe("not_run");
    expect(gathered.facts.map((f) => f.text)).toContain("Allergies - could not be read.");
  });
});
