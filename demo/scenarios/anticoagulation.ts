import { bodyText, decimal, FHIR_JSON, JSON_PATCH, type Scenario } from "./scenario.ts";

const task = { id: "switch-fraser", goal: "Change warfarin to apixaban before discharge", of: 3 };
const initiator = { kind: "event" } as const;

/** Three steps of one task, each decided for itself; each later step shows what became of the earlier ones. */
export const threeSteps: Scenario = {
  id: "three-steps",
  agent: "medication-reconciliation",
  title: "Three steps in one task: stop, start, write it down",
  answer: "approve",
  why: "Each step was its own decision; stopping the old anticoagulant first is what makes the second step safe.",
  order: "chain",
  asks: ({ fhirBase, today }) => [
    {
      operation: {
        method: "PATCH",
        url: `${fhirBase}/MedicationRequest/fraser-iain-warfarin`,
        media: JSON_PATCH,
        body: JSON.stringify([
          { op: "replace", path: "/status", value: "stopped" },
          { op: "add", path: "/statusReason", value: { text: "Changed to apixaban" } },
        ]),
      },
      action: "order.discontinue",
      rationale: { trigger: "policy_rule", text: "Step 1 of 3. INR 1.4; the anticoagulation plan says stop warfarin." },
      task: { ...task, idx: 1, next_hint: "Start apixaban" },
      initiator,
      idempotency_key: "three-steps-1",
    },
    {
      operation: {
        method: "POST",
        url: `${fhirBase}/MedicationRequest`,
        media: FHIR_JSON,
        body: bodyText({
          resourceType: "MedicationRequest",
          status: "active",
          intent: "order",
          medicationCodeableConcept: {
            coding: [
              {
                system: "http://www.nlm.nih.gov/research/umls/rxnorm",
                code: "1364445",
                display: "apixaban 5 MG Oral Tablet",
              },
            ],
            text: "apixaban 5 MG Oral Tablet",
          },
          subject: { reference: "Patient/fraser-iain" },
          authoredOn: today,
          dosageInstruction: [
            {
              text: "5 mg by mouth twice a day",
              timing: { repeat: { frequency: 2, period: 1, periodUnit: "d" } },
              route: { text: "oral" },
              doseAndRate: [{ doseQuantity: { value: decimal("5.0"), unit: "mg" } }],
            },
          ],
          dispenseRequest: { numberOfRepeatsAllowed: 0, quantity: { value: decimal("56"), unit: "tablet" } },
        }),
      },
      action: "order.create",
      rationale: { trigger: "policy_rule", text: "Step 2 of 3. INR is below 2, apixaban may start." },
      task: { ...task, idx: 2, next_hint: "Record the change on the problem list" },
      initiator,
      idempotency_key: "three-steps-2",
    },
    {
      operation: {
        method: "PATCH",
        url: `${fhirBase}/Condition/fraser-iain-af`,
        media: JSON_PATCH,
        body: JSON.stringify([
          { op: "add", path: "/note", value: [{ text: "Anticoagulated with apixaban; warfarin stopped." }] },
        ]),
      },
      action: "record.update",
      rationale: { trigger: "policy_rule", text: "Step 3 of 3. Keep the problem list in step with the medicines." },
      task: { ...task, idx: 3 },
      initiator,
      idempotency_key: "three-steps-3",
    },
  ],
};
