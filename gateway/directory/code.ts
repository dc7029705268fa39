import { timingSafeEqual } from "node:crypto";

import { encodeBase64url } from "#shared/protocol/base64url.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

/** The enrolment code (protocol.md 3.13, 3.22): 80 bits as 16 characters of Crockford's base 32. It travels apart. */

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Ten random bytes as `XXXX-XXXX-XXXX-XXXX`. */
export function codeText(random: Uint8Array): string {
  let bits = 0n;
  for (const byte of random.subarray(0, 10)) bits = (bits << 8n) | BigInt(byte);
  let text = "";
  for (let i = 0; i < 16; i++) {
    text = (CROCKFORD[Number(bits & 31n)] ?? "") + text;
    bits >>= 5n;
  }
  return text.replace(/(.{4})(?=.)/g, "$1-");
}

/** The code as MAC key: upper case, `[0-9A-Z]` only, `I` and `L` read as 1, `O` as 0. */
const codeKey = (code: string): Uint8Array =>
  encodeUtf8(
    code
      .toUpperCase()
      .replace(/[^0-9A-Z]/g, "")
      .replace(/[IL]/g, "1")
      .replaceAll("O", "0"),
  );

const mac = (crypto: Crypto, code: string, parts: readonly string[]): Uint8Array<ArrayBuffer> =>
  crypto.hmacSha256(codeKey(code), encodeUtf8(parts.join("\0")));

/** What the new key's owner proves with the code: `code_mac`, base64url. */
export const codeMac = (crypto: Crypto, code: string, bound: { nonce: string; kid: string }): string =>
  encodeBase64url(mac(crypto, code, ["countersign-enrol/1", bound.nonce, bound.kid]));

/** What the directory proves with the code: `dir_mac`, base64url. */
export const dirMac = (
  crypto: Crypto,
  code: string,
  bound: { nonce: string; kid: string; directoryKid: string },
): string =>
  encodeBase64url(mac(crypto, code, ["countersign-enrol-dir/1", bound.nonce, bound.kid, bound.directoryKid]));

/** SECURITY: compared in constant time, reliability.md F17. */
export function sameMac(a: string, b: string): boolean {
  const [left, right] = [encodeUtf8(a), encodeUtf8(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
