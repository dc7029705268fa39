import { z } from "zod";

import { contentDigestText, digest, nonce, rarElement, seconds, text, uri, uuid7 } from "./primitives.ts";

export const agentClaim = z.looseObject({
  sub: uri,
  name: text(200),
  model: text(200).optional(),
  jkt: z.string().max(64).optional(),
  /** `x5t#S256` of its TLS client certificate (RFC 8705), where its tokens are bound to that. */
  x5t: z.string().max(64).optional(),
  obo: uri.optional(),
  owner: text(512).optional(),
  act: z
    .array(z.looseObject({ sub: uri }))
    .max(8)
    .optional(),
});

export const patientClaim = z.looseObject({
  ref: z.string().regex(/^Patient\/[A-Za-z0-9.-]{1,64}$/),
  name: text(400),
  birthDate: text(10).optional(),
  mrn: text(64).optional(),
  sex: text(32).optional(),
  family: text(200).optional(),
  given: z.array(text(200)).max(8).optional(),
  prefix: text(64).optional(),
  identifiers: z
    .array(z.looseObject({ system: text(512), value: text(128), label: text(64) }))
    .max(16)
    .optional(),
  deceased: z.union([z.boolean(), text(32)]).optional(),
});

export const RISKS = ["low", "moderate", "high", "critical"] as const;
export type Risk = (typeof RISKS)[number];

export const operation = z.looseObject({
  method: z.enum(["POST", "PUT", "PATCH", "DELETE", "GET", "tools/call"]),
  url: text(2048),
  fhir: text(16).optional(),
  media: text(128),
  body: z.string(),
  body_dig: contentDigestText,
  if_match: text(128).optional(),
  before: z.string().optional(),
  before_dig: contentDigestText.optional(),
});

export const attachment = z.looseObject({
  ref: text(512),
  title: text(500),
  media: text(128),
  size: z.int().nonnegative(),
  dig: contentDigestText,
  sensitive: z.boolean().optional(),
});

export const actionClaim = z.looseObject({
  type: text(128),
  risk: z.enum(RISKS),
  reversible: z.enum(["read-only", "reversible", "externally-reversible", "until-dispensed", "irreversible"]),
  risk_reasons: z.array(text(64)).max(32).optional(),
  reach: z.looseObject({ patients: z.int().nonnegative(), leaves_org: z.boolean(), standing: z.boolean() }).optional(),
  attachments: z.array(attachment).max(64).optional(),
  op: operation,
});

export const fact = z.looseObject({
  id: text(64),
  src: z.enum(["gateway", "ehr", "cds"]),
  /** Severity in the source's words; `info`, `warning`, `high` and `critical` have a treatment on screen. */
  sev: text(32),
  code: text(64),
  text: text(2000),
  as_of: z.union([seconds, text(40)]).optional(),
  label: text(200).optional(),
  path: text(512).optional(),
  value: text(2000).optional(),
  unit: text(64).optional(),
  ack: z.boolean(),
  override: z.boolean().optional(),
  dig: digest.optional(),
});
export type Fact = z.infer<typeof fact>;

export const check = z.looseObject({
  id: text(64),
  label: text(200),
  result: z.enum(["pass", "fail", "not_run"]),
  by: text(200),
  as_of: z.union([seconds, text(40)]).optional(),
  why: text(500).optional(),
});

export const policyClaim = z.looseObject({
  id: uri,
  ver: z.int().positive(),
  dig: digest,
  pools: z.array(text(64)),
  roles: z.array(text(64)).optional(),
  acr: text(64),
  max_auth_age: z.int().nonnegative(),
  min_dwell_ms: z.int().nonnegative().optional(),
  key_storage: z.array(text(32)).optional(),
  quorum: z.looseObject({
    need: z.int().positive().max(16),
    ordered: z.boolean().optional(),
    window: z.int().positive().optional(),
    blind: z.boolean().optional(),
  }),
  sod: z.looseObject({ exclude: z.array(uri), distinct: z.literal(true).optional() }),
  reason_on: z.array(z.enum(["approve", "deny", "revoke"])),
  offline: z.looseObject({ approve: z.boolean(), max_age: z.int().nonnegative().optional() }),
  emergency: z.unknown().optional(),
  grant_ttl_max: z.int().positive().optional(),
  hold_s: z.int().nonnegative().optional(),
  reentry: z.array(z.enum(["identity", "value", "origin-code"])).optional(),
});
export type PolicyClaim = z.infer<typeof policyClaim>;

/** The signed request, protocol.md 3.5. Shape only (C5): values are judged by the later acceptance steps. */
export const requestClaims = z.looseObject({
  ver: z.literal(1),
  iss: uri,
  aud: z.array(uri).min(1).max(32),
  jti: uuid7,
  rid: uuid7,
  rev: z.int().positive(),
  prev: digest.optional(),
  deadline_only: z.literal(true).optional(),
  txn: uuid7,
  iat: seconds,
  exp: seconds,
  submit_by: seconds.optional(),
  grant_exp: seconds,
  nonce,
  agent: agentClaim,
  patient: patientClaim.optional(),
  action: actionClaim,
  authorization_details: z.array(rarElement).min(1).max(64),
  facts: z.array(fact).max(256).optional(),
  checks: z.array(check).max(128).optional(),
  initiator: z.looseObject({ kind: z.enum(["human", "schedule", "event"]), person: uri.optional() }).optional(),
  history: z
    .looseObject({
      asked: z.int().nonnegative(),
      denied: z.int().nonnegative(),
      last_denied_at: seconds.optional(),
    })
    .optional(),
  rationale: z
    .looseObject({
      src: z.literal("agent"),
      trust: z.literal("untrusted"),
      trigger: z.enum(["irreversibility", "magnitude", "uncertainty", "novelty", "authority_gap", "policy_rule"]),
      rule: text(200).optional(),
      text: text(1000),
      refs: z.array(z.unknown()).max(32).optional(),
    })
    .optional(),
  task: z.looseObject({
    id: text(128),
    idx: z.int().positive(),
    of: z.int().positive().optional(),
    goal: text(500),
    prev: z
      .array(z.looseObject({ rid: text(64), out: text(64), title: text(300).optional() }))
      .max(64)
      .optional(),
    next_hint: text(500).optional(),
  }),
  policy: policyClaim,
  display: z.looseObject({
    tpl: uri,
    tpl_ver: z.int().positive(),
    tpl_dig: digest,
    lang: text(35),
    statement: text(2000),
  }),
  binding_message: z
    .string()
    .regex(/^[A-Z0-9-]{1,20}$/)
    .optional(),
  log: z.looseObject({ origin: text(256), index: z.int().nonnegative().optional() }).optional(),
});
export type RequestClaims = z.infer<typeof requestClaims>;
