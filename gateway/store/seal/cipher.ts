import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from "node:crypto";

import { CountersignError } from "#shared/protocol/error.ts";

/** AES-256-GCM (NIST SP 800-38D): a nonce of 96 bits, fresh each time, and a tag of 128. */
const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Of every key here. */
export const KEY_BYTES = 32;

/** node:crypto takes longer to import a key for each use than to seal ten kilobytes under one that was. */
export type SealKey = KeyObject;

/**
 * A key to seal and open with, of 32 bytes. It has a copy of its own, which OpenSSL overwrites when it is collected: where
 * nobody else needs `bytes`, {@link takeKey}.
 */
export const importKey = (bytes: Uint8Array): SealKey => createSecretKey(bytes);

/** The same; `bytes` are zeroes afterwards. */
export function takeKey(bytes: Uint8Array): SealKey {
  const key = importKey(bytes);
  bytes.fill(0);
  return key;
}

/**
 * `nonce ‖ ciphertext ‖ tag` of some bytes. `place` says where it belongs and is bound to it, not kept in it: opened
 * anywhere else it is refused.
 */
export function sealBytes(key: SealKey, place: string, bytes: Uint8Array | string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(place));
  const body = typeof bytes === "string" ? cipher.update(bytes, "utf8") : cipher.update(bytes);
  // GCM is a stream: nothing is left to be written at the end.
  cipher.final();
  return Buffer.concat([nonce, body, cipher.getAuthTag()]);
}

/** @throws CountersignError `E_STORE_CORRUPT` for what was changed, or was sealed under another key or for another place */
export function openBytes(key: SealKey, place: string, sealed: Uint8Array): Buffer {
  try {
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(place));
    decipher.setAuthTag(sealed.subarray(end));
    const body = decipher.update(sealed.subarray(NONCE_BYTES, end));
    decipher.final();
    return body;
  } catch (cause) {
    throw new CountersignError(
      "E_STORE_CORRUPT",
      "Something in the store was changed, or stands in another's place. Restore a backup; clients keep their evidence.",
      { cause },
    );
  }
}
