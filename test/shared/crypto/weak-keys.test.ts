import { describe, expect, it } from "vitest";

import { isWeakEd25519 } from "#shared/crypto/weak-keys.ts";

const P = 2n ** 255n - 19n;
const inverse = (n: bigint): bigint => power(n, P - 2n);
function power(base: bigint, exponent: bigint): bigint {
  let out = 1n;
  let b = ((base % P) + P) % P;
  for (let e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) out = (out * b) % P;
    b = (b * b) % P;
  }
  return out;
}
const D = (((-121665n * inverse(121666n)) % P) + P) % P;

function encoded(y: bigint, sign: boolean): Uint8Array {
  const out = new Uint8Array(32);
  let n = y;
  for (let i = 0; i < 32; i++, n >>= 8n) out[i] = Number(n & 255n);
  if (sign) out[31] = (out[31] ?? 0) | 128;
  return out;
}

/** y of 2P from y of P: on edwards25519 the doubling needs x only squared. */
function doubled(y: bigint): bigint {
  const x2 = (((y * y - 1n) % P) + P) * inverse(D * y * y + 1n);
  return (((y * y + x2) % P) * inverse(1n - D * (x2 % P) * y * y)) % P;
}

const Y8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;

describe("weak Ed25519 keys", () => {
  const byOrder = { "1": 1n, "2": P - 1n, "4": 0n, "8": Y8, "8, the other": P - Y8 };

  it("has the y of a point of order 8 in this test: twice it is of order 4", () => {
    expect(((doubled(Y8) % P) + P) % P).toBe(0n);
    expect(((doubled(P - Y8) % P) + P) % P).toBe(0n);
  });

  it.each(Object.entries(byOrder))("refuses the points of order %s, whatever the sign bit", (_order, y) => {
    expect(isWeakEd25519(encoded(y, false))).toBe(true);
    expect(isWeakEd25519(encoded(y, true))).toBe(true);
  });

  it("refuses every y at or above p: there is a canonical encoding of the same point", () => {
    for (let y = P; y < 2n ** 255n; y++) expect(isWeakEd25519(encoded(y, false))).toBe(true);
  });

  it("accepts the base point", () => {
    expect(isWeakEd25519(encoded((4n * inverse(5n)) % P, false))).toBe(false);
  });
});
