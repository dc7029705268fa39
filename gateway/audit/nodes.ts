import type { NodeStore } from "#shared/ledger/tree.ts";

import type { StoreReads } from "../store/store.ts";

const copy = (hash: Uint8Array | undefined): Uint8Array<ArrayBuffer> | undefined => hash && new Uint8Array(hash);

/** The Merkle tree's stored hashes for reading: proofs and roots of any earlier size. */
export function readNodes(store: Pick<StoreReads, "treeNode">): NodeStore {
  return {
    get: (level, index) => copy(store.treeNode(level, index)),
    set() {
      throw new Error("The log is appended to inside a transaction only.");
    },
  };
}

/** Subtrees kept in memory: some 2 MB with their names. */
const MOST_KEPT = 16_384;
/** Smaller ones belong to few proofs. */
const LEAST_LEVEL = 2;
const LEVELS = 64;

/**
 * The same with the larger subtrees kept in memory: the proofs of a page have most of them in common. Only for what is under
 * a signed checkpoint, which no rollback takes back.
 */
export function keptNodes(nodes: NodeStore): NodeStore {
  const kept = new Map<number, Uint8Array<ArrayBuffer>>();
  return {
    ...nodes,
    get(level, index) {
      if (level < LEAST_LEVEL) return nodes.get(level, index);
      const name = index * LEVELS + level;
      const known = kept.get(name);
      if (known) return known;
      const hash = nodes.get(level, index);
      if (kept.size >= MOST_KEPT) kept.clear();
      if (hash) kept.set(name, hash);
      return hash;
    },
  };
}

/** The same for appending one leaf: the hashes that it completes, its own before them, are added to `closed`. */
export function closingNodes(tx: Pick<StoreReads, "treeNode">, closed: Uint8Array<ArrayBuffer>[]): NodeStore {
  return { ...readNodes(tx), set: (_level, _index, hash) => void closed.push(hash) };
}
