import type { RequestState } from "#shared/protocol/claims/receipt.ts";

import type { RequestEvent } from "../audit/records.ts";
import type { GatewayContext } from "../context.ts";
import type { DecisionOutcome } from "../core.ts";
import { lapseApprovals, nextLapse } from "../decisions/state.ts";
import type { RequestRow } from "../store/rows.ts";
import type { StoreTx } from "../store/store.ts";

/** How requests end without a decision, and who is told (protocol.md 3.11, 3.21). */

export const WAITING = ["open", "partial"] as const satisfies readonly RequestState[];

export type WithdrawReason = "agent" | "gateway" | "forwarded" | "agent-paused" | "offboarded";

/**
 * Moves a request to an end state by compare-and-swap, with SET and outcome leaf. False: it was in none of `from`, and
 * nothing happened.
 */
export function endRequest(
  context: GatewayContext,
  tx: StoreTx,
  request: RequestRow,
  end: { readonly from: readonly RequestState[]; readonly to: RequestState; readonly event: RequestEvent },
): boolean {
  const { rid, rev } = request;
  if (!tx.moveRequest(rid, rev, end.from, end.to, context.now())) return false;
  context.pen.tell(tx, request, { ...end.event, leaf: { out: end.to } });
  tx.afterCommit(() => {
    watchRequest(context, rid);
    announce(context, { rid, rev, state: end.to });
  });
  return true;
}

/**
 * Takes a begun or whole approval of a request back by the gateway's own word, with SET and outcome leaf; tokens of it die.
 * False: it was in neither state, and nothing happened.
 */
export function revokeRequest(
  context: GatewayContext,
  tx: StoreTx,
  request: RequestRow,
  /** Digests of the approvals that made it so. */
  dec_digs: readonly string[],
  /** Why the gateway did it, where that is for everybody to know. */
  reason?: "offboarded" | "agent-paused",
): boolean {
  const { rid, rev } = request;
  if (!tx.moveRequest(rid, rev, ["partial", "approved"], "revoked", context.now())) return false;
  for (const decision of tx.decisions(rid, rev)) if (decision.live) tx.endDecision(decision.dig);
  context.pen.tell(tx, request, {
    name: "request-resolved",
    members: { outcome: "revoked", dec_digs, ...(reason === undefined ? {} : { reason }) },
    carrier: "action.resolved",
    leaf: { out: "revoked" },
  });
  tx.afterCommit(() => {
    context.events.emit("revoked", { rid, rev });
    announce(context, { rid, rev, state: "revoked" });
    watchRequest(context, rid);
  });
  return true;
}

/** Tells the agent's side (doors, `gateway.decision`). */
export function announce({ events }: Pick<GatewayContext, "events">, outcome: DecisionOutcome): void {
  events.emit("decision", outcome);
}

export function withdrawRequest(context: GatewayContext, rid: string, by: string, reason: WithdrawReason): boolean {
  return context.store.write((tx) => {
    const request = tx.currentRequest(rid);
    return request !== undefined && endRequest(context, tx, request, withdrawal(by, reason));
  });
}

export const withdrawal = (by: string, reason: WithdrawReason) => ({
  from: WAITING,
  to: "withdrawn" as const,
  event: { name: "request-withdrawn" as const, members: { by, reason }, carrier: "action.withdrawn" as const },
});

/**
 * Arms what comes next for a request: its expiry while it waits, its start when it is held, its lapse when it is
 * approved and unused. Called after every commit that changes it and once for each at start; the store is the truth.
 */
export function watchRequest(context: GatewayContext, rid: string): void {
  const { store, deadlines, events, openClaims, now } = context;
  const request = store.currentRequest(rid);
  if (request?.state !== "open" && request?.state !== "partial") openClaims.drop(rid);
  const [ending, next] = alarmsOf(rid);
  deadlines.clear(next);
  switch (request?.state) {
    case "open":
    case "partial": {
      deadlines.set(ending, request.submit_by + 1, () => {
        expire(context, rid);
      });
      const lapsing = request.state === "partial" ? nextLapse(context, request) : undefined;
      if (lapsing === undefined) return;
      deadlines.set(next, lapsing, () => {
        shrinkQuorum(context, rid);
      });
      return;
    }
    case "approved":
      deadlines.set(ending, (request.grant_until ?? request.grant_exp) + 1, () => {
        lapse(context, rid);
      });
      deadlines.set(next, request.execute_at ?? now(), () => {
        events.emit("execute", { rid });
      });
      return;
    default:
      deadlines.clear(ending);
  }
}

/** Nothing comes next for a request that has ended for good; so nothing of it has to be read. */
export function unwatchRequest({ deadlines, openClaims }: GatewayContext, rid: string): void {
  openClaims.drop(rid);
  for (const name of alarmsOf(rid)) deadlines.clear(name);
}

/** Names of its alarms: its end, and what comes before that. */
const alarmsOf = (rid: string): readonly [string, string] => [`end ${rid}`, `next ${rid}`];

/** Nobody decided in time: never approved (README decision 13). */
function expire(context: GatewayContext, rid: string): void {
  context.store.write((tx) => {
    const request = tx.currentRequest(rid);
    if (!request || context.now() <= request.submit_by) return;
    endRequest(context, tx, request, {
      from: WAITING,
      to: "expired",
      event: { name: "request-expired", carrier: "action.expired" },
    });
  });
}

/** An approval of a quorum that has grown too old no longer counts (protocol.md 3.22). */
function shrinkQuorum(context: GatewayContext, rid: string): void {
  context.store.write((tx) => {
    const request = tx.currentRequest(rid);
    if (request?.state !== "partial") return;
    lapseApprovals(context, tx, request);
    tx.afterCommit(() => {
      watchRequest(context, rid);
    });
  });
}

/** Approved, and not used before the grant ended. */
function lapse(context: GatewayContext, rid: string): void {
  context.store.write((tx) => {
    const request = tx.currentRequest(rid);
    if (!request || context.now() <= (request.grant_until ?? request.grant_exp)) return;
    endRequest(context, tx, request, {
      from: ["approved"],
      to: "lapsed",
      event: { name: "request-resolved", members: { outcome: "lapsed" }, carrier: "action.resolved" },
    });
  });
}
