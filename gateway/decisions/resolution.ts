import type { Verdict } from "#shared/protocol/verify/decision.ts";

import type { RequestEvent } from "../audit/records.ts";
import type { StoreReads } from "../store/store.ts";

/**
 * What the others are told after a recorded decision (protocol.md 3.21). A blind quorum that is still open names nobody;
 * digests before the end only where the quorum is ordered, because the next signer needs them.
 */
export function resolution(
  store: StoreReads,
  { claims: { rid, rev }, effect, entry, kid, request }: Extract<Verdict, { kind: "record" }>,
): RequestEvent {
  const live = store.decisions(rid, rev).filter((d) => d.live);
  const dec_digs = live.map((d) => d.dig);
  if (effect.state === "partial") {
    const ordered = request.claims.policy.quorum.ordered === true;
    return {
      name: "quorum-progress",
      members: { ...effect.quorum, ...(ordered ? { dec_digs } : {}) },
      carrier: "quorum.progress",
    };
  }
  return {
    name: "request-resolved",
    members: { outcome: effect.state, dec_digs, by: live.map((d) => d.sub) },
    carrier: "action.resolved",
    leaf: { out: effect.state },
    // The device that decided has its receipt instead.
    except: { sub: entry.sub, kid },
  };
}
