import { encodeBase64url } from "./base64url.ts";
import type { Crypto, PublicJwk } from "./crypto-port.ts";
import { encodeUtf8 } from "./utf8.ts";

/** RFC 7638 input: the required members in lexical order, no white space. */
export const thumbprintInput = ({ kty, crv, x, y }: PublicJwk): string =>
  kty === "EC" ? JSON.stringify({ crv, kty, x, y }) : JSON.stringify({ crv, kty, x });

/** RFC 7638 SHA-256 thumbprint, base64url. Says nothing about whether the key is a safe one. */
export const thumbprintText = (crypto: Pick<Crypto, "sha256">, jwk: PublicJwk): string =>
  encodeBase64url(crypto.sha256(encodeUtf8(thumbprintInput(jwk))));
