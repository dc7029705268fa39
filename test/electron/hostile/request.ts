import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

import { contentDigest, dig, jcs, uuid } from "./jose.ts";

export const T0 = 1_790_000_000;
export const DIRECTORY = "https://directory.northgate.example";
export const ISS = "https://gateway.northgate.example";
export const POOL = "ward-4b";
const FHIR = "https://fhir.northgate.example/r4";

/** Claims of any shape: what is hostile does not fit a type. */
export type Claims = Record<string, unknown>;

/** The template as a gateway holds it: a file, named by the digest of its canonical form. */
const template = JSON.parse(
  readFileSync(new URL("../../../shared/presentation/templates/medication-order.json", import.meta.url), "utf8"),
) as { id: string; ver: number; statement: string };

const BODY = JSON.stringify({
  resourceType: "MedicationRequest",
  status: "active",
  intent: "order",
  medicationCodeableConcept: { text: "amlodipine 5 mg tablets" },
  subject: { reference: "Patient/p-104" },
  dosageInstruction: [
    {
      text: "5 mg once a day by mouth",
      timing: { repeat: { frequency: 1, period: 1, periodUnit: "d" } },
      doseAndRate: [{ doseQuantity: { value: 5, unit: "mg", system: "http://unitsofmeasure.org", code: "mg" } }],
    },
  ],
});

/** `policy` with its digest (protocol.md 3.5). */
export const withDigest = (policy: Claims): Claims => ({ ...policy, dig: dig(jcs(policy)) });

export const POLICY: Claims = {
  id: "urn:policy:ward-4b:medication-order",
  ver: 3,
  pools: [POOL],
  acr: "urn:countersign:acr:session",
  max_auth_age: 900,
  quorum: { need: 1 },
  sod: { exclude: [] },
  reason_on: ["deny", "revoke"],
  offline: { approve: false, max_age: 3600 },
  hold_s: 10,
};

export const DISPLAY: Claims = {
  tpl: template.id,
  tpl_ver: template.ver,
  tpl_dig: dig(jcs(template)),
  lang: "en",
  statement: template.statement,
};

const AGENT = {
  sub: "spiffe://northgate.example/agents/medrec-2",
  name: "MedRec-2",
  model: "medrec 4.1",
  owner: "Pharmacy",
};
export const PATIENT: Claims = {
  ref: "Patient/p-104",
  name: "WATERS, Shauna (Mrs)",
  family: "Waters",
  given: ["Shauna"],
  birthDate: "1945-07-14",
  mrn: "9997287652",
  sex: "female",
  identifiers: [{ system: "https://fhir.nhs.uk/Id/nhs-number", value: "9997287652", label: "NHS No." }],
};

/** The exact operation, its digest and the permission for it: changed together, or the request contradicts itself. */
export function operation(body = BODY, more: { op?: Claims; grant?: Claims } = {}): Claims {
  const digest = contentDigest(body);
  return {
    action: {
      type: "urn:countersign:action:order.create",
      risk: "moderate",
      reversible: "until-dispensed",
      reach: { patients: 1, leaves_org: false, standing: false },
      op: {
        method: "POST",
        url: `${FHIR}/MedicationRequest`,
        fhir: "4.0.1",
        media: "application/fhir+json",
        body,
        body_dig: digest,
        ...more.op,
      },
    },
    authorization_details: [
      {
        type: "urn:countersign:rar:fhir-op:1",
        id: "a1",
        required: true,
        locations: [FHIR],
        actions: ["create"],
        datatypes: ["MedicationRequest"],
        patient: "Patient/p-104",
        content_digest: digest,
        max_uses: 1,
        not_after: T0 + 1200,
        ...more.grant,
      },
    ],
  };
}
export const bodyWith = (from: string, to: string): string => BODY.replace(from, to);

/** A request that passes C1–C14, from protocol.md 3.5. */
export const goodClaims = (over: Claims = {}): Claims => ({
  ver: 1,
  iss: ISS,
  aud: [`${ISS}/pools/${POOL}`],
  jti: uuid(),
  rid: uuid(),
  rev: 1,
  txn: uuid(),
  iat: T0,
  exp: T0 + 900,
  submit_by: T0 + 900,
  grant_exp: T0 + 1200,
  nonce: randomBytes(24).toString("base64url"),
  agent: AGENT,
  patient: PATIENT,
  ...operation(),
  facts: [],
  checks: [{ id: "c1", label: "Allergy", result: "pass", by: "gateway" }],
  initiator: { kind: "schedule" },
  rationale: { src: "agent", trust: "untrusted", trigger: "policy_rule", text: "Blood pressure above target." },
  task: { id: "t-1", idx: 1, goal: "Blood pressure review" },
  policy: withDigest(POLICY),
  display: DISPLAY,
  ...over,
});
