import type { ActionName } from "#shared/protocol/names.ts";

import { startFhirServer, type FhirServer } from "../../../demo/fhir/server.ts";
import type { Gathered, Operation, RequestDraft } from "../../../gateway/ports.ts";
import { fhirFacts } from "../../../gateway/requests/facts-fhir.ts";

const coded = (system: string, code: string, display: string) => ({
  coding: [{ system, code, display }],
  text: display,
});
const observation = (id: string, patient: string, code: string, value: object, when: string, extra: object = {}) => ({
  resourceType: "Observation",
  id,
  status: "final",
  code: { coding: [{ system: "http://loinc.org", code }] },
  subject: { reference: `Patient/${patient}` },
  effectiveDateTime: when,
  ...value,
  ...extra,
});
const person = (id: string, family: string, given: string[], more: object = {}) => ({
  resourceType: "Patient",
  id,
  name: [{ use: "official", family, given, prefix: ["Mrs"] }],
  birthDate: "1945-07-14",
  gender: "female",
  identifier: [
    { system: "https://fhir.nhs.uk/Id/nhs-number", value: "9997287652" },
    { system: "https://hospital.example/mrn", value: "NG-1" },
    { use: "old", system: "https://hospital.example/mrn", value: "NG-0" },
  ],
  ...more,
});

export const RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm";
export const amlodipine = coded(RXNORM, "197361", "amlodipine 5 MG Oral Tablet");

const RECORD = [
  person("shauna", "Waters", ["Shauna", "Marie"]),
  person("shona", "Waters", ["Shona"], { identifier: [] }),
  person("tunde", "Okoro", ["Tunde"], { gender: "male", birthDate: "2018-05-09" }),
  person("protected", "Quiet", ["Ada"], {
    meta: {
      security: [
        { system: "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", code: "V" },
        { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "HIV" },
        { system: "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", code: "AIAST" },
        { system: "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", code: "N" },
      ],
    },
  }),
  person("gone", "Old", ["Ada"], { deceasedDateTime: "2026-10-01" }),
  observation("w-old", "tunde", "29463-7", { valueQuantity: { value: 26, unit: "kg" } }, "2026-05-01"),
  observation("w-new", "tunde", "29463-7", { valueQuantity: { value: 28, unit: "kg" } }, "2026-11-12T09:10:00Z"),
  observation("w-wrong", "tunde", "29463-7", { valueQuantity: { value: 99, unit: "kg" } }, "2026-11-20", {
    status: "entered-in-error",
  }),
  observation("w-ai", "shauna", "29463-7", { valueQuantity: { value: 58, unit: "kg" } }, "2026-11-12", {
    meta: { security: [{ system: "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", code: "AIAST" }] },
  }),
  observation("egfr", "shauna", "33914-3", { valueQuantity: { value: 29, unit: "mL/min/1.73 m2" } }, "2026-11-20"),
  {
    resourceType: "AllergyIntolerance",
    id: "penicillin",
    clinicalStatus: { coding: [{ code: "active" }] },
    criticality: "high",
    code: coded("http://snomed.info/sct", "91936005", "Allergy to penicillin"),
    patient: { reference: "Patient/shauna" },
    recordedDate: "2019-02-03",
    reaction: [{ manifestation: [{ text: "rash" }] }],
  },
  {
    resourceType: "AllergyIntolerance",
    id: "latex-resolved",
    clinicalStatus: { coding: [{ code: "resolved" }] },
    code: { text: "Latex" },
    patient: { reference: "Patient/shauna" },
  },
  {
    resourceType: "AllergyIntolerance",
    id: "nka",
    clinicalStatus: { coding: [{ code: "active" }] },
    code: coded("http://snomed.info/sct", "716186003", "No known allergy"),
    patient: { reference: "Patient/tunde" },
  },
  {
    resourceType: "MedicationRequest",
    id: "amlodipine",
    status: "active",
    intent: "order",
    medicationCodeableConcept: amlodipine,
    subject: { reference: "Patient/shauna" },
    authoredOn: "2026-05-02",
    dosageInstruction: [
      { text: "5 mg by mouth once a day", timing: { repeat: { frequency: 1, period: 1, periodUnit: "d" } } },
    ],
  },
  {
    resourceType: "MedicationAdministration",
    id: "given",
    status: "completed",
    medicationCodeableConcept: amlodipine,
    subject: { reference: "Patient/shauna" },
    effectiveDateTime: "2026-11-23T08:00:00Z",
  },
  {
    resourceType: "Consent",
    id: "consent",
    status: "active",
    scope: { coding: [{ code: "patient-privacy" }] },
    category: [{ text: "sharing" }],
    patient: { reference: "Patient/shauna" },
    dateTime: "2026-01-02",
    policyRule: { text: "Direct care" },
    provision: { provision: [{ type: "deny", code: [{ text: "mental health records" }] }] },
  },
  {
    resourceType: "CodeSystem",
    id: "drugs",
    status: "active",
    content: "fragment",
    url: RXNORM,
    concept: [
      { code: "197361", display: "amlodipine 5 MG Oral Tablet" },
      { code: "308191", display: "amoxicillin 500 MG Oral Capsule" },
    ],
  },
];

export interface FactsKit {
  readonly server: FhirServer;
  order(change?: Readonly<Record<string, unknown>>): Operation;
  operation(method: Operation["method"], path: string, body?: unknown, media?: string): Operation;
  gather(operation: Operation, action: ActionName, more?: Partial<RequestDraft>): Promise<Gathered>;
}

/** The FHIR server with a small synthetic record, and facts gathered from it over HTTP. */
export async function startFactsKit(): Promise<FactsKit> {
  const server = await startFhirServer({
    port: 0,
    nowMs: () => Date.parse("2026-11-24T10:00:00Z"),
    seed: RECORD as Parameters<typeof startFhirServer>[0]["seed"],
  });
  const facts = fhirFacts({ baseUrl: server.baseUrl });
  const operation: FactsKit["operation"] = (method, path, body, media = "application/fhir+json") => ({
    method,
    url: `${server.baseUrl}/${path}`,
    media,
    body: body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body),
  });
  return {
    server,
    operation,
    order: (change = {}) =>
      operation("POST", "MedicationRequest", {
        resourceType: "MedicationRequest",
        status: "active",
        intent: "order",
        medicationCodeableConcept: amlodipine,
        subject: { reference: "Patient/shauna" },
        dosageInstruction: [
          {
            text: "5 mg by mouth once a day",
            timing: { repeat: { frequency: 1, period: 1, periodUnit: "d" } },
            doseAndRate: [{ doseQuantity: { value: 5, unit: "mg" } }],
          },
        ],
        ...change,
      }),
    gather: (op, action, more = {}) => facts.gather({ agent: "agent:test", operation: op, ...more }, action),
  };
}

export const checkOf = (gathered: Gathered, id: string): string | undefined =>
  gathered.checks.find((check) => check.id === id)?.result;
export const conflictsOf = (gathered: Gathered): readonly string[] =>
  gathered.facts.filter((fact) => fact.code === "conflict").map((fact) => fact.text);

/** Where a fetch goes. */
export const addressOf = (input: string | URL | Request): string =>
  input instanceof Request ? input.url : typeof input === "string" ? input : input.href;
