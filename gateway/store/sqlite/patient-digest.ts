import { createHmac, createSecretKey, type KeyObject } from "node:crypto";

/** Half of SHA-256: enough to tell patients apart, and short, since each request has several. */
const BYTES = 16;

/**
 * Finds what is about a patient without naming one: HMAC-SHA-256 under the store's key (protocol.md 3.19). References and
 * identifiers are apart, so that a record number that looks like a reference means nothing else.
 */
export function patientDigest(key: Uint8Array, kind: "ref" | "identifier", text: string): Uint8Array {
  return createHmac("sha256", keyObject(key)).update(`${kind}\0${text.trim()}`).digest().subarray(0, BYTES);
}

const keyObjects = new WeakMap<Uint8Array, KeyObject>();

/** Importing a key takes five times as long as the digest. */
function keyObject(key: Uint8Array): KeyObject {
  const known = keyObjects.get(key) ?? createSecretKey(key);
  keyObjects.set(key, known);
  return known;
}

const REFERENCE = /^Patient\/[A-Za-z0-9.-]{1,64}$/;

/** What a person typed: a reference, or else an identifier. */
export const typedPatientDigest = (key: Uint8Array, text: string): Uint8Array =>
  patientDigest(key, REFERENCE.test(text.trim()) ? "ref" : "identifier", text);
