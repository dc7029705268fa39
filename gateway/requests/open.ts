import type { GatewayContext } from "../context.ts";
import type { NewRequest } from "../store/rows.ts";
import type { StoreTx } from "../store/store.ts";
import { watchRequest } from "./ends.ts";

/**
 * Stores a signed revision as `open`, with its leaf, in the caller's transaction, and arms its expiry after the commit.
 * Telling the feeds is the caller's: who is told what depends on what was there before.
 */
export function openRequest(context: GatewayContext, tx: StoreTx, request: NewRequest): void {
  const { pen, signer } = context;
  tx.addRequest(request, context.now());
  const { rid, rev, dig } = request;
  pen.leaf(tx, { t: "request", rid, rev, obj: dig, kid: signer.kid, ts: request.iat });
  tx.afterCommit(() => {
    watchRequest(context, rid);
  });
}

/** `action.pending` to `to`, or to everybody the request is addressed to. */
export function offer({ feed, now }: GatewayContext, tx: StoreTx, request: NewRequest, to = request.aud): void {
  if (to.length === 0) return;
  const body = { jws: request.jws, urgency: request.risk };
  feed.publish(tx, { type: "action.pending", body, request: request.dig, aud: to, at: now() });
}
