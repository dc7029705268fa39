import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { makeVkey, signCheckpoint, verifyCheckpoint } from "#shared/ledger/note.ts";
import { formatTlogProof, verifyTlogProof } from "#shared/ledger/tlog-proof.ts";
import { appendLeaf, consistencyProof, inclusionProof, leafHash, memoryNodes, treeRoot } from "#shared/ledger/tree.ts";
import { verifyConsistency } from "#shared/ledger/verify.ts";
import { decodeBase64url, encodeBase64url } from "#shared/protocol/base64url.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import { crypto } from "../../shared/protocol/fixture/hospital.ts";

export const LOG_SIZE = 100_003;
const PINNED = 77_777;
const ORIGIN = "bench.example/log";

/** What a client does with one receipt and a new checkpoint: the entry is in the log, and the log extends the pinned one. */
export function prepareProofs(): (times: number) => void {
  const signer = makeSigner(generateKey("Ed25519"));
  const key = decodeBase64url(signer.jwk.x);
  const nodes = memoryNodes();
  const entryAt = (i: number): string =>
    JSON.stringify({ v: 1, t: "decision", ts: i, obj: `sha-256:${"A".repeat(43)}` });
  for (let i = 0; i < LOG_SIZE; i++) appendLeaf(crypto, nodes, i, leafHash(crypto, encodeUtf8(entryAt(i))));
  const vkey = makeVkey(crypto, ORIGIN, key);
  const note = (size: number): string =>
    signCheckpoint(crypto, { origin: ORIGIN, size, root: treeRoot(crypto, nodes, size) }, key, (data) =>
      signer.signBytes(data),
    );
  const pinned = verifyCheckpoint(crypto, note(PINNED), vkey);
  const checkpoint = note(LOG_SIZE);
  const hashes = consistencyProof(crypto, nodes, PINNED, LOG_SIZE).map(encodeBase64url);
  const receipts = [0, 1, 4_711, 65_535, 65_536, 77_776, 99_999, LOG_SIZE - 1].map((index) => ({
    proof: formatTlogProof({ index, proof: inclusionProof(crypto, nodes, index, LOG_SIZE), checkpoint }),
    entry: entryAt(index),
  }));
  let next = 0;
  return (times) => {
    for (let i = 0; i < times; i++) {
      const receipt = receipts[(next = (next + 1) % receipts.length)];
      if (!receipt) throw new Error("no receipt");
      const { checkpoint: newest } = verifyTlogProof(crypto, { ...receipt, vkey });
      const extended = verifyConsistency(crypto, {
        ...{ size1: pinned.size, root1: pinned.root, size2: newest.size, root2: newest.root },
        proof: hashes.map(decodeBase64url),
      });
      if (!extended) throw new Error("a good proof did not verify");
    }
  };
}
