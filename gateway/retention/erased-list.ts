import { appendLeaf, inclusionProof, leafHash, memoryNodes, treeRoot } from "#shared/ledger/tree.ts";
import { encodeBase64url } from "#shared/protocol/base64url.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { erasedLeaf } from "#shared/protocol/evidence/erasure-proof.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import type { ErasedPlace } from "../store/erased.ts";
import type { SubjectKeyRow } from "../store/retention.ts";

export interface ErasedList {
  readonly size: number;
  /** base64url. */
  readonly root: string;
  /** Of each key, in their order. */
  readonly places: readonly ErasedPlace[];
}

/**
 * Everything that one erasure erased as an RFC 6962 tree of salted leaves: its root is in the record, so that each can be shown
 * to be in it while nothing is told of the others (docs/decisions/0016).
 * @param randomText so many random bytes as base64url
 */
export function erasedList(
  crypto: Crypto,
  keys: readonly SubjectKeyRow[],
  randomText: (bytes: number) => string,
): ErasedList {
  const nodes = memoryNodes();
  const salts = keys.map((key, i) => {
    const salt = randomText(16);
    appendLeaf(crypto, nodes, i, leafHash(crypto, leafOf(key, salt)));
    return salt;
  });
  const size = keys.length;
  return {
    size,
    root: encodeBase64url(treeRoot(crypto, nodes, size)),
    places: salts.map((salt, index) => ({
      ...{ salt, index },
      path: inclusionProof(crypto, nodes, index, size).map(encodeBase64url),
    })),
  };
}

/** A key of what is no revision of a request is counted by its name; nobody is shown it. */
function leafOf({ name, rid, revision }: SubjectKeyRow, salt: string): Uint8Array {
  if (rid === undefined || revision === undefined) return encodeUtf8(JSON.stringify({ v: 1, key: name, salt }));
  return erasedLeaf({ rid, ...revision }, salt);
}
