import { z } from "zod";

import { digest, kid, publicJwk, seconds, text, uri, uuid7 } from "./primitives.ts";

const status = z.looseObject({ status_list: z.looseObject({ idx: z.int().nonnegative(), uri: text(1024) }) });

/** Directory-signed credential of an approver's device key, protocol.md 3.13 step 5. */
export const approverClaims = z.looseObject({
  ver: z.literal(1),
  iss: uri,
  sub: uri,
  jti: uuid7,
  iat: seconds,
  nbf: seconds,
  exp: seconds,
  device: uri,
  /** Display name and registration number from the directory: the signer line of the screen. */
  name: text(200).optional(),
  reg_no: text(64).optional(),
  cnf: z.looseObject({ jwk: publicJwk }),
  pools: z.array(text(64)).max(64),
  roles: z.array(text(64)).max(64),
  key_storage: z.enum(["hardware", "os", "software"]),
  aal: z.int().min(1).max(3).optional(),
  npi: text(32).optional(),
  webauthn: z
    .looseObject({ cid: text(1024), jwk: publicJwk, rp_id: text(256), aaguid: text(64).optional() })
    .optional(),
  status,
  enrolled_by: z.array(uri).max(4),
});
export type ApproverClaims = z.infer<typeof approverClaims>;

export const KEY_USES = ["request", "session", "token"] as const;

export const gatewayJwk = publicJwk.extend({
  kid,
  cs_use: z.array(z.enum(KEY_USES)).min(1),
  verify_until: seconds.optional(),
});
export type GatewayJwk = z.infer<typeof gatewayJwk>;

/** Directory-signed credential of a gateway, protocol.md 3.3: the only source of trusted gateway and log keys. */
export const gatewayClaims = z.looseObject({
  ver: z.literal(1),
  iss: uri,
  sub: uri,
  /** Name for people, e.g. "Northgate Hospital". */
  name: text(200).optional(),
  /** `demo` credentials never verify in a production client and the reverse. */
  env: z.enum(["production", "demo"]).optional(),
  jwks: z.looseObject({ keys: z.array(gatewayJwk).min(1).max(32) }),
  ws_endpoint: text(1024),
  pools: z.array(text(64)).max(256),
  log: z.looseObject({ origin: text(256), vkey: text(512) }),
  templates: z.array(digest).max(256),
  origins: z.array(text(512)).max(16).optional(),
  rp_id: text(256).optional(),
  min_app: text(32).optional(),
  iat: seconds,
  exp: seconds,
  jti: uuid7,
  status,
});
export type GatewayClaims = z.infer<typeof gatewayClaims>;

/** IETF Token Status List, JWT form, signed by the directory; `bits: 2`, 0 valid, 1 revoked, 2 suspended (3.22). */
export const statusListClaims = z.looseObject({
  iss: uri.optional(),
  sub: uri,
  iat: seconds,
  exp: seconds.optional(),
  ttl: z.int().positive().optional(),
  status_list: z.looseObject({ bits: z.literal(2), lst: text(1_000_000) }),
});
export type StatusListClaims = z.infer<typeof statusListClaims>;
