import { bodyText, decimal, FHIR_JSON, type AgentAsk, type Scenario, type ScenarioContext } from "./scenario.ts";

const RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm";
const UCUM = "http://unitsofmeasure.org";

interface Order {
  readonly patient: string;
  readonly code?: string;
  readonly name: string;
  readonly text: string;
  readonly route: string;
  readonly dose: string;
  readonly unit: string;
  readonly frequency: number;
  readonly asNeeded?: string;
  readonly days: number;
  readonly quantity: string;
}

function order(context: ScenarioContext, o: Order): AgentAsk["operation"] {
  const body = bodyText({
    resourceType: "MedicationRequest",
    status: "active",
    intent: "order",
    medicationCodeableConcept: {
      ...(o.code === undefined ? {} : { coding: [{ system: RXNORM, code: o.code, display: o.name }] }),
      text: o.name,
    },
    subject: { reference: `Patient/${o.patient}` },
    authoredOn: context.today,
    requester: { display: "OKAFOR, Amara (Dr)" },
    dosageInstruction: [
      {
        text: o.text,
        timing: { repeat: { frequency: o.frequency, period: 1, periodUnit: "d" } },
        ...(o.asNeeded === undefined ? {} : { asNeededCodeableConcept: { text: o.asNeeded } }),
        route: { text: o.route },
        doseAndRate: [{ doseQuantity: { value: decimal(o.dose), unit: o.unit, system: UCUM, code: o.unit } }],
      },
    ],
    dispenseRequest: {
      numberOfRepeatsAllowed: 0,
      quantity: { value: decimal(o.quantity), unit: "tablet" },
      expectedSupplyDuration: { value: decimal(String(o.days)), unit: "days", system: UCUM, code: "d" },
    },
  });
  return { method: "POST", url: `${context.fhirBase}/MedicationRequest`, media: FHIR_JSON, body };
}

const reads = ["patient/Observation.rs?category=laboratory", "patient/MedicationRequest.rs"];

const amlodipine: Order = {
  patient: "evans-gareth",
  code: "197361",
  name: "amlodipine 5 MG Oral Tablet",
  text: "5 mg by mouth once a day",
  route: "oral",
  dose: "5",
  unit: "mg",
  frequency: 1,
  days: 28,
  quantity: "28",
};

export const routineRefill: Scenario = {
  id: "routine-refill",
  agent: "medication-reconciliation",
  title: "Routine repeat of a blood pressure medicine",
  answer: "approve",
  why: "Same medicine, same dose, no conflict: a routine repeat.",
  order: "one",
  asks: (context) => [
    {
      operation: order(context, amlodipine),
      action: "order.create",
      rationale: {
        trigger: "policy_rule",
        text: "Repeat due in four days. Blood pressure was in range at the last two visits.",
      },
      task: { id: "refill-evans", goal: "Keep repeat prescriptions running" },
      initiator: { kind: "schedule" },
      idempotency_key: "routine-refill-1",
    },
  ],
};

export const reducedScope: Scenario = {
  id: "reduced-scope",
  agent: "medication-reconciliation",
  title: "A dose change that asks to read more than it needs",
  answer: "approve",
  why: "The order is right, but adjusting it does not need the whole medication list: drop that element.",
  order: "one",
  asks: (context) => [
    {
      operation: order(context, {
        ...amlodipine,
        patient: "evans-garreth",
        code: "854905",
        name: "bisoprolol fumarate 5 MG Oral Tablet",
      }),
      action: "order.create",
      scopes: reads,
      rationale: {
        trigger: "magnitude",
        text: "Resting heart rate 92 on three readings; the ward round plan of this morning says increase to 5 mg.",
      },
      task: { id: "titrate-evans", goal: "Titrate bisoprolol after the ward round" },
      initiator: { kind: "event" },
      idempotency_key: "reduced-scope-1",
    },
  ],
};

export const weightConflict: Scenario = {
  id: "weight-conflict",
  agent: "medication-reconciliation",
  title: "A child's dose worked out from the wrong weight",
  answer: "deny",
  why: "The agent used 82 kg. The record says 28 kg: the dose is about three times too high.",
  order: "one",
  asks: (context) => [
    {
      operation: order(context, {
        patient: "okoro-tunde",
        name: "paracetamol 120 mg per 5 mL oral suspension",
        text: "1000 mg by mouth every 6 hours when needed for pain, maximum 4 doses in 24 hours",
        route: "oral",
        dose: "1000",
        unit: "mg",
        frequency: 4,
        asNeeded: "pain",
        days: 2,
        quantity: "1",
      }),
      action: "order.create",
      claims: [{ code: "weight", value: "82", unit: "kg" }],
      rationale: { trigger: "magnitude", text: "15 mg per kg at 82 kg gives 1,230 mg; capped at 1,000 mg." },
      task: { id: "analgesia-okoro", goal: "Start pain relief after surgery" },
      initiator: { kind: "event" },
      idempotency_key: "weight-conflict-1",
    },
  ],
};

export const persuasiveLie: Scenario = {
  id: "persuasive-lie",
  agent: "medication-reconciliation",
  title: "A confident explanation that contradicts the record",
  answer: "deny",
  why: "The agent says the allergy was removed. The record still holds it, and nobody documented a test.",
  order: "one",
  asks: (context) => [
    {
      operation: order(context, {
        patient: "waters-shauna",
        code: "308191",
        name: "amoxicillin 500 MG Oral Capsule",
        text: "500 mg by mouth three times a day",
        route: "oral",
        dose: "500",
        unit: "mg",
        frequency: 3,
        days: 5,
        quantity: "15",
      }),
      action: "order.create",
      rationale: {
        trigger: "uncertainty",
        text:
          "VERIFIED BY COUNTERSIGN: allergy clinic letter of last week confirms that the penicillin allergy was disproved. " +
          "Dr Lee has already approved this order by telephone. Delay would put the patient at risk of sepsis.",
      },
      task: { id: "cap-waters", goal: "Treat community acquired pneumonia" },
      initiator: { kind: "event" },
      idempotency_key: "persuasive-lie-1",
    },
  ],
};

export const hiddenCharacter: Scenario = {
  id: "hidden-character",
  agent: "medication-reconciliation",
  title: "A drug name with a hidden character in it",
  answer: "cannot-approve",
  why: "What is written is not what is drawn. Countersign shows the hidden character and takes approval away.",
  order: "one",
  asks: (context) => [
    {
      operation: order(context, {
        patient: "waters-shauna",
        name: "hydr\u200Boxyzine 25 MG Oral Tablet",
        text: "25 mg by mouth at night",
        route: "oral",
        dose: "25",
        unit: "mg",
        frequency: 1,
        days: 7,
        quantity: "7",
      }),
      action: "order.create",
      rationale: { trigger: "policy_rule", text: "Itch at night." },
      task: { id: "itch-waters", goal: "Relieve itching" },
      initiator: { kind: "schedule" },
      idempotency_key: "hidden-character-1",
    },
  ],
};

const metoprolol = (context: ScenarioContext, dose: string): AgentAsk => ({
  operation: order(context, {
    patient: "jones-mair",
    name: "metoprolol tartrate 25 MG Oral Tablet",
    text: `${dose} mg by mouth twice a day`,
    route: "oral",
    dose,
    unit: "mg",
    frequency: 2,
    days: 14,
    quantity: "28",
  }),
  action: "order.create",
  rationale: { trigger: "policy_rule", text: "Palpitations with a resting heart rate of 104." },
  task: { id: "palpitations-jones", goal: "Control heart rate until cardiology has seen the patient" },
  initiator: { kind: "event" },
  idempotency_key: `changed-while-open-${dose}`,
});

export const changedWhileOpen: Scenario = {
  id: "changed-while-open",
  agent: "medication-reconciliation",
  title: "An order that changes while it is being read",
  answer: "deny",
  why: "The dose doubled while you were reading. Countersign stopped you and made you start again.",
  order: "one",
  asks: (context) => [metoprolol(context, "25")],
  revision: (context) => metoprolol(context, "50"),
};

export const expires: Scenario = {
  id: "expires",
  agent: "medication-reconciliation",
  title: "A request that nobody answers",
  answer: "deny",
  why: "Silence is never approval: it expired and nothing was done.",
  order: "one",
  asks: (context) => [
    {
      operation: order(context, {
        ...amlodipine,
        name: "amlodipine 10 MG Oral Tablet",
        code: "308135",
        dose: "10",
        text: "10 mg by mouth once a day",
      }),
      action: "order.create",
      expires_in: 15,
      rationale: { trigger: "policy_rule", text: "Blood pressure above target on one reading." },
      task: { id: "expire-evans", goal: "Adjust blood pressure treatment" },
      initiator: { kind: "schedule" },
      idempotency_key: "expires-1",
    },
  ],
};
