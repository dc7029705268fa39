import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from "node:crypto";

import { CountersignError } from "#shared/protocol/error.ts";

import type { Random } from "../../random-pool.ts";

/** AES-256-GCM (NIST SP 800-38D): a nonce of 96 bits, fresh each time, and a tag of 128. */
const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const OPTIONS = { authTagLength: TAG_BYTES };

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
 * @param random gives the nonce; no twelve bytes of it ever come twice
 */
export function sealBytes(
  key: SealKey,
  place: string,
  bytes: Uint8Array | string,
  random: Random = randomBytes,
): Buffer {
  const nonce = random(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, OPTIONS);
  cipher.setAAD(Buffer.from(place));
  const body = typeof bytes === "string" ? cipher.update(bytes, "utf8") : cipher.update(bytes);
  // GCM is a stream: nothing is left to be written at the end.
  cipher.final();
  return Buffer.concat([nonce, body, cipher.getAuthTag()]);
}

/**
 * @param from where the sealed bytes begin
 * @throws CountersignError `E_STORE_CORRUPT` for what was changed, or was sealed under another key or for another place
 */
export function openBytes(key: SealKey, place: string, sealed: Uint8Array, from = 0): Buffer {
  try {
    const part = (begin: number, length: number) => new Uint8Array(sealed.buffer, sealed.byteOffset + begin, length);
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(ALGORITHM, key, part(from, NONCE_BYTES), OPTIONS);
    decipher.setAAD(Buffer.from(place));
    decipher.setAuthTag(part(end, TAG_BYTES));
    const body = decipher.update(part(from + NONCE_BYTES, end - from - NONCE_BYTES));
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
