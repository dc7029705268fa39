import { poolUri } from "#shared/protocol/names.ts";

import type { GatewayContext } from "../context.ts";
import type { RequestRow } from "../store/rows.ts";
import type { StoreTx } from "../store/store.ts";
import { endRequest, revokeRequest, WAITING, withdrawal } from "./ends.ts";
import { claimsOf } from "./signed-request.ts";

/** In the place of a type of action: every type. What it stops nothing else starts. */
export const EVERYTHING = "*";

/** What a stop is about: one agent, or one type of action, which may be {@link EVERYTHING}. */
export type Stopped = { readonly agent: string } | { readonly type: string };

/** What was ended of an agent that was switched off: ids of requests. */
export interface StoppedRequests {
  /** Waited for a person. */
  readonly withdrawn: readonly string[];
  /** Approved, and not yet begun: it is not begun any more. */
  readonly revoked: readonly string[];
}

/**
 * Ends everything of it that has not begun (protocol.md 3.11, 3.14): what waits is withdrawn, what was approved and is
 * still held is revoked, what an agent was to carry out itself and has not is revoked with its token. What is being sent
 * already is not touched here: nobody can call it back.
 */
export function stopRequests(
  context: GatewayContext,
  tx: StoreTx,
  what: Stopped,
  { by, reason }: { readonly by: string; readonly reason: "offboarded" | "agent-paused" },
): StoppedRequests {
  const isMeant = (row: RequestRow): boolean =>
    "agent" in what ? row.agent === what.agent : what.type === EVERYTHING || claimsOf(row).action.type === what.type;
  const withdrawn = tx
    .requestsIn(WAITING)
    .filter(isMeant)
    .filter((row) => endRequest(context, tx, row, withdrawal(by, reason)));
  const revoked = tx
    .requestsIn(["approved"])
    .filter(isMeant)
    .filter((row) => {
      const live = tx.decisions(row.rid, row.rev).filter((one) => one.live);
      return revokeRequest(
        context,
        tx,
        row,
        live.map(({ dig }) => dig),
        reason,
      );
    });
  for (const { rid, rev } of tx.requestsIn(["executing"]).filter(isMeant)) {
    tx.afterCommit(() => context.events.emit("stopped", { rid, rev }));
  }
  tellIfEverything(context, tx, what);
  return { withdrawn: withdrawn.map(({ rid }) => rid), revoked: revoked.map(({ rid }) => rid) };
}

/** Takes a stop back; what it ended stays ended. */
export function resumeStopped(context: GatewayContext, tx: StoreTx, what: Stopped): void {
  if ("agent" in what) tx.resume("agent", what.agent);
  else tx.resume("type", what.type);
  tellIfEverything(context, tx, what);
}

/**
 * Everybody who works here hears that there is something to ask (`agents {everything}`, protocol.md 3.20.2), where nothing
 * may be waiting whose end would tell them. It says nothing itself: a feed event is not signed.
 */
function tellIfEverything({ directory, feed, iss, now }: GatewayContext, tx: StoreTx, what: Stopped): void {
  if ("agent" in what || what.type !== EVERYTHING) return;
  const aud = (directory.view.gateway(iss)?.claims.pools ?? []).map((pool) => poolUri(iss, pool));
  feed.publish(tx, { type: "policy.updated", body: {}, aud, at: now() });
}

/** True while nothing of this agent, or of this type, is taken, begun, or given a token (AISVS 9.6.1). */
export function isStopped(store: Pick<StoreTx, "paused">, agent: string, type: string): boolean {
  const types = store.paused("type");
  return store.paused("agent").includes(agent) || types.includes(type) || types.includes(EVERYTHING);
}
