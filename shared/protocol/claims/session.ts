import { z } from "zod";

import { kid, nonce, seconds, text, uri, uuid7 } from "./primitives.ts";

/** Session proof, both directions, protocol.md 3.4.3 and 3.22 (`sid` is required). */
export const sessionClaims = z.looseObject({
  ver: z.literal(1),
  iss: uri,
  sub: uri,
  aud: uri,
  iat: seconds,
  exp: seconds,
  jti: uuid7,
  nonce,
  sid: text(64),
  cb: text(128).optional(),
});

/** Proof of possession of a new key (or rotation and self-revocation), protocol.md 3.13 and 3.22. */
export const enrolClaims = z.looseObject({
  ver: z.literal(1),
  iss: uri,
  aud: uri,
  iat: seconds,
  exp: seconds,
  jti: uuid7,
  nonce,
  code_mac: text(64).optional(),
  device: z
    .looseObject({
      name: text(200),
      os: text(100),
      app: text(100),
      key_storage: z.enum(["hardware", "os", "software"]),
    })
    .optional(),
  new_kid: kid.optional(),
  revoke: kid.optional(),
  webauthn: z.looseObject({}).optional(),
});
export type EnrolClaims = z.infer<typeof enrolClaims>;

/** Enrolment ticket, file or text (protocol.md 3.22). The code travels apart. */
export const enrolmentTicket = z.object({
  ticket_id: z.string().min(8).max(64),
  ws_endpoint: text(1024),
  directory_iss: uri,
  directory_kid: kid,
});
export type EnrolmentTicket = z.infer<typeof enrolmentTicket>;
