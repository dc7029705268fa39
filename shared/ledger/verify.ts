import type { Crypto } from "#shared/protocol/crypto-port.ts";

import { nodeHash } from "./tree.ts";

/**
 * Proof checks of RFC 9162 2.1.3.2 and 2.1.4.2 (same hashing as RFC 6962). Sizes are at most 2^53−1, so halving uses
 * division instead of 32-bit shifts.
 */

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((v, i) => v === b[i]);

const half = (n: number) => Math.floor(n / 2);
const isOdd = (n: number) => n % 2 === 1;
const valid = (n: number) => Number.isSafeInteger(n) && n >= 0;

export interface InclusionInput {
  readonly index: number;
  readonly size: number;
  /** Hash of the leaf, 32 bytes. */
  readonly leaf: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** True only when the leaf is at `index` of the tree of `size` leaves with `root`. */
export function verifyInclusion(crypto: Crypto, { index, size, leaf, proof, root }: InclusionInput): boolean {
  if (!valid(index) || !valid(size) || index >= size) return false;
  if ([leaf, root, ...proof].some((h) => h.length !== 32)) return false;
  let fn = index;
  let sn = size - 1;
  let hash = leaf;
  for (const p of proof) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      hash = nodeHash(crypto, p, hash);
      while (!isOdd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      hash = nodeHash(crypto, hash, p);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && sameBytes(hash, root);
}

export interface ConsistencyInput {
  readonly size1: number;
  readonly size2: number;
  readonly root1: Uint8Array;
  readonly root2: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** True only when the tree of `size2` extends the tree of `size1`. `size1` = 0 is always refused (protocol.md 3.16). */
export function verifyConsistency(crypto: Crypto, input: ConsistencyInput): boolean {
  const { size1, size2, root1, root2, proof } = input;
  if (!valid(size1) || !valid(size2) || size1 === 0 || size1 > size2) return false;
  if (proof.some((h) => h.length !== 32)) return false;
  if (size1 === size2) return proof.length === 0 && sameBytes(root1, root2);
  if (proof.length === 0) return false;
  const powerOfTwo = Number.isInteger(Math.log2(size1));
  const path = powerOfTwo ? [root1, ...proof] : [...proof];
  let fn = size1 - 1;
  let sn = size2 - 1;
  while (isOdd(fn)) {
    fn = half(fn);
    sn = half(sn);
  }
  const [first, ...rest] = path;
  if (first === undefined) return false;
  let fr = first;
  let sr = first;
  for (const c of rest) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      fr = nodeHash(crypto, c, fr);
      sr = nodeHash(crypto, c, sr);
      while (!isOdd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      sr = nodeHash(crypto, sr, c);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && sameBytes(fr, root1) && sameBytes(sr, root2);
}
