/** Bytes of r and of s, for P-256. */
const HALF = 32;
const SEQUENCE = 0x30;
const INTEGER = 0x02;

/**
 * An ES256 signature `r ‖ s` (RFC 7518 3.4, 64 bytes) as the DER `SEQUENCE { r, s }` of RFC 3279 2.2.3, each integer in its
 * shortest form, so that one value has one encoding. Whether r and s are in range is for the verification to say.
 */
export function derOf(signature: Uint8Array): Uint8Array<ArrayBuffer> {
  const [r, s] = [0, HALF].map((from) => firstOf(signature, from));
  const [lengthR, lengthS] = [lengthOf(signature, r ?? 0, HALF), lengthOf(signature, s ?? 0, 2 * HALF)];
  const out = new Uint8Array(6 + lengthR + lengthS);
  out[0] = SEQUENCE;
  out[1] = 4 + lengthR + lengthS;
  put(out, 2, signature.subarray(r, HALF), lengthR);
  put(out, 4 + lengthR, signature.subarray(s, 2 * HALF), lengthS);
  return out;
}

/** Where the integer begins: its leading zeros are dropped, all but the last. */
function firstOf(signature: Uint8Array, from: number): number {
  let first = from;
  while (first < from + HALF - 1 && signature[first] === 0) first++;
  return first;
}

/** A high first bit would make it negative: then a zero byte comes before it. */
const lengthOf = (signature: Uint8Array, first: number, end: number): number =>
  end - first + ((signature[first] ?? 0) >>> 7);

function put(out: Uint8Array, at: number, value: Uint8Array, length: number): void {
  out[at] = INTEGER;
  out[at + 1] = length;
  out.set(value, at + 2 + length - value.length);
}

/**
 * The way back, for what node:crypto has just signed: `r ‖ s` of 64 bytes. Asking it for this form directly takes twice as
 * long as signing. DER of P-256 is short enough for one byte of each length.
 */
export function joseOf(der: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(2 * HALF);
  let at = 2;
  for (const end of [HALF, 2 * HALF]) {
    const value = der.subarray(at + 2, at + 2 + (der[at + 1] ?? 0));
    at += 2 + value.length;
    // One byte more than there is room for is the zero before a high first bit.
    const digits = value.subarray(Math.max(0, value.length - HALF));
    out.set(digits, end - digits.length);
  }
  return out;
}
