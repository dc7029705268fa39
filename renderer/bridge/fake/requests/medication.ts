import type { Fact, PolicyClaim, RequestClaims } from "#shared/protocol/claims/request.ts";

import { FHIR, MED_REC, makeClaims } from "../claims.ts";

interface Order {
  readonly n: number;
  readonly patient: NonNullable<RequestClaims["patient"]>;
  readonly medicine: string;
  readonly code?: string;
  readonly instruction: string;
  readonly dose: string;
  readonly unit: string;
  readonly frequency: { readonly count: number; readonly period: string; readonly unit: string };
  readonly asNeeded?: string;
  readonly maximum?: string;
  readonly days: number;
  readonly quantity: string;
  readonly quantityUnit: string;
  readonly risk: RequestClaims["action"]["risk"];
  readonly riskReasons?: readonly string[];
  readonly policy?: Partial<PolicyClaim>;
  readonly scopes?: readonly string[];
  readonly facts: readonly Fact[];
  readonly checks?: RequestClaims["checks"];
  readonly rationale: NonNullable<RequestClaims["rationale"]>["text"];
  readonly goal: string;
  readonly more?: Partial<RequestClaims>;
}

/** A medication order (S4a). Decimals of the body stay as written: it is assembled as text, like a gateway keeps it. */
export function medicationOrder(order: Order): RequestClaims {
  return makeClaims({
    n: order.n,
    agent: MED_REC,
    patient: order.patient,
    action: {
      type: "urn:countersign:action:order.create",
      risk: order.risk,
      reversible: "until-dispensed",
      ...(order.riskReasons === undefined ? {} : { risk_reasons: [...order.riskReasons] }),
      reach: { patients: 1, leaves_org: false, standing: false },
    },
    op: { method: "POST", url: `${FHIR}/MedicationRequest`, body: bodyOf(order) },
    ...(order.scopes === undefined ? {} : { scopes: order.scopes }),
    template: "urn:countersign:tpl:medication-order",
    ...(order.policy === undefined ? {} : { policy: order.policy }),
    task: { id: `task-${order.n}`, idx: 1, of: 1, goal: order.goal },
    more: {
      facts: [...order.facts],
      ...(order.checks === undefined ? {} : { checks: order.checks }),
      rationale: { src: "agent", trust: "untrusted", trigger: "policy_rule", text: order.rationale },
      initiator: { kind: "schedule" },
      ...order.more,
    },
  });
}

function bodyOf(order: Order): string {
  const text = (value: string): string => JSON.stringify(value);
  const coding =
    order.code === undefined
      ? ""
      : `"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":${text(order.code)},"display":${text(order.medicine)}}],`;
  const asNeeded = order.asNeeded === undefined ? "" : `"asNeededCodeableConcept":{"text":${text(order.asNeeded)}},`;
  const maximum =
    order.maximum === undefined
      ? ""
      : `,"maxDosePerPeriod":{"numerator":{"value":${order.maximum},"unit":${text(order.unit)}},"denominator":{"value":24,"unit":"h","system":"http://unitsofmeasure.org","code":"h"}}`;
  return `{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{${coding}"text":${text(order.medicine)}},"subject":{"reference":${text(order.patient.ref)}},"authoredOn":"2026-11-23","requester":{"display":"OKAFOR, Amara (Dr)"},"dosageInstruction":[{"text":${text(order.instruction)},"timing":{"repeat":{"frequency":${order.frequency.count},"period":${order.frequency.period},"periodUnit":${text(order.frequency.unit)}}},${asNeeded}"route":{"coding":[{"system":"http://snomed.info/sct","code":"26643006","display":"Oral route"}],"text":"oral"},"doseAndRate":[{"doseQuantity":{"value":${order.dose},"unit":${text(order.unit)},"system":"http://unitsofmeasure.org","code":${text(order.unit)}}}]${maximum}}],"dispenseRequest":{"numberOfRepeatsAllowed":0,"quantity":{"value":${order.quantity},"unit":${text(order.quantityUnit)}},"expectedSupplyDuration":{"value":${order.days},"unit":"days","system":"http://unitsofmeasure.org","code":"d"}}}`;
}
