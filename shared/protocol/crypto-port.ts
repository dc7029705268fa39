import type { Alg } from "./names.ts";

/** A public key as it stands in credentials and key sets (RFC 7517, 8037); `alg` is pinned to the key (RFC 8725 3.1). */
export interface PublicJwk {
  kty: "EC" | "OKP";
  crv: "P-256" | "Ed25519";
  x: string;
  y?: string | undefined;
  alg: Alg;
}

/** An imported, checked public key. Opaque to shared/; made once by {@link Crypto.importKey} and reused. */
export interface VerifyKey {
  readonly kid: string;
  readonly alg: Alg;
  readonly jwk: PublicJwk;
}

/**
 * What the pure verification steps need of cryptography. Synchronous, without IO. Implemented once, in shared/crypto
 * (node:crypto).
 */
export interface Crypto {
  sha256(...parts: Uint8Array[]): Uint8Array<ArrayBuffer>;
  /** SHA-256 of bytes, or of a text in UTF-8, as base64url. The same as encoding {@link Crypto.sha256}, and faster. */
  sha256Text(data: Uint8Array | string): string;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer>;
  /**
   * Checks curve, encoding and that the point is valid and not weak, and computes the RFC 7638 thumbprint.
   * @throws CountersignError `E_KEY_WEAK` for a small-order or non-canonical Ed25519 key, `E_SIG_ALG` for a key type
   * outside the profile or whose `alg` does not fit
   */
  importKey(jwk: PublicJwk): VerifyKey;
  /** True only for a valid 64-byte signature over `data`. Never throws for a bad signature. */
  verify(key: VerifyKey, data: Uint8Array, signature: Uint8Array): boolean;
  /** WebAuthn assertions carry DER ECDSA signatures (protocol.md 3.22). ES256 only. */
  verifyDer(key: VerifyKey, data: Uint8Array, signature: Uint8Array): boolean;
}
