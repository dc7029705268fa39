import { CountersignError } from "./error.ts";
import { encodeUtf8 } from "./utf8.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** Value of each byte as a character of the alphabet; -1 for all others. */
const VALUE = new Int8Array(256).fill(-1);
for (let i = 0; i < 64; i++) VALUE[ALPHABET.charCodeAt(i)] = i;

/** RFC 4648 section 5 without padding. */
export function encodeBase64url(bytes: Uint8Array): string {
  let out = "";
  let i = 0;
  for (; i + 2 < bytes.length; i += 3) {
    const n = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out +=
      ALPHABET.charAt(n >>> 18) +
      ALPHABET.charAt((n >>> 12) & 63) +
      ALPHABET.charAt((n >>> 6) & 63) +
      ALPHABET.charAt(n & 63);
  }
  const rest = bytes.length - i;
  if (rest === 1) {
    const n = bytes[i] ?? 0;
    out += ALPHABET.charAt(n >>> 2) + ALPHABET.charAt((n & 3) << 4);
  } else if (rest === 2) {
    const n = ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
    out += ALPHABET.charAt(n >>> 10) + ALPHABET.charAt((n >>> 4) & 63) + ALPHABET.charAt((n & 15) << 2);
  }
  return out;
}

/**
 * Strict decoder: no padding, no white space, canonical trailing bits, so that decode then encode gives the same text
 * (protocol.md 3.2). One statement has one spelling.
 * @throws CountersignError `E_FMT_B64`
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> {
  const bytes = encodeUtf8(text);
  const out = new Uint8Array(decodedLength(bytes.length));
  decodeBase64urlInto(out, 0, bytes, 0, bytes.length);
  return out;
}

/** Bytes that `length` characters decode to. @throws CountersignError `E_FMT_B64` for a length that cannot be */
function decodedLength(length: number): number {
  if ((length & 3) === 1) throw new CountersignError("E_FMT_B64");
  return (length * 3) >>> 2;
}

/**
 * As {@link decodeBase64url}, of the characters `[start, end)` of a text in UTF-8, into `out` from `offset` on.
 * @returns the offset behind the last byte written
 * @throws CountersignError `E_FMT_B64`
 */
export function decodeBase64urlInto(
  out: Uint8Array,
  offset: number,
  text: Uint8Array,
  start: number,
  end: number,
): number {
  const last = offset + decodedLength(end - start);
  const rest = (end - start) & 3;
  const whole = end - rest;
  let o = offset;
  // -1 keeps its sign through every shift and "or": one test after the loop is enough.
  let all = 0;
  for (let i = start; i < whole; i += 4) {
    const n =
      (valueOf(text[i]) << 18) | (valueOf(text[i + 1]) << 12) | (valueOf(text[i + 2]) << 6) | valueOf(text[i + 3]);
    all |= n;
    out[o] = n >>> 16;
    out[o + 1] = n >>> 8;
    out[o + 2] = n;
    o += 3;
  }
  if (rest > 0) {
    const third = rest === 3 ? valueOf(text[whole + 2]) : 0;
    const n = (valueOf(text[whole]) << 12) | (valueOf(text[whole + 1]) << 6) | third;
    all |= n;
    out[o] = n >>> 10;
    if (rest === 3) out[o + 1] = n >>> 2;
    // Bits that no byte takes must be zero.
    if ((n & (rest === 2 ? 0x3ff : 0x3)) !== 0) throw new CountersignError("E_FMT_B64");
  }
  if (all < 0) throw new CountersignError("E_FMT_B64");
  return last;
}

const valueOf = (byte: number | undefined): number => VALUE[byte ?? 0] ?? -1;

/** Standard base64 with padding, for C2SP notes and RFC 9530 digests. */
export function encodeBase64(bytes: Uint8Array): string {
  const text = encodeBase64url(bytes).replaceAll("-", "+").replaceAll("_", "/");
  return text + "=".repeat((4 - (text.length & 3)) & 3);
}

/**
 * Strict standard base64: padding required, canonical.
 * @throws CountersignError `E_FMT_B64`
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 !== 0 || /[-_]/.test(text)) throw new CountersignError("E_FMT_B64");
  const bytes = decodeBase64url(
    text
      .replace(/={1,2}$/, "")
      .replaceAll("+", "-")
      .replaceAll("/", "_"),
  );
  if (encodeBase64(bytes) !== text) throw new CountersignError("E_FMT_B64");
  return bytes;
}
