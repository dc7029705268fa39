import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from "node:crypto";

import type { PublicJwk } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { Alg, Typ } from "#shared/protocol/names.ts";
import { joinJws, signingInput, type ExtraHeader } from "#shared/protocol/signing-input.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import { joseOf } from "./ecdsa-der.ts";
import { members, thumbprint } from "./node-crypto.ts";

/** A private key as JWK (RFC 7517, 8037): the public members and `d`. Never leaves the process that made it in clear. */
export interface PrivateJwk extends PublicJwk {
  d: string;
}

/** Signs compact JWS with one key. Synchronous, so that a signature can be made inside one database transaction. */
export interface Signer {
  readonly kid: string;
  readonly alg: Alg;
  /** Public half, with `alg`. */
  readonly jwk: PublicJwk;
  /** A compact JWS of `claims` under exactly this `typ`. */
  sign(typ: Typ, claims: object, extra?: ExtraHeader): string;
  /** The raw 64-byte signature (Ed25519, or ES256 as r ‖ s) over `data`, for C2SP notes. */
  signBytes(data: Uint8Array): Uint8Array<ArrayBuffer>;
}

/** A new key pair from the system's generator. */
export function generateKey(alg: Alg): PrivateJwk {
  const { privateKey } =
    alg === "ES256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
  return exportPrivate(privateKey);
}

/**
 * The JWK of a private key, with `alg` pinned.
 * @throws CountersignError `E_SIG_ALG` for a key outside the profile (anything but P-256 and Ed25519)
 */
export function exportPrivate(key: KeyObject): PrivateJwk {
  const { kty, crv, x, y, d } = key.export({ format: "jwk" });
  if (typeof x !== "string" || typeof d !== "string") throw new CountersignError("E_SIG_ALG");
  if (kty === "EC" && crv === "P-256" && typeof y === "string") {
    return { kty, crv, x, y, d, alg: "ES256" };
  }
  if (kty === "OKP" && crv === "Ed25519") return { kty, crv, x, d, alg: "Ed25519" };
  throw new CountersignError("E_SIG_ALG");
}

/** The public members of a JWK, and nothing else. */
export function publicOf(jwk: PublicJwk): PublicJwk {
  return jwk.kty === "EC"
    ? { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y, alg: jwk.alg }
    : { kty: jwk.kty, crv: jwk.crv, x: jwk.x, alg: jwk.alg };
}

/**
 * A signer over node:crypto. ES256 signatures are r ‖ s (IEEE P1363), Ed25519 as RFC 8032.
 * @throws CountersignError `E_SIG_ALG` for a key outside the profile, `E_KEY_WEAK` for one that is no valid key, or
 * whose public half is not that of its private half
 */
export function makeSigner(key: KeyObject | PrivateJwk): Signer {
  const privateKey = "export" in key ? key : importPrivate(key);
  const jwk = Object.freeze(publicOf(exportPrivate(privateKey)));
  const kid = thumbprint(jwk);
  const signBytes = (data: Uint8Array): Uint8Array<ArrayBuffer> =>
    jwk.alg === "ES256" ? joseOf(sign("sha256", data, privateKey)) : new Uint8Array(sign(null, data, privateKey));
  return Object.freeze({
    kid,
    alg: jwk.alg,
    jwk,
    signBytes,
    sign(typ: Typ, claims: object, extra?: ExtraHeader) {
      const input = signingInput({ alg: jwk.alg, kid }, typ, claims, extra);
      return joinJws(input, signBytes(encodeUtf8(input)));
    },
  });
}

function importPrivate(jwk: PrivateJwk): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: { ...members(jwk), d: jwk.d }, format: "jwk" });
    // SECURITY: a public half that is not that of `d` is refused: its `kid` could not be signed for, and an Ed25519
    // signer that believes a foreign `x` leaks its key (double public key oracle).
    const probe = encodeUtf8("countersign key check");
    const digest = jwk.alg === "ES256" ? "sha256" : null;
    const stated = createPublicKey({ key: members(jwk), format: "jwk" });
    if (!verify(digest, probe, stated, sign(digest, probe, key))) throw new Error("public and private half differ");
  } catch (cause) {
    throw new CountersignError("E_KEY_WEAK", "The private key is not valid.", { cause });
  }
  if (exportPrivate(key).alg !== jwk.alg) throw new CountersignError("E_SIG_ALG");
  return key;
}
