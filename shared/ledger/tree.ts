import type { Crypto } from "#shared/protocol/crypto-port.ts";

/**
 * RFC 6962 Merkle tree: leaf `H(0x00 ‖ entry)`, node `H(0x01 ‖ left ‖ right)` (sections 2.1, 2.1.1, 2.1.2), with the
 * proofs computed from stored hashes of complete subtrees so that every operation is O(log n).
 */
export type Hash = Uint8Array<ArrayBuffer>;

/** Hashes of complete subtrees: `(level, index)` covers leaves `[index·2^level, (index+1)·2^level)`. */
export interface NodeStore {
  get(level: number, index: number): Hash | undefined;
  set(level: number, index: number, hash: Hash): void;
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export const leafHash = (crypto: Crypto, entry: Uint8Array): Hash => crypto.sha256(LEAF, entry);
export const nodeHash = (crypto: Crypto, left: Uint8Array, right: Uint8Array): Hash => crypto.sha256(NODE, left, right);

/** A store in memory, for tests and offline verification. */
export function memoryNodes(): NodeStore {
  const nodes = new Map<string, Hash>();
  return {
    get: (level, index) => nodes.get(`${String(level)}/${String(index)}`),
    set: (level, index, hash) => void nodes.set(`${String(level)}/${String(index)}`, hash),
  };
}

/** Adds the leaf at `index` (= size before) and every subtree it completes; returns the new size. */
export function appendLeaf(crypto: Crypto, nodes: NodeStore, index: number, leaf: Hash): number {
  nodes.set(0, index, leaf);
  let hash = leaf;
  let level = 0;
  // An odd index closes its parent: the left sibling is complete already.
  for (let i = index; i % 2 === 1; i = (i - 1) / 2) {
    hash = nodeHash(crypto, need(nodes, level, i - 1), hash);
    level++;
    nodes.set(level, (i - 1) / 2, hash);
  }
  return index + 1;
}

function need(nodes: NodeStore, level: number, index: number): Hash {
  const hash = nodes.get(level, index);
  if (hash === undefined) throw new RangeError(`Merkle node ${String(level)}/${String(index)} is missing.`);
  return hash;
}

/** Largest power of two smaller than `n`, for n > 1. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** MTH(D[begin:end]) for a `begin` aligned as RFC 6962's recursion makes it. */
function subtree(crypto: Crypto, nodes: NodeStore, begin: number, end: number): Hash {
  const n = end - begin;
  if (n === 0) return crypto.sha256();
  const level = Math.log2(n);
  if (Number.isInteger(level) && begin % n === 0) return need(nodes, level, begin / n);
  const k = split(n);
  return nodeHash(crypto, subtree(crypto, nodes, begin, begin + k), subtree(crypto, nodes, begin + k, end));
}

export const treeRoot = (crypto: Crypto, nodes: NodeStore, size: number): Hash => subtree(crypto, nodes, 0, size);

/** PATH(m, D[n]), RFC 6962 2.1.1. @throws RangeError when `index >= size` */
export function inclusionProof(crypto: Crypto, nodes: NodeStore, index: number, size: number): Hash[] {
  if (index < 0 || index >= size) throw new RangeError("The index is outside the tree.");
  const path = (m: number, begin: number, end: number): Hash[] => {
    const n = end - begin;
    if (n === 1) return [];
    const k = split(n);
    return m < k
      ? [...path(m, begin, begin + k), subtree(crypto, nodes, begin + k, end)]
      : [...path(m - k, begin + k, end), subtree(crypto, nodes, begin, begin + k)];
  };
  return path(index, 0, size);
}

/** PROOF(m, D[n]), RFC 6962 2.1.2. Empty for equal sizes. @throws RangeError unless `0 < from <= to` */
export function consistencyProof(crypto: Crypto, nodes: NodeStore, from: number, to: number): Hash[] {
  if (from <= 0 || from > to) throw new RangeError("The sizes are not in order.");
  const proof = (m: number, begin: number, end: number, known: boolean): Hash[] => {
    const n = end - begin;
    if (m === n) return known ? [] : [subtree(crypto, nodes, begin, end)];
    const k = split(n);
    return m <= k
      ? [...proof(m, begin, begin + k, known), subtree(crypto, nodes, begin + k, end)]
      : [...proof(m - k, begin + k, end, false), subtree(crypto, nodes, begin, begin + k)];
  };
  return proof(from, 0, to, true);
}
