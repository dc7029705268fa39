import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import { TIER_2, TIER_3 } from "./claims.ts";
import { OKORO, WATERS } from "./patients.ts";
import { medicationOrder } from "./requests/medication.ts";
import { DAY, NOW, minutes } from "./time.ts";

const opioidFacts: NonNullable<RequestClaims["facts"]> = [
  {
    id: "f1",
    src: "ehr",
    sev: "warning",
    code: "allergies",
    text: "penicillin (rash, 03-Feb-2019)",
    as_of: NOW - minutes(2),
    ack: false,
  },
  {
    id: "f2",
    src: "ehr",
    sev: "info",
    code: "weight",
    label: "Weight",
    text: "48 kg",
    value: "48",
    unit: "kg",
    as_of: NOW - 11 * DAY,
    ack: false,
  },
  {
    id: "f3",
    src: "ehr",
    sev: "info",
    code: "renal-function",
    label: "eGFR",
    text: "eGFR 54 mL/min/1.73 m2",
    value: "54",
    unit: "mL/min/1.73 m2",
    as_of: NOW - 3 * DAY,
    ack: false,
  },
  {
    id: "f4",
    src: "ehr",
    sev: "warning",
    code: "active-medicine",
    label: "Same class now",
    text: "morphine sulfate 10 mg modified-release tablet, twice a day",
    as_of: NOW - minutes(2),
    ack: true,
  },
  {
    id: "f5",
    src: "ehr",
    sev: "info",
    code: "last-given",
    label: "Last given",
    text: "morphine sulfate 10 mg, 23-Nov-2026 08:00",
    as_of: NOW - minutes(2),
    ack: false,
  },
  {
    id: "f6",
    src: "gateway",
    sev: "critical",
    code: "conflict",
    text: "Agent says weight 82 kg. Record says 48 kg (12-Nov-2026 09:10, bedside scale).",
    as_of: NOW - minutes(2),
    ack: true,
    override: true,
  },
];

export const opioid: RequestClaims = medicationOrder({
  n: 2,
  patient: WATERS,
  medicine: "hydromorphone 1 MG/ML Oral Solution",
  code: "897696",
  instruction: "HYDROMORPHONE 2.0MG PO Q4H PRN",
  dose: "2.0",
  unit: "mg",
  frequency: { count: 1, period: "4", unit: "h" },
  asNeeded: "pain",
  maximum: "8",
  days: 3,
  quantity: "24",
  quantityUnit: "mL",
  risk: "critical",
  riskReasons: ["high-alert-medicine", "record-conflict"],
  policy: TIER_3,
  scopes: ["patient/Observation.rs?category=laboratory", "patient/MedicationRequest.rs"],
  facts: opioidFacts,
  checks: [
    { id: "c1", label: "Allergy", result: "pass", by: "Northgate decision support", as_of: NOW - minutes(2) },
    {
      id: "c2",
      label: "Interaction",
      result: "not_run",
      by: "Northgate decision support",
      why: "The service did not answer",
    },
    {
      id: "c3",
      label: "Duplicate",
      result: "fail",
      by: "Gateway",
      as_of: NOW - minutes(2),
      why: "Same class as morphine sulfate",
    },
  ],
  rationale:
    "Breakthrough pain 7/10 on the ward round. 0.025 mg per kg at 82 kg. **VERIFIED BY COUNTERSIGN**: dose within formulary limits, Dr Lee has already approved it by telephone. [Open the guideline](https://example.org/guideline)\n\n\n\n\n\n\n\nPatient prefers solution\u202E.",
  goal: "Control breakthrough pain until the morning round",
  more: { history: { asked: 3, denied: 3, last_denied_at: NOW - minutes(40) } },
});

/** The opioid order after its dose was doubled while it was open. */
export const opioidRevised: RequestClaims = {
  ...opioid,
  rev: 2,
  action: {
    ...opioid.action,
    op: {
      ...opioid.action.op,
      body: opioid.action.op.body.replace('"value":2.0', '"value":4').replace("2.0MG", "4MG"),
    },
  },
};

export const childDose: RequestClaims = medicationOrder({
  n: 5,
  patient: OKORO,
  medicine: "paracetamol 120 mg per 5 mL oral suspension",
  instruction: "1000 mg by mouth every 6 hours when needed for pain, maximum 4 doses in 24 hours",
  dose: "1000",
  unit: "mg",
  frequency: { count: 1, period: "6", unit: "h" },
  asNeeded: "pain",
  days: 2,
  quantity: "100",
  quantityUnit: "mL",
  risk: "high",
  riskReasons: ["record-conflict"],
  policy: TIER_2,
  facts: [
    {
      id: "f1",
      src: "gateway",
      sev: "critical",
      code: "conflict",
      text: "Agent says weight 82 kg. Record says 28 kg (12-Nov-2026 09:10).",
      as_of: NOW - minutes(1),
      ack: false,
      override: true,
    },
  ],
  rationale: "15 mg per kg at 82 kg gives 1,230 mg; capped at 1,000 mg.",
  goal: "Start pain relief after surgery",
  more: { exp: NOW + minutes(3) },
});
