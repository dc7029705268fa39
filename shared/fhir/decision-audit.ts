import { NAMESPACE } from "#shared/protocol/names.ts";

import { ENTITY, EVENT, PART, purposeOfUse, ROLE, SOURCE, UNVERIFIED } from "./codes.ts";
import {
  agentReference,
  details,
  digestReference,
  deviceReference,
  gatewayReference,
  instant,
  maybe,
  objectReference,
  patientEntity,
  personReference,
  requestReference,
  type AuditForm,
  type NamedGateway,
  type VerifiedDecision,
  type VerifiedRequest,
} from "./references.ts";
import type { AuditAgent, AuditEntity, AuditEvent } from "./resources.ts";

export interface DecisionAuditInput {
  readonly gateway: NamedGateway;
  readonly request: VerifiedRequest;
  readonly decision: VerifiedDecision;
  /** `full` unless given. */
  readonly form?: AuditForm;
  /** A code of v3-ActReason, where somebody stated one. */
  readonly purpose?: string;
}

/**
 * A decision as an authorisation event in the manner of BALP's AuthZ pattern (protocol.md 3.17): approve is a `permit`,
 * deny and revoke are a `deny`. `period` is when the person signed, `recorded` when the gateway took it. It does not claim
 * BALP's profile AuthZconsent, which is about a patient's Consent and knows no person who decides.
 */
export function decisionAudit(input: DecisionAuditInput): AuditEvent {
  const { gateway, request, decision, purpose, form = "full" } = input;
  const { claims } = decision;
  const signedAt = instant(claims.iat);
  const permits = claims.decision === "approve";
  return {
    resourceType: "AuditEvent",
    type: EVENT.securityAlert,
    subtype: [EVENT.authorizationByRole],
    action: "E",
    period: { start: signedAt, end: signedAt },
    recorded: instant(decision.receipt?.iat ?? claims.iat),
    outcome: permits ? "0" : "8",
    outcomeDesc: outcomeWords(claims),
    ...(purpose === undefined ? {} : { purposeOfEvent: [{ coding: [purposeOfUse(purpose)] }] }),
    agent: agentsOf(input),
    source: { ...maybe("site", gateway.name), observer: gatewayReference(gateway), type: [SOURCE.securityServer] },
    entity: [
      ...patientEntity(request.claims.patient?.ref, form),
      payload(request, decision, form),
      ...agentWords(request),
      ...rendering(decision),
    ],
  };
}

/** `permit`, `deny: wrong-patient`: the reason's code, never its words. */
function outcomeWords({ decision, reason }: VerifiedDecision["claims"]): string {
  const word = decision === "approve" ? "permit" : decision === "revoke" ? "deny (approval revoked)" : "deny";
  return reason === undefined ? word : `${word}: ${reason.code}`;
}

function agentsOf({ gateway, request, decision }: DecisionAuditInput): readonly AuditAgent[] {
  const { agent, policy, action } = request.claims;
  const { claims, approver } = decision;
  const roles = (approver?.roles ?? []).flatMap((role) => maybe("text", role).text ?? []);
  return [
    {
      type: { coding: [PART.application] },
      who: agentReference(agent),
      ...maybe("name", agent.name),
      requestor: true,
      // What decided that a person is asked, and at which tier.
      policy: [policy.id, `${NAMESPACE}risk:${action.risk}`],
      network: { address: agent.sub, type: "5" },
    },
    {
      type: { coding: [PART.verifier] },
      ...(roles.length === 0 ? {} : { role: roles.map((text) => ({ text })) }),
      who: personReference(claims.sub, approver?.name),
      ...maybe("altId", approver?.reg_no),
      ...maybe("name", approver?.name),
      requestor: false,
      policy: [claims.acr],
    },
    {
      type: { coding: [PART.authorizer] },
      who: gatewayReference(gateway),
      requestor: false,
      network: { address: gateway.iss, type: "5" },
    },
    {
      type: { coding: [PART.device] },
      who: deviceReference(claims.iss),
      requestor: false,
      network: { address: claims.iss, type: "5" },
    },
  ];
}

/** What was decided on, by its digests. */
function payload({ claims, digest }: VerifiedRequest, decision: VerifiedDecision, form: AuditForm): AuditEntity {
  const { op, type, risk } = claims.action;
  const { log } = decision.receipt ?? {};
  return {
    what: requestReference(claims.rid),
    type: ENTITY.other,
    role: ROLE.job,
    detail: details({
      "action-type": type,
      risk,
      revision: claims.rev,
      "request-digest": digest,
      "decision-digest": decision.digest,
      // A short body could be guessed from its digest: it goes where the patient may go.
      ...(form === "full" ? { "content-digest": op.body_dig } : {}),
      "policy-version": claims.policy.ver,
      "policy-digest": claims.policy.dig,
      "log-origin": log?.origin,
      "log-index": log?.index,
    }),
  };
}

/** That the agent said something, and that nobody checked it. Its words stay in the signed request. */
function agentWords({ claims: { rationale, rid } }: VerifiedRequest): readonly AuditEntity[] {
  if (rationale === undefined) return [];
  return [
    {
      what: objectReference(`urn:uuid:${rid}#rationale`),
      type: ENTITY.other,
      securityLabel: [UNVERIFIED],
      description: "What the agent said about its request: unverified.",
      detail: details({ trigger: rationale.trigger, trust: rationale.trust }),
    },
  ];
}

/** What was on the screen, by the digest of the view the person signed. */
function rendering({ claims: { shown } }: VerifiedDecision): readonly AuditEntity[] {
  if (shown === undefined) return [];
  return [
    {
      what: digestReference(shown.view_dig),
      type: ENTITY.other,
      detail: details({ "template-digest": shown.tpl_dig, language: shown.lang, complete: String(shown.complete) }),
    },
  ];
}
