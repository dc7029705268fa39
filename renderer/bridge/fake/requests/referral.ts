import type { Fact, RequestClaims } from "#shared/protocol/claims/request.ts";

import { FHIR, INTAKE, TIER_3, makeClaims } from "../claims.ts";
import { fakeContentDigest } from "../digest.ts";

interface Referral {
  readonly n: number;
  readonly patient: NonNullable<RequestClaims["patient"]>;
  readonly to: { readonly reference?: string; readonly display: string };
  readonly service: string;
  readonly reason: { readonly code: string; readonly display: string };
  readonly priority: "routine" | "urgent";
  readonly letter: string;
  readonly documents: readonly { readonly title: string; readonly size: number; readonly sensitive?: true }[];
  readonly isExternal: boolean;
  readonly facts: readonly Fact[];
  readonly checks?: RequestClaims["checks"];
  readonly rationale: string;
  readonly goal: string;
  readonly more?: Partial<RequestClaims>;
}

/** A referral with its letter and documents (S4c). */
export function referral(request: Referral): RequestClaims {
  return makeClaims({
    n: request.n,
    agent: INTAKE,
    patient: request.patient,
    action: {
      type: "urn:countersign:action:referral.create",
      risk: request.isExternal ? "critical" : "high",
      reversible: request.isExternal ? "irreversible" : "externally-reversible",
      risk_reasons: request.isExternal ? ["leaves-organisation", "sensitive-document"] : [],
      reach: { patients: 1, leaves_org: request.isExternal, standing: false },
      attachments: request.documents.map(({ title, size, sensitive }, at) => ({
        ref: `DocumentReference/doc-${request.n}-${at + 1}`,
        title,
        media: "application/pdf",
        size,
        dig: fakeContentDigest(title),
        ...(sensitive === undefined ? {} : { sensitive }),
      })),
    },
    op: { method: "POST", url: `${FHIR}/ServiceRequest`, body: bodyOf(request) },
    template: "urn:countersign:tpl:referral",
    ...(request.isExternal ? { policy: TIER_3 } : {}),
    task: { id: `task-${request.n}`, idx: 1, of: 1, goal: request.goal },
    more: {
      facts: [...request.facts],
      ...(request.checks === undefined ? {} : { checks: request.checks }),
      rationale: { src: "agent", trust: "untrusted", trigger: "authority_gap", text: request.rationale },
      initiator: { kind: "schedule" },
      ...request.more,
    },
  });
}

function bodyOf(request: Referral): string {
  return JSON.stringify({
    resourceType: "ServiceRequest",
    status: "active",
    intent: "order",
    category: [{ coding: [{ system: "http://snomed.info/sct", code: "3457005", display: "Patient referral" }] }],
    priority: request.priority,
    code: { text: request.service },
    subject: { reference: request.patient.ref },
    authoredOn: "2026-11-23",
    performer: [request.to],
    reasonCode: [{ coding: [{ system: "http://snomed.info/sct", ...request.reason }], text: request.reason.display }],
    note: [{ text: request.letter }],
  });
}
