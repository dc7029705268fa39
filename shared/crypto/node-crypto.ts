import { createHash, createHmac, createPublicKey, hash, verify, type KeyObject } from "node:crypto";

import { decodeBase64url, encodeBase64url } from "#shared/protocol/base64url.ts";
import type { Crypto, PublicJwk, VerifyKey } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { thumbprintInput } from "#shared/protocol/thumbprint.ts";

import { derOf } from "./ecdsa-der.ts";
import { isWeakEd25519 } from "./weak-keys.ts";

const keyObjects = new WeakMap<VerifyKey, KeyObject>();

const NOTHING = new Uint8Array();
const copy = (b: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(b);

/** RFC 7638 SHA-256 thumbprint. */
export const thumbprint = (jwk: PublicJwk): string =>
  encodeBase64url(createHash("sha256").update(thumbprintInput(jwk)).digest());

/** The members node:crypto reads of a public key; it knows no `alg`. */
export function members(jwk: PublicJwk): { kty: string; crv: string; x: string; y?: string } {
  const { kty, crv, x, y } = jwk;
  return y === undefined ? { kty, crv, x } : { kty, crv, x, y };
}

function importKey(jwk: PublicJwk): VerifyKey {
  const fits =
    (jwk.alg === "ES256" && jwk.kty === "EC" && jwk.crv === "P-256" && typeof jwk.y === "string") ||
    (jwk.alg === "Ed25519" && jwk.kty === "OKP" && jwk.crv === "Ed25519" && jwk.y === undefined);
  if (!fits || typeof jwk.x !== "string") throw new CountersignError("E_SIG_ALG");
  const x = coordinate(jwk.x);
  if (jwk.kty === "EC") coordinate(jwk.y ?? "");
  // SECURITY: weak Ed25519 keys refused on every runtime, protocol.md V4; some OpenSSL builds verify forgeries under them.
  else if (isWeakEd25519(x)) throw new CountersignError("E_KEY_WEAK");
  const clean: PublicJwk =
    jwk.kty === "EC"
      ? { kty: "EC", crv: "P-256", x: jwk.x, y: jwk.y, alg: "ES256" }
      : { kty: "OKP", crv: "Ed25519", x: jwk.x, alg: "Ed25519" };
  let object: KeyObject;
  try {
    object = createPublicKey({ key: members(clean), format: "jwk" });
  } catch (cause) {
    throw new CountersignError("E_KEY_WEAK", "The public key is not a valid point.", { cause });
  }
  const key: VerifyKey = Object.freeze({ kid: thumbprint(clean), alg: clean.alg, jwk: Object.freeze(clean) });
  keyObjects.set(key, object);
  return key;
}

function coordinate(text: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = decodeBase64url(text);
  } catch (cause) {
    throw new CountersignError("E_KEY_WEAK", "A key coordinate is not base64url.", { cause });
  }
  if (bytes.length !== 32) throw new CountersignError("E_KEY_WEAK", "A key coordinate is not 32 bytes.");
  return bytes;
}

/** ECDSA signatures as DER under the bare key: node:crypto takes a quarter longer to be told of `ieee-p1363`. */
function check(key: VerifyKey, data: Uint8Array, signature: Uint8Array): boolean {
  const object = keyObjects.get(key);
  if (!object) return false;
  try {
    return verify(key.alg === "ES256" ? "sha256" : null, data, object, signature);
  } catch {
    return false;
  }
}

/** Most keys that stay imported; a hospital's approvers fit, an attacker's inventions do not fill memory. */
const IMPORTED_MAX = 10_000;

/** Imports each key once: importing costs as much as verifying. The oldest are forgotten first. */
function rememberingImports(): typeof importKey {
  const known = new Map<string, VerifyKey>();
  return (jwk) => {
    const name = JSON.stringify([jwk.alg, jwk.kty, jwk.crv, jwk.x, jwk.y]);
    const found = known.get(name);
    if (found) return found;
    const key = importKey(jwk);
    const [oldest] = known.size < IMPORTED_MAX ? [] : known.keys();
    if (oldest !== undefined) known.delete(oldest);
    known.set(name, key);
    return key;
  };
}

/** The Crypto port over node:crypto. Works on Node >= 20.18 (Electron 33) and newer. */
export function makeNodeCrypto(): Crypto {
  return {
    sha256(...parts) {
      const [only = NOTHING, second] = parts;
      return copy(hash("sha256", second === undefined ? only : Buffer.concat(parts), "buffer"));
    },
    sha256Text: (data) => hash("sha256", data, "base64url"),
    hmacSha256: (key, data) => copy(createHmac("sha256", key).update(data).digest()),
    importKey: rememberingImports(),
    verify: (key, data, signature) =>
      signature.length === 64 && check(key, data, key.alg === "ES256" ? derOf(signature) : signature),
    verifyDer: (key, data, signature) => key.alg === "ES256" && check(key, data, signature),
  };
}
