import { z } from "zod";

import { digest, seconds, text, uri, uuid7 } from "./primitives.ts";

export const REQUEST_STATES = [
  "open",
  "partial",
  "approved",
  "executing",
  "completed",
  "failed",
  "denied",
  "expired",
  "withdrawn",
  "superseded",
  "revoked",
  "lapsed",
] as const;
/** States of a request at the gateway, protocol.md 3.11. */
export type RequestState = (typeof REQUEST_STATES)[number];
export const TERMINAL_STATES: ReadonlySet<RequestState> = new Set([
  "completed",
  "failed",
  "denied",
  "expired",
  "withdrawn",
  "superseded",
  "revoked",
  "lapsed",
]);

/** Signed answer to a decision or statement, protocol.md 3.12. `outcome` is the request's state after, or `unknown`. */
export const receiptClaims = z.looseObject({
  ver: z.literal(1),
  iss: uri,
  aud: uri,
  sub: uri,
  iat: seconds,
  jti: uuid7,
  rid: uuid7.optional(),
  rev: z.int().optional(),
  dec_jti: uuid7.optional(),
  dec_dig: digest.optional(),
  stm_dig: digest.optional(),
  result: z.enum(["recorded", "rejected"]),
  code: text(64).optional(),
  outcome: z.enum([...REQUEST_STATES, "unknown"]).optional(),
  quorum: z.looseObject({ have: z.int().nonnegative(), need: z.int().positive() }).optional(),
  effective: digest.optional(),
  enf: z.enum(["strong", "gateway", "evidence"]),
  chain: z.looseObject({ n: z.int().nonnegative(), prev: digest }).optional(),
  log: z
    .looseObject({
      origin: text(256),
      index: z.int().nonnegative().optional(),
      leaf: text(64).optional(),
      mmd: z.int().positive(),
    })
    .optional(),
});
export type ReceiptClaims = z.infer<typeof receiptClaims>;
