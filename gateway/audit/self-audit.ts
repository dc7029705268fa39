import { verifyCheckpoint, type Checkpoint } from "#shared/ledger/note.ts";
import { appendLeaf, leafHash, treeRoot, type Hash, type NodeStore } from "#shared/ledger/tree.ts";
import { sameBytes } from "#shared/ledger/verify.ts";
import { jdig } from "#shared/protocol/digest.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import type { StoreReads } from "../store/store.ts";
import { orderedErasures, type IsOrdered } from "./erasures.ts";
import { holdFault } from "./holds.ts";
import { readNodes } from "./nodes.ts";

const PAGE = 1000;

/** What is gone through, in this order: the log's entries, then what has to have one. */
const OBJECTS = ["request", "decision", "statement"] as const;
export type AuditedPart = "entry" | (typeof OBJECTS)[number];
type OnPage = (part: AuditedPart, done: number) => void;

/**
 * Start-up self-audit (protocol.md 3.16, reliability.md 3.2): the tree is built again from the exact leaf texts and
 * compared with the stored hashes and with every signed checkpoint given (the database's newest and the file's); every
 * stored request, decision and statement must have its leaf, and what was erased that of its erasure; every legal hold must
 * stand as the log has it. A store that is
 * shorter than, or different from, what was signed is never continued.
 * @param onPage called after each thousand, with how many of that part were gone through
 * @throws CountersignError `E_STORE_CORRUPT` saying what differs and what to do
 */
export function auditLog(
  crypto: Crypto,
  store: StoreReads,
  signed: { readonly vkey: string; readonly notes: readonly string[] },
  onPage: OnPage = () => undefined,
): void {
  const size = store.logSize();
  const checkpoints = signed.notes.map((note) => readNote(crypto, note, signed.vkey));
  for (const checkpoint of checkpoints) {
    if (checkpoint.size > size) {
      throw rollback(`the log has ${String(size)} entries, but ${String(checkpoint.size)} were signed for`);
    }
  }
  const roots = rebuild(crypto, store, new Set([size, ...checkpoints.map((c) => c.size)]), onPage);
  const differs = (at: number, root: Uint8Array): boolean => !sameBytes(roots.get(at) ?? root.subarray(1), root);
  for (const checkpoint of checkpoints) {
    if (differs(checkpoint.size, checkpoint.root)) {
      throw rollback(`the first ${String(checkpoint.size)} entries are not the ones that were signed for`);
    }
  }
  if (differs(size, treeRoot(crypto, readNodes(store), size))) {
    throw damaged(`the log's ${String(size)} entries do not give the stored root`);
  }
  const isOrdered = orderedErasures(crypto, store);
  for (const kind of OBJECTS) checkObjects(crypto, store, kind, { isOrdered, onPage });
  const fault = holdFault(store);
  if (fault !== undefined) throw damaged(fault);
}

function readNote(crypto: Crypto, note: string, vkey: string): Checkpoint {
  try {
    return verifyCheckpoint(crypto, note, vkey);
  } catch (cause) {
    throw damaged("a checkpoint cannot be read, or another log key signed it", cause);
  }
}

/** Roots of the tree at `sizes`, from the leaf texts alone. */
function rebuild(
  crypto: Crypto,
  store: StoreReads,
  sizes: ReadonlySet<number>,
  onPage: OnPage,
): ReadonlyMap<number, Uint8Array> {
  const edge = rightEdge();
  const roots = new Map<number, Uint8Array>();
  const size = Math.max(...sizes);
  let index = 0;
  const keepRoot = (): void => {
    if (sizes.has(index)) roots.set(index, treeRoot(crypto, edge, index));
  };
  keepRoot();
  while (index < size) {
    const page = store.leavesFrom(index, PAGE);
    if (page.length === 0) throw damaged(`entry ${String(index)} of the log is missing`);
    for (const leaf of page) {
      const hash = leafHash(crypto, encodeUtf8(leaf.entry));
      if (leaf.index !== index || !sameBytes(hash, leaf.hash)) {
        throw damaged(`entry ${String(index)} of the log is missing or was changed`);
      }
      index = appendLeaf(crypto, edge, index, hash);
      keepRoot();
    }
    onPage("entry", index);
  }
  return roots;
}

/** The two newest subtrees of each level: all that appending and the root of the present size need. */
function rightEdge(): NodeStore {
  const newest = new Map<number, readonly { index: number; hash: Hash }[]>();
  const of = (level: number) => newest.get(level) ?? [];
  return {
    get: (level, index) => of(level).find((node) => node.index === index)?.hash,
    set: (level, index, hash) => void newest.set(level, [...of(level).slice(-1), { index, hash }]),
  };
}

function checkObjects(
  crypto: Crypto,
  store: StoreReads,
  kind: (typeof OBJECTS)[number],
  { isOrdered, onPage }: { readonly isOrdered: IsOrdered; readonly onPage: OnPage },
): void {
  let done = 0;
  for (let after = 0; ;) {
    const page = store.signedObjects(kind, after, PAGE);
    for (const object of page) {
      const leaf = store.leafOf(object.dig, kind);
      // SECURITY: nothing can be taken away without a trace: what was erased has an entry that says so, and of this object.
      const isSound =
        object.erased === undefined
          ? jdig(crypto, object.jws) === object.dig
          : leaf !== undefined && isOrdered(object.erased, leaf);
      if (!isSound || !leaf) throw damaged(`a stored ${kind} was changed, or erased without the log, or is not in it`);
      after = object.n;
    }
    onPage(kind, (done += page.length));
    if (page.length < PAGE) return;
  }
}

const damaged = (what: string, cause?: unknown): CountersignError =>
  new CountersignError(
    "E_STORE_CORRUPT",
    `The data folder is damaged: ${what}. No request is issued and nothing is signed. Restore the newest backup, or keep this folder as evidence and start with an empty one and a new log key.`,
    { cause },
  );

const rollback = (what: string): CountersignError =>
  new CountersignError(
    "E_STORE_CORRUPT",
    `ROLLBACK DETECTED: ${what}. An older copy of the data folder is in place, or it was changed. No request is issued and nothing is signed. Put the newest copy back; clients would refuse this log.`,
  );
