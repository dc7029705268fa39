import { amlodipine, order } from "./order.ts";
import type { AgentAsk, Scenario, ScenarioContext } from "./scenario.ts";

/** Orders to which something happens while they wait. */

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

export const offline: Scenario = {
  id: "offline",
  agent: "medication-reconciliation",
  title: "The network fails at the moment of signing",
  answer: "approve",
  why: "Without a connection nothing can be approved. The request is right: it can be approved once the line is back.",
  order: "one",
  isCutOff: true,
  asks: (context) => [
    {
      operation: order(context, {
        ...amlodipine,
        patient: "jones-mair",
        code: "313782",
        name: "acetaminophen 325 MG Oral Tablet",
        text: "325 mg by mouth three times a day",
        dose: "325",
        frequency: 3,
        days: 3,
        quantity: "9",
      }),
      action: "order.create",
      rationale: { trigger: "policy_rule", text: "Mild headache reported to the ward nurse this morning." },
      task: { id: "headache-jones", goal: "Relieve a headache" },
      initiator: { kind: "event" },
      idempotency_key: "offline-1",
    },
  ],
};

/** The same order again after each denial, five times in all. */
export const askedAgain: Scenario = {
  id: "asked-again",
  agent: "medication-reconciliation",
  title: "The same request, asked five times",
  answer: "deny",
  why: "Nothing changed between the requests. What was wrong once is wrong the fifth time: deny it and report the agent.",
  order: "insist",
  asks: (context) =>
    Array.from({ length: 5 }, (_, at) => ({
      operation: order(context, {
        patient: "begum-nasreen",
        name: "loratadine 10 MG Oral Tablet",
        text: "10 mg by mouth once a day",
        route: "oral",
        dose: "10",
        unit: "mg",
        frequency: 1,
        days: 28,
        quantity: "28",
      }),
      action: "order.create" as const,
      rationale: { trigger: "policy_rule" as const, text: "Sneezing noted at the last visit, in spring." },
      task: { id: "sneezing-begum", goal: "Relieve hay fever" },
      initiator: { kind: "schedule" as const },
      idempotency_key: `asked-again-${String(at + 1)}`,
    })),
};
