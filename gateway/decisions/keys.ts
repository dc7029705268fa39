import { jdig } from "#shared/protocol/digest.ts";

import type { GatewayContext } from "../context.ts";
import type { ApproverKey } from "../directory/view.ts";
import { revokeRequest } from "../requests/ends.ts";
import { reissue } from "../requests/revise.ts";
import type { KeyStanding } from "../store/rows.ts";
import type { StoreTx } from "../store/store.ts";

/** What happens when a key stops or begins to count (protocol.md 3.13). */

/** Reason of a stop that only follows the directory. Its time is the directory's, not that at which it was learnt. */
const FOLLOWED = "directory";

/**
 * Has the directory, by what it says now, ended a suspension that this gateway keeps? One that only followed it ends with
 * its word of the same second too. SECURITY: an older word ends none: the directory's records can be rolled back.
 */
export function isLifted(
  own: { readonly reason: string; readonly at: number },
  key: Pick<ApproverKey, "status" | "changed_at">,
): boolean {
  if (key.status !== "active") return false;
  return own.reason === FOLLOWED ? own.at <= key.changed_at : own.at < key.changed_at;
}

/**
 * Stops a key at this gateway, whatever the directory still says: SET and leaf, sessions closed, its un-executed
 * approvals undone. Idempotent.
 */
export function stopKey(
  context: GatewayContext,
  tx: StoreTx,
  key: { readonly kid: string; readonly sub: string },
  standing: KeyStanding,
  reason: string,
  at = context.now(),
): void {
  const { kid } = key;
  const before = tx.keyStanding(kid);
  if (before && (before.standing === "revoked" || before.standing === standing)) return;
  tx.stopKey(kid, standing, reason, at);
  context.pen.tellKey(tx, key, standing);
  undoApprovals(context, tx, kid);
  tx.afterCommit(() => {
    context.events.emit("key-changed", kid);
  });
}

/**
 * Approvals by a key that no longer counts: the request becomes `revoked`, and the same is asked again with a new nonce.
 */
function undoApprovals(context: GatewayContext, tx: StoreTx, kid: string): void {
  for (const approval of tx.liveApprovalsOf(kid)) {
    const { rid, rev, dig } = approval;
    const request = tx.request(rid, rev);
    if (request && revokeRequest(context, tx, request, [dig])) reissue(context, tx, request);
  }
}

/**
 * Follows the directory: leaves for new keys, effects of stopped ones. Called at start and whenever it has changed;
 * what was done before is not done again.
 */
export function followDirectory(context: GatewayContext, keys: readonly ApproverKey[]): void {
  for (const key of keys) {
    context.store.write((tx) => {
      welcomeKey(context, tx, key);
      const own = tx.keyStanding(key.kid);
      // What the directory said after our own suspension replaces it: a reinstatement, or a stop of its own.
      if (own && (isLifted(own, key) || own.at < key.changed_at)) tx.liftKey(key.kid);
      if (key.status === "active") return;
      const { sub } = key.claims;
      stopKey(context, tx, { kid: key.kid, sub }, key.status, FOLLOWED, key.changed_at);
    });
  }
}

function welcomeKey(context: GatewayContext, tx: StoreTx, { kid, jws, claims }: ApproverKey): void {
  const { crypto, pen, now, directory } = context;
  const obj = jdig(crypto, jws);
  if (!tx.publish(obj, "approver", jws, now())) return;
  const rotated = claims.enrolled_by.length === 1 && claims.enrolled_by[0] === claims.sub;
  const change = rotated ? "rotated" : "enrolled";
  const old = rotated ? directory.keyDesk.replacedBy(kid) : undefined;
  const last = old === undefined ? undefined : tx.lastRecorded(old);
  // Where the chain of the old key ended, for whoever replays it (protocol.md 3.13).
  pen.leaf(tx, { t: `key-${change}`, obj, kid, ...(last ? { ref: jdig(crypto, last.receipt) } : {}) });
  pen.tellKey(tx, { kid, sub: claims.sub }, change);
}
