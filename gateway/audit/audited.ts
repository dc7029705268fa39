import { appendLeaf, leafHash, treeRoot, type Hash, type NodeStore } from "#shared/ledger/tree.ts";
import { sameBytes } from "#shared/ledger/verify.ts";
import { decodeBase64url } from "#shared/protocol/base64url.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import type { LeafRow } from "../store/rows.ts";

/** How far a store was gone through: its first entries, and of each kind what was stored up to a place. */
export interface Audited {
  /** Entries of the log. */
  readonly size: number;
  /** Their root (RFC 6962 2.1), base64url; empty for none. */
  readonly root: string;
  readonly request: number;
  readonly decision: number;
  readonly statement: number;
}

export const NOTHING: Audited = { size: 0, root: "", request: 0, decision: 0, statement: 0 };

/** The two newest subtrees of each level: all that appending and the root of the present size need. */
function rightEdge(): NodeStore {
  const newest = new Map<number, readonly { index: number; hash: Hash }[]>();
  const of = (level: number) => newest.get(level) ?? [];
  return {
    get: (level, index) => of(level).find((node) => node.index === index)?.hash,
    set: (level, index, hash) => void newest.set(level, [...of(level).slice(-1), { index, hash }]),
  };
}

/** A tree that is built from leaf texts alone, after the part that is known already. */
export interface Rebuilt {
  readonly size: number;
  root(): Hash;
  /** False where the row's hashes are not those that its text gives. */
  append(leaf: LeafRow): boolean;
}

/**
 * @param stored the store's hashes: of these only such are taken as give the root of `from`
 * @returns undefined where none do
 */
export function rebuildFrom(crypto: Crypto, stored: NodeStore, from: Audited): Rebuilt | undefined {
  const edge = rightEdge();
  let size = from.size;
  for (let level = 0; 2 ** level <= size; level++) {
    const end = Math.floor(size / 2 ** level);
    const hash = end % 2 === 1 ? stored.get(level, end - 1) : undefined;
    if (hash) edge.set(level, end - 1, hash);
  }
  if (size > 0 && !isRoot(crypto, edge, from)) return undefined;
  return {
    get size() {
      return size;
    },
    root: () => treeRoot(crypto, edge, size),
    append(leaf) {
      const hash = leafHash(crypto, encodeUtf8(leaf.entry));
      if (leaf.index !== size || !sameBytes(hash, leaf.hash)) return false;
      const closed: Hash[] = [];
      const set = (level: number, index: number, node: Hash): void => {
        edge.set(level, index, node);
        if (level > 0) closed.push(node);
      };
      size = appendLeaf(crypto, { ...edge, set }, size, hash);
      return closed.length === leaf.closed.length && closed.every((node, i) => sameBytes(node, leaf.closed[i] ?? hash));
    },
  };
}

function isRoot(crypto: Crypto, edge: NodeStore, { size, root }: Audited): boolean {
  try {
    return sameBytes(treeRoot(crypto, edge, size), decodeBase64url(root));
  } catch (error) {
    // A hash that is needed is missing.
    if (error instanceof RangeError) return false;
    throw error;
  }
}
