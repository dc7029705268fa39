import type { Store, StoreReads } from "../store/store.ts";
import { NOTHING, type Audited } from "./audited.ts";
import { auditSteps, OBJECTS, type AuditOrder, type AuditStep } from "./self-audit.ts";

/** How far a round is, in entries and objects; `of` grows with the log. */
export interface RoundProgress {
  readonly done: number;
  readonly of: number;
}

/** One going through the store, step by step. */
export interface Round {
  /** The next few rows; what was gone through once that is all. @throws CountersignError `E_STORE_CORRUPT` */
  step(): Audited | undefined;
  progress(): RoundProgress;
  /** `done` alone, for which nothing is read. */
  done(): number;
  /** From where a later round can go on; undefined before the first step. */
  at(): Audited | undefined;
  /** Fewer rows a step from now on. */
  gently(): void;
}

/** A step of some 10 ms where nobody waits, and of a few tenths of one beside serving. */
const ROWS = 250;
const GENTLE_ROWS = 8;

export function makeRound(order: Omit<AuditOrder, "rows">): Round {
  const { store, from = NOTHING } = order;
  let rows = ROWS;
  const steps = auditSteps({ ...order, rows: () => rows });
  const gone = { entry: from.size, request: from.request, decision: from.decision, statement: from.statement };
  let last: AuditStep | undefined;
  const done = (): number => gone.entry + gone.request + gone.decision + gone.statement;
  return {
    step() {
      const { done: isDone, value } = steps.next();
      if (isDone === true) return value;
      gone[value.part] = value.done;
      last = value;
      return undefined;
    },
    progress: () => ({ done: done(), of: rowsIn(store) }),
    done,
    at: () => last?.at(),
    gently: () => void (rows = GENTLE_ROWS),
  };
}

const rowsIn = (store: StoreReads): number =>
  OBJECTS.reduce((sum, kind) => sum + store.lastSigned(kind), store.logSize());

/**
 * Nothing is built on what was audited before: the next start goes through all of it before it serves, also where this
 * process ends at once.
 */
export function dropMarks(store: Pick<Store, "writeReserved">): void {
  try {
    store.writeReserved((tx) => {
      tx.dropAuditMark("mark");
      tx.dropAuditMark("round");
    });
  } catch {
    // It cannot be written either: the next start meets that, or finds this again.
  }
}
