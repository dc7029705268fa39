import { template } from "#shared/protocol/template.ts";
import { lapsedApprovals, liveApprovals, windowOf } from "#shared/protocol/quorum/window.ts";
import type { StoredRequest, VerificationState } from "#shared/protocol/verify/state.ts";

import type { GatewayContext } from "../context.ts";
import type { RequestRow } from "../store/rows.ts";
import type { StoreTx } from "../store/store.ts";

export const storedRequest = ({ openClaims }: Pick<GatewayContext, "openClaims">, row: RequestRow): StoredRequest => ({
  dig: row.dig,
  state: row.state,
  claims: openClaims.of(row),
});

/** The store and the directory as the pure verification steps see them, inside one transaction. */
export function verificationState(
  context: GatewayContext,
  tx: StoreTx,
  session: { readonly kid: string } | undefined,
): VerificationState {
  const { crypto, iss, now, people, directory } = context;
  const own = directory.view.gateway(iss)?.claims;
  /** What was read last: the request that the decision is about. Its text is opened once. */
  let current: RequestRow | undefined;
  return {
    ...{ crypto, iss, now: now(), session },
    ...(own?.rp_id === undefined ? {} : { webauthn: { rpId: own.rp_id, origins: own.origins ?? [] } }),
    directoryEntry: (kid) => people.entry(kid),
    answer: (kid, jti) => tx.answer(kid, jti),
    currentRequest(rid) {
      current = tx.currentRequest(rid);
      return current && storedRequest(context, current);
    },
    decisions(rid, rev) {
      const row = current?.rid === rid && current.rev === rev ? current : tx.request(rid, rev);
      // Approvals that have grown older than the quorum's window end first (protocol.md 3.22).
      if (row?.state === "partial") lapseApprovals(context, tx, row);
      return tx.decisions(rid, rev);
    },
    chainHead: (kid) => tx.chainHead(kid),
    template(dig) {
      const text = tx.published(dig)?.text;
      return text === undefined ? undefined : template.parse(JSON.parse(text));
    },
    nonceConsumed: (nonce) => tx.nonceConsumed(nonce),
  };
}

/** Ends what is too old, back to `open` when nothing is left, and tells everybody how many are left. */
export function lapseApprovals({ now, pen, openClaims }: GatewayContext, tx: StoreTx, row: RequestRow): void {
  const { rid, rev, need } = row;
  const lapsed = lapsedApprovals(tx.decisions(rid, rev), openClaims.of(row).policy, now());
  if (lapsed.length === 0) return;
  for (const { dig } of lapsed) tx.endDecision(dig);
  const have = liveApprovals(tx.decisions(rid, rev)).length;
  if (have === 0) tx.moveRequest(rid, rev, ["partial"], "open", now());
  pen.tell(tx, row, { name: "quorum-progress", members: { have, need }, carrier: "quorum.progress" });
}

/** When the oldest approval of a partial request lapses; Unix seconds. */
export function nextLapse({ store, openClaims }: GatewayContext, row: RequestRow): number | undefined {
  const live = liveApprovals(store.decisions(row.rid, row.rev)).map((d) => d.iat);
  return live.length === 0 ? undefined : Math.min(...live) + windowOf(openClaims.of(row).policy) + 1;
}
