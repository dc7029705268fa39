import { bodyText, decimal, FHIR_JSON, type AgentAsk, type ScenarioContext } from "./scenario.ts";

const RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm";
const UCUM = "http://unitsofmeasure.org";

export interface Order {
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

export function order(context: ScenarioContext, o: Order): AgentAsk["operation"] {
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

export const amlodipine: Order = {
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
