import type { RequestState } from "#shared/protocol/claims/receipt.ts";
import type { Risk } from "#shared/protocol/claims/request.ts";

import type { ExecutionOutcome } from "../store/rows.ts";
import type { Store, StoreTx } from "../store/store.ts";
import type { Traffic } from "../transport/traffic.ts";

/** What the store knows of the gateway's work. Told after the commit, so of nothing that was rolled back. */
export interface StoreMeters extends Pick<Traffic, "refused"> {
  /** A request came into this state. */
  moved(state: RequestState, tier: Risk): void;
  /** A decision was recorded; `waitedS` since its request was issued. */
  decided(decision: string, outcome: RequestState, of: { readonly waitedS: number; readonly tier: Risk }): void;
  /** One decision's answer became durable, so long after its transaction began. */
  committed(seconds: number): void;
  executed(result: ExecutionOutcome["kind"]): void;
}

const MS = 1000;

/**
 * A store that tells what happens in it. Every step of a request, every decision and every execution is a change here
 * and nowhere else, so this is the one place to count them; the core does not know that it is watched.
 */
export function measuredStore(store: Store, meters: StoreMeters, nowMs = () => performance.now()): Store {
  let begunMs: number | undefined;
  let measured: { readonly tx: StoreTx; readonly as: StoreTx } | undefined;

  function watched(tx: StoreTx): StoreTx {
    if (measured?.tx !== tx) measured = { tx, as: watchedTx(tx, meters, () => (nowMs() - (begunMs ?? nowMs())) / MS) };
    return measured.as;
  }

  function timed<T>(write: Store["write"], fn: (tx: StoreTx) => T): T {
    // A write inside another is a savepoint: durable with the outermost, which is what is timed.
    if (begunMs !== undefined) return write((tx) => fn(watched(tx)));
    begunMs = nowMs();
    try {
      return write((tx) => fn(watched(tx)));
    } finally {
      begunMs = undefined;
    }
  }

  return {
    ...store,
    write: (fn) => timed((run) => store.write(run), fn),
    writeReserved: (fn) => timed((run) => store.writeReserved(run), fn),
  };
}

function watchedTx(tx: StoreTx, meters: StoreMeters, sinceBegunS: () => number): StoreTx {
  const moved = (rid: string, rev: number, state: RequestState): true => {
    const tier = tx.request(rid, rev)?.risk;
    if (tier !== undefined) tx.afterCommit(() => meters.moved(state, tier));
    return true;
  };
  return {
    ...tx,
    addRequest(request, at) {
      tx.addRequest(request, at);
      tx.afterCommit(() => meters.moved("open", request.risk));
    },
    moveRequest: (rid, rev, from, to, at) => tx.moveRequest(rid, rev, from, to, at) && moved(rid, rev, to),
    approveRequest: (rid, rev, grant, at) => tx.approveRequest(rid, rev, grant, at) && moved(rid, rev, "approved"),
    startExecution: (rid, rev, execId, at) => tx.startExecution(rid, rev, execId, at) && moved(rid, rev, "executing"),
    finishExecution(execId, outcome, at) {
      if (!tx.finishExecution(execId, outcome, at)) return false;
      const execution = tx.execution(execId);
      if (execution) moved(execution.rid, execution.rev, outcome.kind === "done" ? "completed" : "failed");
      tx.afterCommit(() => meters.executed(outcome.kind));
      return true;
    },
    addDecision(decision) {
      tx.addDecision(decision);
      const row = tx.request(decision.rid, decision.rev);
      if (row === undefined) return;
      const of = { waitedS: Math.max(0, decision.at - row.iat), tier: row.risk };
      tx.afterCommit(() => meters.decided(decision.decision, row.state, of));
    },
    addAnswer(answer) {
      tx.addAnswer(answer);
      tx.afterCommit(() => {
        if (answer.kind === "decision") meters.committed(sinceBegunS());
        if (answer.code !== undefined) meters.refused("receipt", answer.code);
      });
    },
  };
}
