import { describe, expect, it } from "vitest";

import { RAR } from "#shared/protocol/names.ts";

import { verdictOn } from "../fixture/client.ts";
import { FHIR, makeRequest, ORDER } from "../fixture/hospital.ts";
import { BAD, CONDITION, conditionScope, GOOD, onCondition, operation, type Draft } from "../fixture/operation.ts";
const MRN = { system: "https://example/mrn", value: "00-104-77" };

const patch = (before: object, ...ops: object[]) =>
  operation({ ...onCondition, before: JSON.stringify(before), body: JSON.stringify(ops) }, conditionScope);

describe("C10: a change is checked on what is there and on what will be", () => {
  it("accepts a patch of the patient's resource", () => {
    expect(patch(CONDITION, { op: "replace", path: "/note/0/text", value: "b" })).toBe(GOOD);
  });
  it.each([
    [
      "of another patient's resource",
      { ...CONDITION, subject: { reference: "Patient/p-105" } },
      { op: "remove", path: "/note" },
    ],
    [
      "that moves it to another patient",
      CONDITION,
      { op: "replace", path: "/subject/reference", value: "Patient/p-105" },
    ],
    ["that takes the patient out", CONDITION, { op: "remove", path: "/subject" }],
    ["that makes it another resource", CONDITION, { op: "replace", path: "/id", value: "c2" }],
    ["that makes it another type", CONDITION, { op: "replace", path: "/resourceType", value: "Observation" }],
    ["that does not apply", CONDITION, { op: "remove", path: "/missing" }],
    ["whose test fails", CONDITION, { op: "test", path: "/note/0/text", value: "z" }],
    ["of another resource than the address", { ...CONDITION, id: "c2" }, { op: "remove", path: "/note" }],
  ])("E_REQ_INCONSISTENT: a patch %s", (_what, before, op) => {
    expect(patch(before, op)).toBe(BAD);
  });
  it("E_REQ_INCONSISTENT: a change without what is there now, or of a kind that cannot be shown", () => {
    expect(operation({ ...onCondition, body: "[]" }, conditionScope)).toBe(BAD);
    expect(
      operation(
        { ...onCondition, media: "application/merge-patch+json", before: JSON.stringify(CONDITION), body: "{}" },
        conditionScope,
      ),
    ).toBe(BAD);
    const put = {
      ...onCondition,
      method: "PUT",
      media: "application/fhir+json",
      body: JSON.stringify(CONDITION),
    } as const;
    expect(operation(put, conditionScope)).toBe(BAD);
    expect(operation({ ...put, before: JSON.stringify(CONDITION) }, conditionScope)).toBe(GOOD);
    expect(
      operation({ ...put, media: "application/fhir+xml", before: JSON.stringify(CONDITION) }, conditionScope),
    ).toBe(BAD);
  });
  it("E_REQ_BODY_DIGEST: what is there now is not what its digest says", () => {
    const stale = makeRequest((r) => {
      r.action.op = { ...r.action.op, before: "{}", before_dig: r.action.op.body_dig };
    });
    expect(
      verdictOn({
        ...stale,
        action: { ...stale.action, op: { ...stale.action.op, before_dig: stale.action.op.body_dig } },
      }),
    ).toContain("E_REQ_BODY_DIGEST");
  });
  it("E_REQ_INCONSISTENT: another version than the scope's", () => {
    const scope = { ...conditionScope, if_match: 'W/"2"' };
    expect(operation({ ...onCondition, before: JSON.stringify(CONDITION), body: "[]" }, scope)).toBe(BAD);
  });
  it("checks a removal on the resource that is removed", () => {
    const gone = { ...onCondition, method: "DELETE", body: "", before: JSON.stringify(CONDITION) } as const;
    const scope = { actions: ["delete"], datatypes: ["Condition"] };
    expect(operation(gone, scope)).toBe(GOOD);
    const other = JSON.stringify({ ...CONDITION, subject: { reference: "Patient/p-105" } });
    expect(operation({ ...gone, before: other }, scope)).toBe(BAD);
  });
});

describe("C10: the patient's own resource", () => {
  const PATIENT = { resourceType: "Patient", id: "p-104", identifier: [MRN], telecom: [] };
  const put = (body: object, url = `${FHIR}/Patient/p-104`) =>
    operation(
      {
        method: "PUT",
        url,
        media: "application/fhir+json",
        body: JSON.stringify(body),
        if_match: "1",
        before: JSON.stringify(PATIENT),
      },
      { actions: ["update"], datatypes: ["Patient"] },
    );
  it("counts by its own id and by every identifier", () => {
    expect(put(PATIENT)).toBe(GOOD);
    expect(put({ ...PATIENT, id: "p-105" })).toBe(BAD);
    expect(put(PATIENT, `${FHIR}/Patient/p-105`)).toBe(BAD);
    expect(put({ ...PATIENT, identifier: [MRN, { system: "urn:x", value: "9" }] })).toBe(BAD);
    expect(put({ ...PATIENT, link: [{ other: { reference: "Patient/p-105" }, type: "replaced-by" }] })).toBe(BAD);
  });
});

describe("C10: the address", () => {
  const post = (url: string, locations: string[] = [FHIR]) =>
    verdictOn(
      makeRequest((r) => {
        r.action.op.url = url;
        r.authorization_details = r.authorization_details.map((e) => ({ ...e, locations }));
      }),
    );
  it("is under a location, in one spelling only", () => {
    expect(post(`${FHIR}/MedicationRequest`)).toBe(GOOD);
    expect(post("https://FHIR.example:443/r4/MedicationRequest")).toBe(GOOD);
    for (const url of [
      `${FHIR}evil/MedicationRequest`,
      "https://fhir.example.evil.example/r4/MedicationRequest",
      "https://fhir.example/r4/../admin/MedicationRequest",
      "https://fhir.example/r4/%2e%2e/MedicationRequest",
      "https://fhir.example/r4//MedicationRequest",
      "https://fhir.example/r4/x%2fMedicationRequest",
      "https://user@fhir.example/r4/MedicationRequest",
      `${FHIR}/MedicationRequest#x`,
      `${FHIR}\\MedicationRequest`,
      "http://fhir.example/r4/MedicationRequest",
      "https://fhir.example:8443/r4/MedicationRequest",
      "ftp://fhir.example/r4/MedicationRequest",
      `${FHIR}/Observation`,
      `${FHIR}/Patient/p-105/MedicationRequest`,
    ]) {
      expect(post(url), url).toBe(BAD);
    }
  });
  it("E_REQ_INCONSISTENT: locations that are none, or another interaction than the scope's", () => {
    expect(post(`${FHIR}/MedicationRequest`, ["not an address"])).toBe(BAD);
    const grant = (actions: string[]) =>
      verdictOn(
        makeRequest((r) => (r.authorization_details = r.authorization_details.map((e) => ({ ...e, actions })))),
      );
    expect(grant(["delete"])).toBe(BAD);
  });

  const search = (query: string, type = "Observation") =>
    operation(
      { method: "GET", url: `${FHIR}/${type}?${query}`, body: "", media: "application/fhir+json" },
      { actions: ["search"], datatypes: [type] },
      (r) => (r.action.type = "urn:countersign:action:read.bulk"),
    );
  it.each([
    "patient=p-104",
    "patient=Patient/p-104",
    "subject=Patient/p-104&code=1",
    "subject:Patient=p-104",
    "patient.identifier=https://example/mrn|00-104-77",
    "patient:identifier=00-104-77",
  ])("accepts a search for this patient: %s", (query) => {
    expect(search(query)).toBe(GOOD);
  });
  it.each([
    "patient=p-105",
    "patient=p-104,p-105",
    "patient=p-104&patient=p-105",
    "subject=Group/1",
    "patient.name=ruth",
    "patient:missing=true",
    "code=1",
    "encounter.subject=Patient/p-105",
    "patient=p%2d105",
  ])("E_REQ_INCONSISTENT: a search that is not only for this patient: %s", (query) => {
    expect(search(query)).toBe(BAD);
  });
  it("looks the patient up by id or identifier only", () => {
    expect(search("_id=p-104", "Patient")).toBe(GOOD);
    expect(search("identifier=https://example/mrn|00-104-77", "Patient")).toBe(GOOD);
    expect(search("_id=p-105", "Patient")).toBe(BAD);
    expect(search("name=ruth", "Patient")).toBe(BAD);
  });
});

describe("C10: bundles and other bodies", () => {
  const bundle = (entry: object[], datatypes = ["Bundle", "Condition", "Patient"]) =>
    operation(
      {
        method: "POST",
        url: FHIR,
        media: "application/fhir+json",
        body: JSON.stringify({ resourceType: "Bundle", type: "transaction", entry }),
      },
      { actions: ["transaction"], datatypes },
    );
  const request = { method: "POST", url: "Condition" };
  it("checks every entry: its resource, its type, its address", () => {
    expect(bundle([{ resource: CONDITION, request }])).toBe(GOOD);
    expect(bundle([{ resource: CONDITION, request }], ["Bundle"])).toBe(BAD);
    expect(bundle([{ resource: { ...CONDITION, subject: { reference: "Patient/p-105" } }, request }])).toBe(BAD);
    expect(bundle([{ resource: CONDITION, request: { method: "PUT", url: "Patient/p-105" } }])).toBe(BAD);
    expect(bundle([{ resource: CONDITION, request: { method: "PUT", url: "Condition?patient=p-105" } }])).toBe(BAD);
    expect(bundle([{ resource: CONDITION, request: { ...request, ifNoneExist: "patient=p-105" } }])).toBe(BAD);
  });
  it("takes entries that create alone: what another would replace or delete could not be shown", () => {
    const of = (more: object) => bundle([{ resource: CONDITION, request: { ...request, ...more } }]);
    expect(of({ method: "PUT", url: "Condition/c1" })).toBe(BAD);
    expect(of({ method: "PUT", url: "Condition/c1", ifMatch: 'W/"3"' })).toBe(BAD);
    expect(of({ method: "PATCH", url: "Condition/c1" })).toBe(BAD);
    expect(of({ method: "DELETE", url: "Condition/c1" })).toBe(BAD);
    expect(of({ url: "Observation" })).toBe(BAD);
    expect(of({ url: "Condition/$everything" })).toBe(BAD);
    expect(bundle([{ resource: CONDITION }])).toBe(BAD);
  });
  it("resolves a patient inside the bundle by their identifier", () => {
    const fullUrl = "urn:uuid:019f0000-0000-7000-8000-000000000001";
    const condition = { resourceType: "Condition", subject: { reference: fullUrl } };
    expect(
      bundle([
        {
          fullUrl,
          resource: { resourceType: "Patient", identifier: [MRN] },
          request: { method: "POST", url: "Patient" },
        },
        { resource: condition, request },
      ]),
    ).toBe(GOOD);
    expect(
      bundle([
        { fullUrl, resource: { resourceType: "Patient" }, request: { method: "POST", url: "Patient" } },
        { resource: condition, request },
      ]),
    ).toBe(BAD);
  });
  it.each([
    ["no JSON", "{"],
    ["a member twice", '{"resourceType":"MedicationRequest","resourceType":"Patient"}'],
    ["no resource", "[]"],
    ["a resource of another type", JSON.stringify({ ...ORDER, resourceType: "Observation" })],
  ])("E_REQ_INCONSISTENT: a body that is %s", (_what, body) => {
    expect(verdictOn(makeRequest((r) => (r.action.op.body = body)))).toContain(BAD);
  });
  it("E_REQ_INCONSISTENT: two operations in one scope, or none", () => {
    const twice = makeRequest((r) => {
      const [first] = r.authorization_details;
      if (first) r.authorization_details = [...r.authorization_details, { ...first, id: "a9" }];
    });
    expect(verdictOn(twice)).toBe(BAD);
    const none = makeRequest((r) => (r.authorization_details = r.authorization_details.slice(1)));
    expect(verdictOn(none)).toContain(BAD);
  });
  it("E_REQ_BODY_DIGEST: bytes that are not those of the digest or of the scope", () => {
    const good = makeRequest();
    const { op } = good.action;
    expect(verdictOn({ ...good, action: { ...good.action, op: { ...op, body: `${op.body} ` } } })).toBe(
      "E_REQ_BODY_DIGEST",
    );
    const scope = good.authorization_details.map((e) => ({ ...e, content_digest: "sha-256=:AAAA=:" }));
    expect(verdictOn({ ...good, authorization_details: scope })).toBe("E_REQ_BODY_DIGEST");
  });
});

describe("C10: a tool call", () => {
  const call = (url: string, scope: Record<string, unknown> = {}, change: (r: Draft) => void = () => undefined) =>
    operation(
      { method: "tools/call", url, media: "application/json", body: '{"dose":2.50}' },
      { type: RAR.mcpTool, locations: ["pharmacy"], tools: ["refill"], ...scope },
      (r) => {
        r.action.type = "urn:countersign:action:tool.call";
        change(r);
      },
    );
  it("is checked on its tool and its bytes", () => {
    expect(call("mcp:pharmacy/refill")).toBe(GOOD);
    expect(call("mcp:pharmacy/delete")).toBe(BAD);
    expect(call("https://pharmacy.example/refill")).toBe(BAD);
    expect(call("mcp:pharmacy/refill", { type: RAR.fhirOp })).toBe(BAD);
    expect(call("mcp:pharmacy/refill", {}, (r) => (r.action.type = "urn:countersign:action:order.create"))).toBe(BAD);
    expect(call("mcp:pharmacy/refill", {}, (r) => (r.action.op.body = "{'a'}"))).toBe(BAD);
  });
});
