import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import {
  appendLeaf,
  consistencyProof,
  inclusionProof,
  leafHash,
  memoryNodes,
  nodeHash,
  treeRoot,
  type Hash,
} from "#shared/ledger/tree.ts";
import { verifyConsistency, verifyInclusion } from "#shared/ledger/verify.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

const crypto = makeNodeCrypto();
const leafAt = (i: number): Hash => leafHash(crypto, encodeUtf8(`entry ${String(i)}`));

/** RFC 6962 2.1 written down as it stands, over all leaves: what the stored-node form must equal. */
function plainRoot(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return crypto.sha256();
  const [only] = leaves;
  if (leaves.length === 1 && only) return only;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(crypto, plainRoot(leaves.slice(0, k)), plainRoot(leaves.slice(k)));
}

const MAX = 130;
const nodes = memoryNodes();
const leaves: Hash[] = [];
for (let i = 0; i < MAX; i++) {
  leaves.push(leafAt(i));
  appendLeaf(crypto, nodes, i, leafAt(i));
}

const size = fc.integer({ min: 1, max: MAX });

describe("RFC 6962 tree over stored nodes", () => {
  it("has the root of the plain recursion at every size", () => {
    for (let n = 0; n <= MAX; n++) expect(treeRoot(crypto, nodes, n)).toEqual(plainRoot(leaves.slice(0, n)));
  });

  it("proves every leaf at every size and nothing else", () => {
    fc.assert(
      fc.property(size, fc.nat(), fc.nat(), (n, i, other) => {
        const index = i % n;
        const proof = inclusionProof(crypto, nodes, index, n);
        const root = treeRoot(crypto, nodes, n);
        expect(verifyInclusion(crypto, { index, size: n, leaf: leafAt(index), proof, root })).toBe(true);
        const wrong = other % n;
        if (wrong !== index) {
          expect(verifyInclusion(crypto, { index: wrong, size: n, leaf: leafAt(index), proof, root })).toBe(false);
        }
      }),
    );
  });

  it("proves that a larger tree extends a smaller one, and refuses a changed root", () => {
    fc.assert(
      fc.property(size, size, (a, b) => {
        const [size1, size2] = a < b ? [a, b] : [b, a];
        const root1 = treeRoot(crypto, nodes, size1);
        const root2 = treeRoot(crypto, nodes, size2);
        const proof = consistencyProof(crypto, nodes, size1, size2);
        expect(verifyConsistency(crypto, { size1, size2, root1, root2, proof })).toBe(true);
        const forged = leafAt(MAX + 1);
        expect(verifyConsistency(crypto, { size1, size2, root1: forged, root2, proof })).toBe(false);
        expect(verifyConsistency(crypto, { size1, size2, root1, root2: forged, proof })).toBe(false);
      }),
    );
  });

  it("never accepts size 0 as the earlier tree", () => {
    const root2 = treeRoot(crypto, nodes, 3);
    expect(verifyConsistency(crypto, { size1: 0, size2: 3, root1: crypto.sha256(), root2, proof: [] })).toBe(false);
  });
});
