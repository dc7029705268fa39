import { z } from "zod";

import { ALGS } from "../names.ts";

/** Building blocks of the signed objects' schemas (protocol.md 3.2). Unknown members are kept: they are under the signature. */
export const uuid7 = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
export const digest = z.string().regex(/^sha-256:[A-Za-z0-9_-]{43}$/);
/** RFC 9530 form. */
export const contentDigestText = z.string().regex(/^sha-256=:[A-Za-z0-9+/]{43}=:$/);
/** At least 128 bits, base64url. */
export const nonce = z.string().regex(/^[A-Za-z0-9_-]{22,128}$/);
export const kid = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
export const seconds = z.int().nonnegative();
export const uri = z.string().min(1).max(512);
export const text = (max: number) => z.string().max(max);
export const compactJws = z
  .string()
  .max(262_144)
  .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/);

export const publicJwk = z.object({
  kty: z.enum(["EC", "OKP"]),
  crv: z.enum(["P-256", "Ed25519"]),
  x: z.string().max(64),
  y: z.string().max(64).optional(),
  alg: z.enum(ALGS),
});

/** RFC 9396 element; the type decides what else it holds and how it is compared (protocol.md 3.9). */
export const rarElement = z.looseObject({
  type: z.string().min(1).max(128),
  id: z.string().min(1).max(64),
  required: z.literal(true).optional(),
});
export type RarElement = z.infer<typeof rarElement>;

export const reason = z.object({ code: z.string().max(64), text: z.string().max(500).optional() });
