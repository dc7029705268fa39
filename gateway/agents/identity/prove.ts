import { createHash } from "node:crypto";

import type { Signer } from "#shared/crypto/sign.ts";
import { TYP } from "#shared/protocol/names.ts";

/**
 * A DPoP proof (RFC 9449 section 4.2) for one request.
 * @param iat Unix seconds
 * @param token the credential that stands in `Authorization`; absent at a token endpoint
 */
export function dpopProof(
  signer: Signer,
  request: { readonly htm: string; readonly htu: string; readonly iat: number; readonly jti: string },
  token?: string,
): string {
  const { kty, crv, x, y } = signer.jwk;
  const jwk = kty === "EC" ? { kty, crv, x, y } : { kty, crv, x };
  const ath = token === undefined ? {} : { ath: createHash("sha256").update(token).digest("base64url") };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${part({ typ: TYP.dpop, alg: signer.alg, jwk })}.${part({ ...request, ...ath })}`;
  return `${input}.${Buffer.from(signer.signBytes(Buffer.from(input))).toString("base64url")}`;
}
