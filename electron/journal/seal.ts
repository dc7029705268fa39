import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";

import { CountersignError } from "#shared/protocol/error.ts";

import type { RandomBytes } from "../clock.ts";

/** Authenticated encryption of what is kept on disk: AES-256-GCM, `version ‖ iv(12) ‖ tag(16) ‖ ciphertext`. */
export interface Seal {
  /** `context` names the place (file and position); the same bytes elsewhere do not open. */
  seal(plain: Uint8Array, context: string): Uint8Array;
  /** @throws CountersignError `E_CLI_JOURNAL` for anything but what {@link Seal.seal} made for this `context` */
  open(sealed: Uint8Array, context: string): Uint8Array;
}

const VERSION = 1;
const IV = 12;
const TAG = 16;
const HEAD = 1 + IV + TAG;

/** @param key 32 bytes; it is copied, so that the caller can wipe its own */
export function makeSeal(key: Uint8Array, random: RandomBytes): Seal {
  const secret = Buffer.from(key);
  return {
    seal(plain, context) {
      // SECURITY: a fresh random 96-bit iv for each record (NIST SP 800-38D 8.2.2); far below 2^32 records a key.
      const iv = random(IV);
      const cipher = createCipheriv("aes-256-gcm", secret, iv, { authTagLength: TAG });
      cipher.setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([Uint8Array.of(VERSION), iv, cipher.getAuthTag(), body]);
    },
    open(sealed, context) {
      if (sealed.length < HEAD || sealed[0] !== VERSION) throw damaged();
      const decipher = createDecipheriv("aes-256-gcm", secret, sealed.subarray(1, 1 + IV), { authTagLength: TAG });
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(sealed.subarray(1 + IV, HEAD));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(HEAD)), decipher.final()]);
      } catch {
        throw damaged();
      }
    },
  };
}

const damaged = () => new CountersignError("E_CLI_JOURNAL");

/** A 32-byte key for one purpose from a person's unlocked secret (RFC 5869, SHA-256). */
export function deriveKey(secret: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(0), `countersign/${purpose}/1`, 32));
}
