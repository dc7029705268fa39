import { z } from "zod";

import { digest, nonce, rarElement, reason, seconds, text, uri, uuid7 } from "./primitives.ts";

export const REASON_CODES = [
  "clinically-appropriate",
  "wrong-patient",
  "wrong-drug-or-dose",
  "allergy-or-interaction",
  "duplicate",
  "insufficient-information",
  "outside-scope",
  "not-my-patient",
  "not-needed",
  "stale-record",
  "needs-changes",
  "suspected-agent-error",
  "suspected-injection",
  "emergency",
  "other",
] as const;
export type ReasonCode = (typeof REASON_CODES)[number];

export const OVERRIDE_CODES = [
  "record-is-wrong",
  "tolerated-before",
  "will-monitor",
  "benefit-outweighs",
  "other",
] as const;
export type OverrideCode = (typeof OVERRIDE_CODES)[number];

/**
 * The signed decision, protocol.md 3.7. Shape only (V7): members, types and lengths. Values are judged by later steps,
 * so an unknown `decision` or `rev: 0` passes here.
 */
export const decisionClaims = z.looseObject({
  ver: z.literal(1),
  iss: uri,
  sub: uri,
  aud: uri,
  iat: seconds,
  exp: seconds,
  jti: uuid7,
  rid: uuid7,
  rev: z.int(),
  txn: uuid7,
  nonce,
  req_dig: digest,
  decision: text(32),
  granted: z.array(rarElement).max(64).optional(),
  grant_exp: seconds.optional(),
  revokes: digest.optional(),
  reason: reason.optional(),
  ack: z.array(text(64)).max(256).optional(),
  overrides: z
    .array(z.object({ fact: text(64), code: text(64), text: text(500).optional() }))
    .max(256)
    .optional(),
  reentry: z.array(text(32)).max(8).optional(),
  shown: z.looseObject({ tpl_dig: digest, view_dig: digest, lang: text(35), complete: z.boolean() }).optional(),
  acr: text(64),
  amr: z.array(text(16)).max(16),
  auth_time: seconds,
  uvp: z
    .looseObject({
      m: z.literal("webauthn"),
      cid: text(1024),
      ad: text(4096),
      cdj: text(8192),
      sig: text(1024),
    })
    .optional(),
  dwell: z
    .looseObject({ ms: z.int().nonnegative(), n: z.int().nonnegative(), opened_at: seconds.optional() })
    .optional(),
  posture: z.looseObject({}).optional(),
  pol: z.looseObject({ id: uri, ver: z.int(), dig: digest }),
  chain: z.looseObject({ n: z.int(), prev: digest }),
  after: z.array(digest).max(16).optional(),
  seen: z.looseObject({ origin: text(256), size: z.int().nonnegative(), root: text(64) }).optional(),
  offline: z.literal(true).optional(),
  emg: z.looseObject({ code: text(64), text: text(500) }).optional(),
});
export type DecisionClaims = z.infer<typeof decisionClaims>;
