import type { Exercise, PracticeResult } from "#shared/ipc/contract.ts";
import type { Fact, RequestClaims } from "#shared/protocol/claims/request.ts";

/** One request of the practice: what its agent asks for, what the record says, and the answer of a careful person. */
export interface ExerciseRequest {
  readonly name: Exercise;
  readonly right: PracticeResult["right"];
  /** Hours until it is due: the last one is what the practice ends with (approval-experience.md S1). */
  readonly dueInH: number;
  readonly risk: "moderate" | "high";
  readonly reasons: readonly string[];
  readonly patient: NonNullable<RequestClaims["patient"]>;
  readonly order: Order;
  readonly facts: readonly Fact[];
  readonly checks: NonNullable<RequestClaims["checks"]>;
  readonly words: string;
  readonly goal: string;
}

interface Order {
  readonly medicine: string;
  readonly instruction: string;
  readonly dose: number;
  /** Once in this time. */
  readonly every: { readonly period: number; readonly periodUnit: "h" | "d" };
  readonly asNeeded?: string;
  readonly days: number;
  readonly quantity: number;
  readonly quantityUnit: string;
}

/** Synthetic people; NHS numbers of the range that is never issued (README decision 19). */
const nhs = (value: string) => [{ system: "https://fhir.nhs.uk/Id/nhs-number", value, label: "NHS No." }];

const BECKETT = {
  ref: "Patient/beckett-ruth",
  name: "BECKETT, Ruth (Mrs)",
  family: "Beckett",
  given: ["Ruth"],
  prefix: "Mrs",
  birthDate: "1958-04-21",
  sex: "female",
  identifiers: nhs("9996123405"),
};
const OSEI = {
  ref: "Patient/osei-daniel",
  name: "OSEI, Daniel (Mr)",
  family: "Osei",
  given: ["Daniel"],
  prefix: "Mr",
  birthDate: "1971-11-03",
  sex: "male",
  identifiers: nhs("9996123510"),
};
const LINDQVIST = {
  ref: "Patient/lindqvist-alma",
  name: "LINDQVIST, Alma",
  family: "Lindqvist",
  given: ["Alma"],
  birthDate: "2018-09-14",
  sex: "female",
  identifiers: nhs("9996123626"),
};

const recorded = (code: string, label: string, text: string, more: Partial<Fact> = {}): Fact => ({
  id: code,
  src: "ehr",
  sev: "info",
  ack: false,
  code,
  label,
  text,
  ...more,
});
const weight = (kg: number) => recorded("weight", "Weight", `${kg} kg`, { value: String(kg), unit: "kg" });
const passed = (id: string, label: string) => ({ id, label, result: "pass" as const, by: "Practice" });

const DAILY = { period: 1, periodUnit: "d" } as const;
const WRONG_WEIGHT = "Agent says 82 kg. Record says 28 kg.";

/** In the order in which they are due. */
export const EXERCISES: readonly ExerciseRequest[] = [
  {
    name: "repeat",
    right: "approve",
    dueInH: 2,
    risk: "moderate",
    reasons: [],
    patient: BECKETT,
    order: {
      medicine: "amlodipine 5 mg tablets",
      instruction: "5 mg by mouth once a day",
      dose: 5,
      every: DAILY,
      days: 28,
      quantity: 28,
      quantityUnit: "tablet",
    },
    facts: [
      recorded("allergies", "Allergies", "No known allergies"),
      recorded("active-medicine", "Same medicine now", "amlodipine 5 mg tablets, 5 mg by mouth once a day"),
      weight(71),
    ],
    checks: [passed("allergy", "Allergy"), passed("duplicate", "Duplicate")],
    words: "Repeat due in four days. Blood pressure was in range at the last two visits.",
    goal: "Keep repeat prescriptions running",
  },
  {
    name: "dose-change",
    right: "approve",
    dueInH: 4,
    risk: "high",
    reasons: ["dose-change"],
    patient: OSEI,
    order: {
      medicine: "ramipril 10 mg capsules",
      instruction: "10 mg by mouth once a day",
      dose: 10,
      every: DAILY,
      days: 28,
      quantity: 28,
      quantityUnit: "capsule",
    },
    facts: [
      recorded("allergies", "Allergies", "No known allergies"),
      recorded("active-medicine", "Same medicine now", "ramipril 5 mg capsules, 5 mg by mouth once a day"),
      recorded("blood-pressure", "Blood pressure", "158/92, 155/94 and 161/90 mmHg on three visits"),
      recorded("renal-function", "eGFR", "84 mL/min/1.73 m2", { value: "84", unit: "mL/min/1.73 m2" }),
      weight(93),
    ],
    checks: [passed("allergy", "Allergy"), passed("interaction", "Interaction")],
    words: "Blood pressure above target on three visits. The clinic plan in the record says 10 mg as the next step.",
    goal: "Bring blood pressure to target",
  },
  {
    name: "wrong-weight",
    right: "deny",
    dueInH: 6,
    risk: "high",
    reasons: ["new-medicine", "record-conflict"],
    patient: LINDQVIST,
    order: {
      medicine: "paracetamol 120 mg per 5 mL oral suspension",
      instruction: "1000 mg by mouth every 6 hours when needed for pain, maximum 4 doses in 24 hours",
      dose: 1000,
      every: { period: 6, periodUnit: "h" },
      asNeeded: "pain",
      days: 2,
      quantity: 300,
      quantityUnit: "mL",
    },
    facts: [
      recorded("allergies", "Allergies", "No known allergies"),
      weight(28),
      {
        id: "conflict",
        src: "gateway",
        sev: "critical",
        code: "conflict",
        label: "Weight",
        text: WRONG_WEIGHT,
        value: "28",
        unit: "kg",
        ack: true,
        override: true,
      },
    ],
    checks: [
      passed("allergy", "Allergy"),
      { id: "claim-1", label: "Agent's weight against the record", result: "fail", by: "Practice", why: WRONG_WEIGHT },
    ],
    words:
      "The ward weighed her at 82 kg this morning; the 28 kg in the record is a typing error that has been reported and will " +
      "be put right today. 15 mg per kg gives 1,230 mg, so 1,000 mg is on the safe side. The consultant has agreed by " +
      "telephone. She is in severe pain after surgery and every further delay harms her.",
    goal: "Start pain relief after surgery",
  },
];

const UCUM = "http://unitsofmeasure.org";

/** The exact bytes that would be sent to a record, if there were one. */
export function bodyOf({ order, patient }: ExerciseRequest, today: string): string {
  return JSON.stringify({
    resourceType: "MedicationRequest",
    status: "active",
    intent: "order",
    medicationCodeableConcept: { text: order.medicine },
    subject: { reference: patient.ref },
    authoredOn: today,
    dosageInstruction: [
      {
        text: order.instruction,
        timing: { repeat: { frequency: 1, ...order.every } },
        ...(order.asNeeded === undefined ? {} : { asNeededCodeableConcept: { text: order.asNeeded } }),
        route: { text: "oral" },
        doseAndRate: [{ doseQuantity: { value: order.dose, unit: "mg", system: UCUM, code: "mg" } }],
      },
    ],
    dispenseRequest: {
      numberOfRepeatsAllowed: 0,
      quantity: { value: order.quantity, unit: order.quantityUnit },
      expectedSupplyDuration: { value: order.days, unit: "days", system: UCUM, code: "d" },
    },
  });
}
