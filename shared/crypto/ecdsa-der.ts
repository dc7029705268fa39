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

/**
 * The other way: a DER signature over P-256 that this process just made as `r ‖ s`, 64 bytes.
 * @throws RangeError where it is none, which no signing library gives
 */
export function joseOf(der: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(2 * HALF);
  let at = 2;
  for (const end of [HALF, 2 * HALF]) {
    const length = der[at + 1] ?? 0;
    const value = der.subarray(at + 2, at + 2 + length);
    const digits = value.length > HALF ? value.subarray(value.length - HALF) : value;
    if (der[at] !== INTEGER || value.length !== length || length === 0 || length > HALF + 1)
      throw new RangeError("not an ECDSA signature over P-256");
    out.set(digits, end - digits.length);
    at += 2 + length;
  }
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
