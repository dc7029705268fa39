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

/** The same for appending one leaf: the hashes that it completes, its own before them, are added to `closed`. */
export function closingNodes(tx: Pick<StoreReads, "treeNode">, closed: Uint8Array<ArrayBuffer>[]): NodeStore {
  return { ...readNodes(tx), set: (_level, _index, hash) => void closed.push(hash) };
}
