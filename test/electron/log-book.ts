import { leafText, type Leaf } from "#shared/ledger/leaf.ts";
import { signCheckpoint } from "#shared/ledger/note.ts";
import { formatTlogProof } from "#shared/ledger/tlog-proof.ts";
import { appendLeaf, consistencyProof, inclusionProof, leafHash, memoryNodes, treeRoot } from "#shared/ledger/tree.ts";
import { decodeBase64url, encodeBase64url } from "#shared/protocol/base64url.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import { crypto, type Hospital } from "./hospital.ts";

/** The gateway's Merkle log, in memory, with its real key. */
export class LogBook {
  readonly #hospital: Hospital;
  readonly #nodes = memoryNodes();
  readonly entries: string[] = [];

  constructor(hospital: Hospital) {
    this.#hospital = hospital;
  }

  append(leaf: Leaf): { index: number; leaf: string } {
    const text = leafText(leaf);
    const hash = leafHash(crypto, encodeUtf8(text));
    appendLeaf(crypto, this.#nodes, this.entries.length, hash);
    this.entries.push(text);
    return { index: this.entries.length - 1, leaf: encodeBase64url(hash) };
  }

  checkpoint(size = this.entries.length): string {
    const { log } = this.#hospital;
    return signCheckpoint(
      crypto,
      { origin: "log.northgate.example", size, root: treeRoot(crypto, this.#nodes, size) },
      decodeBase64url(log.jwk.x),
      (data) => log.signBytes(data),
    );
  }

  find(query: { index?: number; leaf?: string }): number {
    return (
      query.index ?? this.entries.findIndex((e) => encodeBase64url(leafHash(crypto, encodeUtf8(e))) === query.leaf)
    );
  }

  proof(index: number): { proof: string; entry: string } {
    const size = this.entries.length;
    const proof = inclusionProof(crypto, this.#nodes, index, size);
    return { proof: formatTlogProof({ index, proof, checkpoint: this.checkpoint() }), entry: this.entries[index]! };
  }

  consistency(from: number, to: number): string[] {
    return consistencyProof(crypto, this.#nodes, from, to).map(encodeBase64url);
  }
}
