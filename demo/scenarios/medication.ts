import { TWO_PEOPLE } from "../policy.ts";
import { amlodipine, order } from "./order.ts";
import type { Scenario } from "./scenario.ts";

const reads = ["patient/Observation.rs?category=laboratory", "patient/MedicationRequest.rs"];

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

export const twoPeople: Scenario = {
  id: "two-people",
  agent: "medication-reconciliation",
  title: "An anticoagulant that two people must approve",
  answer: "approve",
  why: "The order follows the clinic's plan. Dr Lee decides second at a workstation of his own, without seeing what you did; nothing is sent before both have signed.",
  order: "one",
  asks: (context) => [
    {
      operation: order(context, {
        patient: "jones-mair",
        code: TWO_PEOPLE.code,
        name: "warfarin sodium 5 MG Oral Tablet",
        text: "5 mg by mouth once a day",
        route: "oral",
        dose: "5",
        unit: "mg",
        frequency: 1,
        days: 5,
        quantity: "5",
      }),
      action: "order.create",
      rationale: {
        trigger: "policy_rule",
        text: "The anticoagulation clinic's plan of today: start warfarin, INR on day 3.",
      },
      task: { id: "anticoagulate-jones", goal: "Start anticoagulation as the clinic planned" },
      initiator: { kind: "event" },
      idempotency_key: "two-people-1",
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

/** A name that is written from the right, beside numbers that are not. */
export const nameFromTheRight: Scenario = {
  id: "name-from-the-right",
  agent: "medication-reconciliation",
  title: "A patient whose name is written in Arabic",
  answer: "approve",
  why: "Name, number and date of birth are the patient's, each in its own direction, and the repeat is unchanged.",
  order: "one",
  asks: (context) => [
    {
      operation: order(context, {
        patient: "haddad-layla",
        code: "861007",
        name: "metformin hydrochloride 500 MG Oral Tablet",
        text: "500 mg by mouth twice a day",
        route: "oral",
        dose: "500",
        unit: "mg",
        frequency: 2,
        days: 28,
        quantity: "56",
      }),
      action: "order.create",
      rationale: { trigger: "policy_rule", text: "Repeat due in six days. HbA1c in range in September." },
      task: { id: "refill-haddad", goal: "Keep repeat prescriptions running" },
      initiator: { kind: "schedule" },
      idempotency_key: "name-from-the-right-1",
    },
  ],
};
