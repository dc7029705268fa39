import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import { encodeBase64url } from "#shared/protocol/base64url.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { contentDigest, policyDigest, templateDigest } from "#shared/protocol/digest.ts";
import { ACR, actionType, poolUri, RAR } from "#shared/protocol/names.ts";

import type { RandomBytes } from "../clock.ts";
import { bodyOf, type ExerciseRequest } from "./exercises.ts";
import { POOL, PRACTICE_GATEWAY, PRACTICE_RECORD } from "./places.ts";

const HOUR_S = 3600;
const GRANT_S = 600;

/** The same friction as at work (approval-experience.md 4): otherwise the practice would teach another app. */
const POLICY = {
  moderate: { acr: ACR[0], max_auth_age: 900, min_dwell_ms: 500, reentry: [] },
  high: { acr: ACR[1], max_auth_age: 120, min_dwell_ms: 2500, reentry: ["identity" as const] },
} as const;

/** What a gateway would sign for this exercise (protocol.md 3.5). `now` in seconds. */
export function practiceRequest(
  parts: { readonly crypto: Crypto; readonly random: RandomBytes; readonly newId: () => string },
  exercise: ExerciseRequest,
  now: number,
): RequestClaims {
  const { crypto, newId } = parts;
  const template = BUILTIN_TEMPLATES.medicationOrder;
  const body = bodyOf(exercise, new Date(now * 1000).toISOString().slice(0, 10));
  const dig = contentDigest(crypto, body);
  const exp = now + exercise.dueInH * HOUR_S;
  const policy = {
    id: "urn:countersign:policy:practice",
    ver: 1,
    pools: [POOL],
    ...POLICY[exercise.risk],
    reentry: [...POLICY[exercise.risk].reentry],
    quorum: { need: 1 },
    sod: { exclude: [] },
    reason_on: ["deny" as const, "revoke" as const],
    offline: { approve: false },
    grant_ttl_max: GRANT_S,
    hold_s: 10,
  };
  return {
    ver: 1,
    iss: PRACTICE_GATEWAY,
    aud: [poolUri(PRACTICE_GATEWAY, POOL)],
    jti: newId(),
    rid: newId(),
    rev: 1,
    txn: newId(),
    iat: now,
    exp,
    submit_by: exp,
    grant_exp: exp + GRANT_S,
    nonce: encodeBase64url(parts.random(24)),
    agent: {
      sub: "https://agent.practice.invalid/",
      name: "Practice agent",
      owner: "Countersign",
    },
    patient: exercise.patient,
    action: {
      type: actionType("order.create"),
      risk: exercise.risk,
      risk_reasons: [...exercise.reasons],
      reversible: "until-dispensed",
      reach: { patients: 1, leaves_org: false, standing: false },
      op: {
        method: "POST",
        url: `${PRACTICE_RECORD}/MedicationRequest`,
        fhir: "4.0.1",
        media: "application/fhir+json",
        body,
        body_dig: dig,
      },
    },
    authorization_details: [
      {
        type: RAR.fhirOp,
        id: "a1",
        required: true,
        locations: [PRACTICE_RECORD],
        actions: ["create"],
        datatypes: ["MedicationRequest"],
        patient: exercise.patient.ref,
        content_digest: dig,
        max_uses: 1,
        not_after: exp + GRANT_S,
      },
    ],
    facts: exercise.facts.map((fact) => ({ ...fact, as_of: now - 60 })),
    checks: exercise.checks.map((check) => ({ ...check, as_of: now - 60 })),
    initiator: { kind: "schedule" },
    rationale: { src: "agent", trust: "untrusted", trigger: "policy_rule", text: exercise.words },
    task: { id: exercise.name, idx: 1, of: 1, goal: exercise.goal },
    policy: { ...policy, dig: policyDigest(crypto, policy) },
    display: {
      tpl: template.id,
      tpl_ver: template.ver,
      tpl_dig: templateDigest(crypto, template),
      lang: "en-GB",
      statement: template.statement,
    },
  };
}
