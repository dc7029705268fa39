import { z } from "zod";

import { compactJws, digest, kid, publicJwk, rarElement, seconds, text, uri } from "../claims/primitives.ts";
import { template } from "../template.ts";

/** A key the vectors name. `seed` and anything else beside it is for whoever makes vectors, not for us. */
const namedKey = z.looseObject({ kid, jwk: publicJwk });

/** As a directory may hold it: whether it is a key of the profile, and a safe one, is for the verification to say. */
const anyJwk = z.looseObject({
  kty: z.string(),
  crv: z.string(),
  x: z.string(),
  y: z.string().optional(),
  alg: z.string(),
});

const entry = z.looseObject({
  kid: z.string(),
  jwk: anyJwk,
  sub: uri,
  device: uri,
  status: z.enum(["active", "suspended", "revoked"]),
  nbf: seconds,
  exp: seconds,
  pools: z.array(text(64)),
  roles: z.array(text(64)),
  key_storage: text(32),
  webauthn: z.looseObject({ id: text(1024), jwk: anyJwk, count: z.int().nonnegative() }).optional(),
});

/** What stands around a case; a case may replace any of it. */
const world = {
  gateway: z.looseObject({
    iss: uri,
    rp_id: text(256).optional(),
    origins: z.array(text(512)).optional(),
    skew: z.int().nonnegative().optional(),
  }),
  templates: z.array(template),
  directory: z.array(entry),
  request: z.looseObject({ jws: compactJws, req_dig: digest.optional() }),
};

const vectorCase = z.looseObject({
  name: text(200),
  now: seconds,
  jws: z.string(),
  want: text(64),
  prior: z.array(z.looseObject({ jws: z.string(), now: seconds })).optional(),
  gateway: world.gateway.optional(),
  templates: world.templates.optional(),
  directory: world.directory.optional(),
  request: world.request.optional(),
});

/** Objects that follow from the first recorded case; each one present is checked. */
const derived = z.looseObject({
  leaves: z.array(z.string()).optional(),
  root: z.string().optional(),
  checkpoint: z.string().optional(),
  tlog_proof: z.string().optional(),
  receipt: compactJws.optional(),
  token: compactJws.optional(),
  set: compactJws.optional(),
  template: template.optional(),
  tpl_dig: digest.optional(),
  policy: z.looseObject({ dig: digest }).optional(),
  uv_challenge_example: text(64).optional(),
});

/** `countersign-vectors/1` (protocol.md 3.12, 3.18). */
export const vectorsFile = z.looseObject({
  format: z.literal("countersign-vectors/1"),
  keys: z.record(z.string(), namedKey),
  ...world,
  cases: z.array(vectorCase).min(1),
  derived: derived.optional(),
});
export type VectorsFile = z.infer<typeof vectorsFile>;
export type VectorCase = VectorsFile["cases"][number];

/** Claims of the vectors' access token that bind it to the decision (protocol.md 3.14). */
export const tokenClaims = z.looseObject({
  iss: uri,
  txn: text(64),
  authorization_details: z.array(rarElement),
  human_authorization_ref: z.looseObject({ digest, rid: text(64) }),
});
