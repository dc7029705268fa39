import { decodeBase64url } from "./base64url.ts";
import words from "./check-words.json" with { type: "json" };
import type { Crypto } from "./crypto-port.ts";
import { encodeUtf8 } from "./utf8.ts";

/*
 * check-words.json is the English word list of BIP-39 (2,048 words, no two alike in their first four letters), as
 * published in bitcoin/bips (MIT) and in the npm package bip39 3.1.0 (ISC, (c) 2014 Wei Lu and Daniel Cousens).
 */

const BITS_A_WORD = 11;

function fromBits(bytes: Uint8Array, count: number): string[] {
  const out: string[] = [];
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    if (bits >= BITS_A_WORD) {
      bits -= BITS_A_WORD;
      out.push(words[held >>> bits] ?? "");
      held &= (1 << bits) - 1;
    }
    if (out.length === count) return out;
  }
  throw new RangeError("Not enough bytes for the words.");
}

/**
 * The six words both screens show at enrolment: the first 66 bits of
 * `SHA-256("countersign-sas/1" ‖ 0 ‖ nonce ‖ 0 ‖ kid ‖ 0 ‖ kid(DIR))` (protocol.md 3.13, step 4). `nonce` and the kids
 * are taken as their base64url text.
 */
export function enrolmentWords(crypto: Crypto, input: { nonce: string; kid: string; directoryKid: string }): string[] {
  const text = ["countersign-sas/1", input.nonce, input.kid, input.directoryKid].join("\0");
  return fromBits(crypto.sha256(encodeUtf8(text)), 6);
}

/**
 * Four words from the first 44 bits of a request's digest (`sha-256:…`), for people to compare and search by; never a
 * security decision (README decision 16).
 * @throws CountersignError `E_FMT_B64` when the digest is malformed
 */
export function requestWords(digest: string): string[] {
  return fromBits(decodeBase64url(digest.slice(digest.indexOf(":") + 1)), 4);
}
