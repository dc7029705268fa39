import { leafText } from "#shared/ledger/leaf.ts";
import { makeVkey, signCheckpoint } from "#shared/ledger/note.ts";
import { formatTlogProof } from "#shared/ledger/tlog-proof.ts";
import { appendLeaf, consistencyProof, inclusionProof, leafHash, treeRoot } from "#shared/ledger/tree.ts";
import type { Signer } from "#shared/crypto/sign.ts";
import { decodeBase64url, encodeBase64url } from "#shared/protocol/base64url.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import type { NewLeaf } from "../core.ts";
import type { Clock } from "../ports.ts";
import type { CheckpointRow, LeafRow } from "../store/rows.ts";
import type { Store, StoreTx } from "../store/store.ts";
import type { CheckpointFile } from "./checkpoint-file.ts";
import { closingNodes, keptNodes, readNodes } from "./nodes.ts";
import { auditLog, type AuditedPart } from "./self-audit.ts";

/** A leaf gets its place in the log with the commit; its checkpoint follows within this time (protocol.md 3.16). */
const CHECKPOINT_AFTER_MS = 500;

/** Seconds within which an entry is provable (MMD, protocol.md 3.12). */
export const MMD_S = 60;

export interface AppendedLeaf {
  readonly index: number;
  /** base64url of the leaf hash, as in a receipt's `log.leaf`. */
  readonly leaf: string;
}

export interface AuditLog {
  readonly origin: string;
  readonly vkey: string;
  /** Appends in the caller's transaction; the index is final with its commit. */
  append(tx: StoreTx, leaf: NewLeaf): AppendedLeaf;
  /** Signs a checkpoint of everything committed, now. Returns the newest note. */
  signNow(): string | undefined;
  newest(): CheckpointRow | undefined;
  /** @throws CountersignError `E_LOG_PENDING` (no such entry yet, or not under that size), `E_LOG_RANGE` (size not signed) */
  proof(query: { index?: number; leaf?: string; size?: number }): { readonly proof: string; readonly entry: string };
  /** Proof of a leaf that was just read, under a checkpoint of this log; undefined where it is not under it. */
  prove(
    leaf: LeafRow | undefined,
    under: CheckpointRow,
  ): { readonly proof: string; readonly entry: string } | undefined;
  /** Hashes in base64url. @throws CountersignError `E_LOG_RANGE` unless both sizes were signed and are in order */
  consistency(from: number, to: number): readonly string[];
  close(): void;
}

export interface AuditLogOptions {
  readonly crypto: Crypto;
  readonly store: Store;
  /** Ed25519, for checkpoints and nothing else. */
  readonly signer: Signer;
  /** Name of the log, part of every checkpoint; no white space, no `+`. */
  readonly origin: string;
  readonly clock: Clock;
  readonly file?: CheckpointFile;
  readonly checkpointAfterMs?: number;
  /** Gets what keeps a checkpoint from being signed (a full disk); it is tried again. */
  readonly onFault?: (error: unknown) => void;
  /** Whoever opened the store has audited it, to serve (docs/decisions/0018): the log does not again. */
  readonly isAudited?: boolean;
  /** Called as the audit goes on. */
  readonly onAuditing?: (part: AuditedPart, done: number) => void;
  /** Called once a new checkpoint is durable. */
  readonly onCheckpoint?: (note: string) => void;
}

/** The checkpoints that a log is held against: the database's newest, and the file's. */
export const notesAtHand = (
  store: Pick<Store, "newestCheckpoint">,
  file: Pick<CheckpointFile, "read"> | undefined,
): readonly string[] => [store.newestCheckpoint()?.note, file?.read()].filter((note) => note !== undefined);

/**
 * RFC 6962 log over the store's leaves, with C2SP checkpoints by a key of its own. Audits itself before it returns,
 * unless that was done.
 * @throws CountersignError `E_STORE_CORRUPT` when the store is not what was signed, `E_LOG_KEY` for another log key
 */
export function openLog(options: AuditLogOptions): AuditLog {
  const { crypto, store, signer, origin, clock, file } = options;
  if (signer.alg !== "Ed25519") throw new CountersignError("E_LOG_KEY", "The log key must be an Ed25519 key.");
  const publicKey = decodeBase64url(signer.jwk.x);
  const vkey = makeVkey(crypto, origin, publicKey);
  if (options.isAudited !== true)
    auditLog(crypto, store, { vkey, notes: notesAtHand(store, file) }, options.onAuditing);

  let cancelTimer: (() => void) | undefined;
  const nodes = readNodes(store);
  const signedNodes = keptNodes(nodes);

  function signNow(): string | undefined {
    cancelTimer?.();
    cancelTimer = undefined;
    const newest = store.newestCheckpoint();
    const size = store.logSize();
    if (size === (newest?.size ?? 0)) return newest?.note;
    const root = treeRoot(crypto, nodes, size);
    const note = signCheckpoint(crypto, { origin, size, root }, publicKey, (data) => signer.signBytes(data));
    store.writeReserved((tx) => {
      // SECURITY: outside the database first, reliability.md finding 4: no peer ever holds a checkpoint that this host,
      // with an older copy of its database, would not know about.
      file?.write(note);
      tx.addCheckpoint({ size, root, note, at: Math.floor(clock.nowMs() / 1000) });
    });
    options.onCheckpoint?.(note);
    return note;
  }

  const schedule = (): void => {
    cancelTimer ??= clock.after(options.checkpointAfterMs ?? CHECKPOINT_AFTER_MS, () => {
      cancelTimer = undefined;
      try {
        signNow();
      } catch (error) {
        options.onFault?.(error);
        schedule();
      }
    });
  };
  if (store.logSize() > (store.newestCheckpoint()?.size ?? 0)) signNow();

  function find(query: { index?: number; leaf?: string }): LeafRow {
    const { index, leaf } = query;
    let found: LeafRow | undefined;
    if (index !== undefined) found = store.leaf(index);
    else if (leaf?.startsWith("sha-256:")) found = store.leafOf(leaf);
    else if (leaf !== undefined) found = store.leafByHash(decodeBase64url(leaf));
    if (!found) throw new CountersignError("E_LOG_PENDING");
    return found;
  }

  const signedSize = (size: number): CheckpointRow => {
    const row = store.checkpoint(size);
    if (!row) throw new CountersignError("E_LOG_RANGE");
    return row;
  };

  function prove(leaf: LeafRow | undefined, { size, note }: CheckpointRow): ReturnType<AuditLog["prove"]> {
    if (!leaf || leaf.index >= size) return undefined;
    const proof = inclusionProof(crypto, signedNodes, leaf.index, size);
    return { proof: formatTlogProof({ index: leaf.index, proof, checkpoint: note }), entry: leaf.entry };
  }

  return {
    origin,
    vkey,
    signNow,
    prove,
    newest: () => store.newestCheckpoint(),
    append(tx, leaf) {
      const entry = leafText({ ...leaf, ts: leaf.ts ?? Math.floor(clock.nowMs() / 1000) });
      const index = tx.logSize();
      const hash = leafHash(crypto, encodeUtf8(entry));
      const hashes: Uint8Array<ArrayBuffer>[] = [];
      appendLeaf(crypto, closingNodes(tx, hashes), index, hash);
      tx.addLeaf({ index, entry, hash, obj: leaf.obj, type: leaf.t, closed: hashes.slice(1) });
      tx.afterCommit(schedule);
      return { index, leaf: encodeBase64url(hash) };
    },
    proof(query) {
      const leaf = find(query);
      const checkpoint = query.size === undefined ? store.newestCheckpoint() : signedSize(query.size);
      const proven = checkpoint && prove(leaf, checkpoint);
      if (!proven) throw new CountersignError("E_LOG_PENDING");
      return proven;
    },
    consistency(from, to) {
      if (from > to) throw new CountersignError("E_LOG_RANGE");
      for (const size of [from, to]) signedSize(size);
      return consistencyProof(crypto, signedNodes, from, to).map(encodeBase64url);
    },
    close() {
      signNow();
    },
  };
}
