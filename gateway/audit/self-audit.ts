import { verifyCheckpoint, type Checkpoint } from "#shared/ledger/note.ts";
import { consistencyProof, treeRoot, type Hash } from "#shared/ledger/tree.ts";
import { sameBytes, verifyConsistency } from "#shared/ledger/verify.ts";
import { decodeBase64url, encodeBase64url } from "#shared/protocol/base64url.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { jdig } from "#shared/protocol/digest.ts";

import type { StoreReads } from "../store/store.ts";
import { NOTHING, rebuildFrom, type Audited } from "./audited.ts";
import { orderedErasures } from "./erasures.ts";
import { damaged, rollback } from "./finding.ts";
import { holdFault } from "./holds.ts";
import { readNodes } from "./nodes.ts";

const PAGE = 1000;

/** What is gone through, in this order: the log's entries, then what has to have one. */
export const OBJECTS = ["request", "decision", "statement"] as const;
export type AuditedPart = "entry" | (typeof OBJECTS)[number];

/** A few rows were gone through. */
export interface AuditStep {
  readonly part: AuditedPart;
  /** So many entries, or as far as this place of a kind. */
  readonly done: number;
  /** From where it can be gone on with later. To be asked for before the next step. */
  at(): Audited;
}

export interface AuditOrder {
  readonly crypto: Crypto;
  readonly store: StoreReads;
  /** Key of the log's checkpoints, and the signed ones that it is held against. */
  readonly signed: { readonly vkey: string; readonly notes: readonly string[] };
  /** What was gone through before; everything unless given. */
  readonly from?: Audited;
  /** Rows of a step, asked before each. */
  readonly rows?: () => number;
}

/**
 * The self-audit (protocol.md 3.16, reliability.md 3.2) in steps: the tree is built again from the exact leaf texts and
 * compared with the stored hashes and with every signed checkpoint given; every stored request, decision and statement must
 * have its leaf, and what was erased that of its erasure; every legal hold must stand as the log has it. A store that is shorter than, or different from, what was signed is
 * never continued. Between two steps the store may be appended to; what was is gone through as well.
 *
 * With `from` the log has to be one that those entries begin, which the roots prove, and what comes after is gone through.
 * @throws CountersignError `E_STORE_CORRUPT` saying what differs and what to do; its cause is a {@link FoundAt}
 */
export function* auditSteps(order: AuditOrder): Generator<AuditStep, Audited> {
  const { crypto, store, from = NOTHING, rows = () => PAGE } = order;
  const entries = yield* auditEntries(order, from, rows);
  let so: Audited = { ...from, ...entries };
  const isOrdered = orderedErasures(crypto, store);
  for (const kind of OBJECTS) {
    for (;;) {
      const most = rows();
      const page = store.signedObjects(kind, so[kind], most);
      for (const object of page) {
        const leaf = store.leafOf(object.dig, kind);
        // SECURITY: nothing can be taken away without a trace: what was erased has an entry that says so, and of this object.
        const isSound =
          object.erased === undefined
            ? jdig(crypto, object.jws) === object.dig
            : leaf !== undefined && isOrdered(object.erased, leaf);
        if (!isSound || !leaf || object.n < 1) {
          const at = { step: kind, place: leaf?.index ?? object.n };
          throw damaged(`a stored ${kind} was changed, or erased without the log, or is not in it`, at);
        }
      }
      so = { ...so, [kind]: page.at(-1)?.n ?? so[kind] };
      const at = so;
      yield { part: kind, done: at[kind], at: () => at };
      if (page.length < most) break;
    }
  }
  const fault = holdFault(store);
  if (fault !== undefined) throw damaged(fault.what, { step: "hold", place: fault.place });
  return so;
}

/** The whole of it at once. @throws as {@link auditSteps} */
export function auditLog(
  crypto: Crypto,
  store: StoreReads,
  signed: AuditOrder["signed"],
  onPage: (part: AuditedPart, done: number) => void = () => undefined,
): void {
  for (const { part, done } of auditSteps({ crypto, store, signed })) onPage(part, done);
}

function* auditEntries(
  { crypto, store, signed }: AuditOrder,
  from: Audited,
  rows: () => number,
): Generator<AuditStep, Pick<Audited, "size" | "root">> {
  const nodes = readNodes(store);
  const checkpoints = signed.notes.map((note) => readNote(crypto, note, signed.vkey));
  const size = store.logSize();
  const longest = Math.max(from.size, ...checkpoints.map((one) => one.size));
  if (longest > size) {
    throw rollback(`the log has ${String(size)} entries, but ${String(longest)} were signed for`, {
      ...{ step: "length", place: size },
    });
  }
  const tree = rebuildFrom(crypto, nodes, from);
  if (!tree) throw rollback(isOther(from.size), { step: "root", place: from.size });
  const differs = (one: Checkpoint): never => {
    throw rollback(isOther(one.size), { step: "checkpoint", place: one.size });
  };
  for (const one of checkpoints) if (one.size < from.size && !isBegunBy(one)) differs(one);
  const compare = (): void => {
    for (const one of checkpoints) if (one.size === tree.size && !sameBytes(one.root, tree.root())) differs(one);
  };
  compare();
  while (tree.size < store.logSize()) {
    const page = store.leavesFrom(tree.size, rows());
    const next = tree.size;
    if (page.length === 0) {
      throw damaged(`entry ${String(next)} of the log is missing`, { step: "entry", place: next });
    }
    for (const leaf of page) {
      const place = tree.size;
      if (!tree.append(leaf)) {
        throw damaged(`entry ${String(place)} of the log is missing or was changed`, { step: "entry", place });
      }
      compare();
    }
    yield {
      ...{ part: "entry", done: tree.size },
      at: () => ({ ...from, size: tree.size, root: encodeBase64url(tree.root()) }),
    };
  }
  const root = tree.root();
  if (tree.size > 0 && !sameBytes(root, storedRoot(tree.size))) {
    throw damaged(`the log's ${String(tree.size)} entries do not give the stored root`, {
      ...{ step: "root", place: tree.size },
    });
  }
  return { size: tree.size, root: tree.size === 0 ? "" : encodeBase64url(root) };

  function storedRoot(at: number): Hash {
    return found(() => treeRoot(crypto, nodes, at), at);
  }

  /** Whether the entries of a checkpoint are the first ones of what was gone through before. */
  function isBegunBy({ size: size1, root: root1 }: Checkpoint): boolean {
    const proof = found(() => consistencyProof(crypto, nodes, size1, from.size), size1);
    return verifyConsistency(crypto, { size1, size2: from.size, root1, root2: decodeBase64url(from.root), proof });
  }
}

/** @throws CountersignError `E_STORE_CORRUPT` where a hash that is needed is not in the store */
function found<T>(hashes: () => T, place: number): T {
  try {
    return hashes();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw damaged("a hash of the log is missing", { step: "root", place });
  }
}

const isOther = (size: number): string => `the first ${String(size)} entries are not the ones that were signed for`;

function readNote(crypto: Crypto, note: string, vkey: string): Checkpoint {
  try {
    return verifyCheckpoint(crypto, note, vkey);
  } catch {
    throw damaged("a checkpoint cannot be read, or another log key signed it", { step: "checkpoint", place: 0 });
  }
}
