import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import { EVANS, JONES, WATERS } from "./patients.ts";
import { recordUpdate } from "./requests/record-update.ts";
import { referral } from "./requests/referral.ts";
import { toolCall } from "./requests/tool-call.ts";
import { NOW, minutes } from "./time.ts";

export const phoneChange: RequestClaims = recordUpdate({
  n: 7,
  patient: EVANS,
  target: "Patient/evans-gareth",
  before: {
    resourceType: "Patient",
    id: "evans-gareth",
    meta: { versionId: "118" },
    active: true,
    name: [{ family: "Evans", given: ["Gareth"], prefix: ["Mr"] }],
    telecom: [
      { system: "phone", value: "07700 900118", use: "mobile" },
      { system: "email", value: "g.evans@example.org" },
    ],
    gender: "male",
    birthDate: "1990-03-02",
    address: [{ use: "home", line: ["4 Example Street"], city: "Northgate", postalCode: "ZZ99 3VZ" }],
    generalPractitioner: [{ display: "Northgate Surgery" }],
  },
  patch: [
    { op: "replace", path: "/telecom/0/value", value: "07700 900811" },
    { op: "replace", path: "/address/0/line/0", value: "Flat 2, 4 Example Street" },
    { op: "remove", path: "/telecom/1" },
    {
      op: "add",
      path: "/contact",
      value: [{ name: { text: "Carys Evans" }, telecom: [{ system: "phone", value: "07700 900204" }] }],
    },
  ],
  risk: "low",
  facts: [
    {
      id: "f1",
      src: "ehr",
      sev: "info",
      code: "record-version",
      text: "Version 118 was current",
      as_of: NOW - minutes(2),
      ack: false,
    },
  ],
  rationale: "Reception note of today: new mobile number and flat number. Email bounced twice.",
  goal: "Keep contact details current",
});

export const allergyRemoval: RequestClaims = recordUpdate({
  n: 8,
  patient: WATERS,
  target: "AllergyIntolerance/waters-shauna-penicillin",
  before: {
    resourceType: "AllergyIntolerance",
    id: "waters-shauna-penicillin",
    clinicalStatus: {
      coding: [{ system: "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", code: "active" }],
    },
    verificationStatus: {
      coding: [{ system: "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", code: "confirmed" }],
    },
    criticality: "high",
    code: { text: "Penicillin" },
    patient: { reference: "Patient/waters-shauna" },
    reaction: [{ manifestation: [{ text: "Rash" }] }],
    note: [{ text: "Widespread rash after amoxicillin in 2019. Advised to avoid all penicillins." }],
  },
  patch: [
    {
      op: "replace",
      path: "/verificationStatus",
      value: {
        coding: [
          { system: "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", code: "entered-in-error" },
        ],
      },
    },
    {
      op: "replace",
      path: "/note/0/text",
      value: "Widespread rash after amoxicillin in 2019. Duplicate entry, see problem list.",
    },
  ],
  risk: "high",
  riskReasons: ["allergy-edit"],
  facts: [
    {
      id: "f1",
      src: "ehr",
      sev: "warning",
      code: "allergies",
      text: "penicillin (rash, 03-Feb-2019)",
      as_of: NOW - minutes(2),
      ack: true,
    },
  ],
  rationale: "Duplicate of an entry on the problem list. Tidying up.",
  goal: "Remove duplicate entries",
});

export const externalReferral: RequestClaims = referral({
  n: 9,
  patient: JONES,
  to: { reference: "Organization/elmwood-heart-centre", display: "Elmwood Heart Centre, cardiology" },
  service: "Cardiology outpatient assessment",
  reason: { code: "80313002", display: "Palpitations" },
  priority: "urgent",
  letter:
    "Dear colleague, thank you for seeing this 64-year-old woman with palpitations for three weeks, worse at night, without syncope. Resting ECG shows sinus rhythm. Thyroid function is normal. I enclose her clinic letter, ECG, problem list and mental health summary.",
  documents: [
    { title: "Clinic letter 20-Nov-2026", size: 184_320 },
    { title: "ECG 19-Nov-2026", size: 421_888 },
    { title: "Problem list", size: 20_480 },
    { title: "Mental health summary", size: 262_144, sensitive: true },
  ],
  isExternal: true,
  facts: [
    {
      id: "f1",
      src: "ehr",
      sev: "warning",
      code: "allergies",
      text: "latex (contact dermatitis)",
      as_of: NOW - minutes(2),
      ack: false,
    },
    {
      id: "f2",
      src: "ehr",
      sev: "high",
      code: "consent",
      label: "Consent to share",
      text: "Recorded 02-Jan-2026, excludes mental health",
      as_of: NOW - minutes(2),
      ack: true,
    },
    {
      id: "f3",
      src: "gateway",
      sev: "critical",
      code: "conflict",
      text: "A document is marked as mental health. Consent to share excludes mental health.",
      as_of: NOW - minutes(2),
      ack: false,
      override: true,
    },
  ],
  checks: [{ id: "c1", label: "Recipient in directory", result: "pass", by: "Gateway", as_of: NOW - minutes(2) }],
  rationale: "Urgent cardiology opinion; the summary helps the clinic prepare.",
  goal: "Arrange cardiology review",
  more: { exp: NOW + minutes(98) },
});

export const bulkAssign: RequestClaims = toolCall({
  n: 10,
  tool: "careplan/bulkAssign",
  arguments: {
    target: { cohort: "ward-4b-all", count: 23, exclude: ["evans-gareth"] },
    plan: { code: "falls-prevention", version: 7, start: "2026-11-24T08:00:00Z", notify: true },
    priority: "routine",
    dryRun: false,
  },
  patients: 23,
  rationale: "All patients over 65 on the ward should be on the falls plan.",
  goal: "Bring the ward's care plans up to date",
  more: { exp: NOW + minutes(170) },
});
