import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import type { NewLeaf } from "../../../gateway/core.ts";
import { claimsOf } from "../../../gateway/requests/signed-request.ts";
import type { BenchHospital } from "./hospital.ts";
import { BATCH, startWorkers, type Batch } from "./workers.ts";
import { make } from "./writes.ts";

const BATCHES_OF_COMMIT = 8;
/** Between decisions, in the hospital's time: a million in four months, within the life of the keys. */
const STEP_S = 10;
/** Requests made by the whole way of an agent's draft; the others differ from one of them in ids and times. */
const KINDS = 64;

/**
 * Fills the store up to so many decided requests. Workers sign requests, decisions, receipts and SETs by the gateway's own
 * code; this thread writes what they made by the store's own functions, with leaves and checkpoints. Left out: judging what
 * was just signed (V1 to V26, V29), which the bench does of what it exports, and a feed that nobody reads. An interrupted
 * load goes on where its last commit ended. The disk is not waited for: a power cut may damage the file.
 */
export async function load(hospital: BenchHospital, rows: number, tell: (done: number) => void): Promise<void> {
  const { core, clock, db } = hospital;
  let done = Number(db.prepare("SELECT COUNT(*) AS n FROM report_rows").get()?.["n"]);
  if (done >= rows) return;
  db.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA wal_autocheckpoint = 20000");
  const kinds = await raised(hospital);
  const at = Math.floor(clock.nowMs() / 1000) + STEP_S;
  const desk = startWorkers(hospital, kinds, { n: 0, at, step: STEP_S, leaves: core.store.logSize() });
  try {
    while (done < rows) {
      const batches: Batch[] = [];
      while (batches.length < BATCHES_OF_COMMIT && done + batches.length * BATCH < rows)
        batches.push(await desk.next());
      write(hospital, batches);
      const { order } = batches.at(-1) ?? {};
      if (order) clock.set((order.at + order.rows * order.step) * 1000);
      clock.ring();
      done += batches.length * BATCH;
      tell(done);
    }
  } finally {
    await desk.close();
    // From here on the disk is waited for again, and it has everything.
    db.exec("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)");
    db.exec("PRAGMA cache_size = -2000; PRAGMA wal_autocheckpoint = 1000");
  }
}

async function raised(hospital: BenchHospital): Promise<readonly RequestClaims[]> {
  const kinds: RequestClaims[] = [];
  for (let kind = 0; kind < KINDS; kind++) {
    const rid = await hospital.raise(kind);
    const row = hospital.core.store.currentRequest(rid);
    if (!row) throw new Error("nothing was raised");
    kinds.push(claimsOf(row));
    // Nobody decides on this one, and it must not expire in between: that would be a leaf nobody planned.
    hospital.core.withdraw(rid, row.agent, "agent");
  }
  return kinds;
}

function write({ core }: BenchHospital, batches: readonly Batch[]): void {
  core.store.write((tx) => {
    const leaf = (one: NewLeaf): void => void core.records.leaf(tx, one);
    for (const { writes, order } of batches) {
      // The receipts say it already.
      if (tx.logSize() !== order.leaves) throw new Error("the log is not where the workers were told it is");
      for (const one of writes) make(tx, leaf, one);
    }
  });
}
