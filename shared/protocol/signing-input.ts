import { encodeBase64url } from "./base64url.ts";
import type { PublicJwk } from "./crypto-port.ts";
import type { Alg, Typ } from "./names.ts";
import { encodeUtf8 } from "./utf8.ts";

/** What a protected header may hold beyond `alg`, `typ` and `kid` (protocol.md 3.2). */
export interface ExtraHeader {
  /** Payload claims the verifier must understand; `crit: ["csx"]` is added with them. */
  readonly csx?: readonly string[];
  /** The new key itself, in enrolment proofs only (protocol.md 3.13). */
  readonly jwk?: PublicJwk;
}

/**
 * The JWS signing input of RFC 7515 section 5.1: `BASE64URL(header) "." BASE64URL(payload)`. For whoever holds the key
 * somewhere that cannot be called synchronously (a card): sign its UTF-8 bytes and hand both to {@link joinJws}.
 */
export function signingInput(
  key: { readonly alg: Alg; readonly kid: string },
  typ: Typ,
  claims: object,
  extra: ExtraHeader = {},
): string {
  const header = {
    alg: key.alg,
    typ,
    kid: key.kid,
    ...(extra.csx && extra.csx.length > 0 ? { crit: ["csx"], csx: extra.csx } : {}),
    ...(extra.jwk ? { jwk: extra.jwk } : {}),
  };
  return `${encodeBase64url(encodeUtf8(JSON.stringify(header)))}.${encodeBase64url(encodeUtf8(JSON.stringify(claims)))}`;
}

/** Compact serialisation of a signing input and its 64-byte signature (RFC 7515 section 7.1). */
export const joinJws = (input: string, signature: Uint8Array): string => `${input}.${encodeBase64url(signature)}`;
