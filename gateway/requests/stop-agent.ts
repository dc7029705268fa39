import type { GatewayContext } from "../context.ts";
import type { StoreTx } from "../store/store.ts";
import { endRequest, revokeRequest, WAITING, withdrawal } from "./ends.ts";

/** What was ended of an agent that was switched off: ids of requests. */
export interface StoppedRequests {
  /** Waited for a person. */
  readonly withdrawn: readonly string[];
  /** Approved, and not yet begun: it is not begun any more. */
  readonly revoked: readonly string[];
}

/**
 * Ends everything of an agent that has not begun (protocol.md 3.11, 3.14): what waits is withdrawn, what was approved and
 * still held is revoked. What is being sent already is not touched here: nobody can call it back.
 */
export function stopAgentRequests(context: GatewayContext, tx: StoreTx, agent: string, by: string): StoppedRequests {
  const own = (row: { readonly agent: string }): boolean => row.agent === agent;
  const withdrawn = tx
    .requestsIn(WAITING)
    .filter(own)
    .filter((row) => endRequest(context, tx, row, withdrawal(by, "offboarded")));
  const revoked = tx
    .requestsIn(["approved"])
    .filter(own)
    .filter((row) => {
      const live = tx.decisions(row.rid, row.rev).filter((one) => one.live);
      return revokeRequest(
        context,
        tx,
        row,
        live.map(({ dig }) => dig),
        "offboarded",
      );
    });
  return { withdrawn: withdrawn.map(({ rid }) => rid), revoked: revoked.map(({ rid }) => rid) };
}
