import { z } from "zod";

import { digest, seconds, text, uri, uuid7 } from "./primitives.ts";

/**
 * A policy set for one gateway, signed by the directory (protocol.md 3.20.1): the exact files it judges by. `version` counts up
 * with every change, whatever the set is called.
 */
export const policySetClaims = z.looseObject({
  ver: z.literal(1),
  /** The directory. */
  iss: uri,
  /** The gateway's issuer. */
  sub: uri,
  iat: seconds,
  jti: uuid7,
  id: uri,
  version: z.int().positive(),
  /** `dig(JCS(files))`. */
  dig: digest,
  /** Name → text. */
  files: z.record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/), text(192 * 1024)),
});
