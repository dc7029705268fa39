import { decodeBase64, encodeBase64 } from "#shared/protocol/base64url.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import { verifyCheckpoint, type Checkpoint } from "./note.ts";
import { leafHash } from "./tree.ts";
import { verifyInclusion } from "./verify.ts";

/** Exported evidence of one entry, c2sp.org/tlog-proof: index, inclusion path and the signed checkpoint in one text. */
export interface TlogProof {
  readonly index: number;
  readonly proof: readonly Uint8Array[];
  readonly checkpoint: string;
}

const HEADER = "c2sp.org/tlog-proof@v1";

export function formatTlogProof({ index, proof, checkpoint }: TlogProof): string {
  return [HEADER, `index ${String(index)}`, ...proof.map(encodeBase64), "", checkpoint].join("\n");
}

/** @throws CountersignError `E_LOG_PROOF` */
export function parseTlogProof(text: string): TlogProof {
  const cut = text.indexOf("\n\n");
  const [header, indexLine, ...hashes] = text.slice(0, cut).split("\n");
  const [, index] = /^index (0|[1-9][0-9]{0,15})$/.exec(indexLine ?? "") ?? [];
  if (cut < 0 || header !== HEADER || index === undefined || hashes.length > 63) {
    throw new CountersignError("E_LOG_PROOF");
  }
  try {
    const proof = hashes.map(decodeBase64);
    if (proof.some((p) => p.length !== 32)) throw new CountersignError("E_LOG_PROOF");
    return { index: Number(index), proof, checkpoint: text.slice(cut + 2) };
  } catch (cause) {
    throw new CountersignError("E_LOG_PROOF", undefined, { cause });
  }
}

/**
 * Checks that the exact `entry` text is in the log that `vkey` signs.
 * @throws CountersignError `E_LOG_PROOF`, `E_LOG_KEY`
 */
export function verifyTlogProof(
  crypto: Crypto,
  input: { readonly proof: string; readonly entry: string; readonly vkey: string },
): { readonly index: number; readonly checkpoint: Checkpoint } {
  const parsed = parseTlogProof(input.proof);
  const checkpoint = verifyCheckpoint(crypto, parsed.checkpoint, input.vkey);
  const leaf = leafHash(crypto, encodeUtf8(input.entry));
  const { index, proof } = parsed;
  if (!verifyInclusion(crypto, { index, size: checkpoint.size, leaf, proof, root: checkpoint.root })) {
    throw new CountersignError("E_LOG_PROOF");
  }
  return { index, checkpoint };
}
