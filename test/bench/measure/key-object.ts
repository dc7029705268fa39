import { createPublicKey, type KeyObject } from "node:crypto";

import type { PublicJwk } from "#shared/protocol/crypto-port.ts";

/** The platform's key of a JWK, for measuring against `crypto.verify` alone. */
export const publicKeyObject = ({ kty, crv, x, y }: PublicJwk): KeyObject =>
  createPublicKey({ key: { kty, crv, x, ...(y === undefined ? {} : { y }) }, format: "jwk" });
