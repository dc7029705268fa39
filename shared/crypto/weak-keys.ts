const P = 2n ** 255n - 19n;

function littleEndian(bytes: Uint8Array): bigint {
  let n = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) n = (n << 8n) | BigInt(bytes[i] ?? 0);
  return n;
}

const ORDER_8_Y = 55188659117513257062467267217118295137698188065244968500265048394206261417927n;

/** y coordinates of the eight points of small order on edwards25519 (RFC 7748 / RFC 8032 curve), as integers mod p. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([0n, 1n, P - 1n, ORDER_8_Y, P - ORDER_8_Y]);

/**
 * True for an Ed25519 public key of small order or in a non-canonical encoding (y >= p, or the sign bit set on a point
 * with x = 0). Under such a key one signature can verify for many messages (protocol.md 3.8 V4).
 * `x` is the 32-byte encoded point of RFC 8032 5.1.2.
 */
export function isWeakEd25519(x: Uint8Array): boolean {
  const encoded = littleEndian(x);
  const y = encoded & ((1n << 255n) - 1n);
  return y >= P || SMALL_ORDER_Y.has(y);
}
