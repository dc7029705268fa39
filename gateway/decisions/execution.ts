import { checkQuorum } from "#shared/protocol/quorum/gate.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { GatewayContext } from "../context.ts";
import type { DecisionOutcome, Executions, StartedExecution } from "../core.ts";
import { announce, watchRequest } from "../requests/ends.ts";
import { claimsOf } from "../requests/signed-request.ts";
import { isStopped } from "../requests/stop-agent.ts";
import type { ExecutionOutcome, RequestRow } from "../store/rows.ts";
import type { StoreReads, StoreTx } from "../store/store.ts";

/** From `approved` to `executing` and its end (protocol.md 3.11, V29). The bytes are sent by gateway/executor. */
export function makeExecutions(context: GatewayContext): Executions {
  const { store, pen, now } = context;

  function start(rid: string): StartedExecution | undefined {
    return store.write((tx) => {
      const row = tx.currentRequest(rid);
      if (row?.state !== "approved" || now() < (row.execute_at ?? 0) || now() > (row.grant_until ?? 0))
        return undefined;
      // SECURITY: whatever was approved before (AISVS 9.6.1).
      if (isStopped(tx, row.agent, claimsOf(row).action.type)) return undefined;
      const started = evaluate(context, tx, row);
      return begin(context, tx, row) ? started : undefined;
    });
  }

  return {
    start,
    finish(execId, { resource, resource_dig, ...outcome }) {
      store.write((tx) => {
        const execution = tx.execution(execId);
        if (!execution || !tx.finishExecution(execId, outcome, now())) return;
        const row = tx.request(execution.rid, execution.rev);
        if (!row) throw new CountersignError("E_STORE_CORRUPT");
        const state = outcome.kind === "done" ? "completed" : "failed";
        pen.tell(tx, row, {
          name: `task-${state}`,
          members: endMembers(outcome, { resource, resource_dig }),
          carrier: "task.event",
          leaf: { out: state },
        });
        tx.afterCommit(() => {
          announce(context, { rid: row.rid, rev: row.rev, state, ...resultOf(outcome) });
        });
      });
    },
    unfinished: () =>
      store.executionsToRecover().flatMap(({ rid, rev }) => {
        const row = store.request(rid, rev);
        return row ? [evaluate(context, store, row)] : [];
      }),
  };
}

/** Begins what V29 has let through. False: it is not approved any more, or was begun before. */
export function begin(context: GatewayContext, tx: StoreTx, row: RequestRow): boolean {
  const { rid, rev } = row;
  const exec_id = executionId(row);
  // SECURITY: NoBypassWrite, protocol.md 3.11: only from approved, only after V29, only once.
  if (!tx.startExecution(rid, rev, exec_id, context.now())) return false;
  context.pen.tell(tx, row, { name: "task-executing", members: { exec_id }, carrier: "task.event" });
  tx.afterCommit(() => {
    watchRequest(context, rid);
    announce(context, { rid, rev, state: "executing" });
  });
  return true;
}

export const executionId = ({ rid, rev }: Pick<RequestRow, "rid" | "rev">): string => `${rid}.${String(rev)}`;

function endMembers(
  outcome: ExecutionOutcome,
  { resource, resource_dig }: { readonly resource: string | undefined; readonly resource_dig: string | undefined },
): Readonly<Record<string, unknown>> {
  switch (outcome.kind) {
    case "done":
      return { outcome: "completed", uses: 1, resource, resource_dig };
    case "refused":
      return { code: "E_EXEC_REFUSED" };
    case "unknown":
      return { code: "E_EXEC_UNKNOWN", unknown: true };
    default:
      return outcome satisfies never;
  }
}

/** What the agent's side gets of an execution. */
export function resultOf(outcome: ExecutionOutcome): Pick<DecisionOutcome, "result" | "reason"> {
  switch (outcome.kind) {
    case "done": {
      const { status, location, body } = outcome;
      return { result: { status, body, ...(location === undefined ? {} : { location }) } };
    }
    case "refused":
      return { reason: "E_EXEC_REFUSED", result: { status: outcome.status, body: outcome.body } };
    case "unknown":
      return { reason: "E_EXEC_UNKNOWN" };
    default:
      return outcome satisfies never;
  }
}

/**
 * V29: everything again, from the signed objects alone.
 * @throws CountersignError `E_QRM_GATE`
 */
function evaluate({ crypto, people, ownKey }: GatewayContext, store: StoreReads, row: RequestRow): StartedExecution {
  const recorded = store.decisions(row.rid, row.rev);
  const counting = recorded.filter((d) => d.live || d.decision !== "approve");
  const gate = checkQuorum({
    crypto,
    request: row.jws,
    decisions: counting.map((d) => d.jws),
    gatewayKey: ownKey,
    directoryEntry: (kid) => people.entry(kid),
  });
  if (!gate.ok) throw new CountersignError("E_QRM_GATE", gate.failure);
  const { rid, rev } = row;
  return {
    exec_id: executionId(row),
    rid,
    rev,
    request: claimsOf(row),
    granted: gate.grant.elements,
    grant_exp: gate.grant.until,
    approvals: recorded
      .filter((d) => gate.approvals.includes(d.dig))
      .map(({ jws, dig, sub, iat }) => ({ jws, dig, sub, iat })),
  };
}
