import { TERMINAL_STATES } from "#shared/protocol/claims/receipt.ts";
import { clientBodies } from "#shared/protocol/messages.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import type { RequestStatusView, Session } from "../../core.ts";
import { statusUnlessErased } from "../../decisions/status.ts";
import type { Peer } from "../peer.ts";
import { audienceOf, claimBody } from "../presence.ts";
import { whenReady } from "./route.ts";

/** `action.view`: telemetry for the core, presence for the others. Never answered. */
export const actionView = whenReady(clientBodies["action.view"], (peer, body, _re, live) => {
  const { core, presence } = peer.around;
  core.viewed(live.session, {
    rid: body.rid,
    rev: body.rev,
    state: body.state,
    ...(body.code === undefined ? {} : { code: body.code }),
  });
  const status = statusUnlessErased(core, body.rid);
  if (body.state === "rejected" || status === undefined || !isAddressed(peer, live.session, status)) return;
  if (isBlind(status)) return;
  presence.viewing(live.session, { rid: body.rid, aud: status.claims.aud }, body.state);
});

/** `action.claim` → `action.claimed`: an advisory lock, told to everyone addressed; it stops nobody. */
export const actionClaim = whenReady(clientBodies["action.claim"], (peer, body, re, live) => {
  const found = claimable(peer, live.session, body);
  if ("code" in found) {
    peer.fail(re, found.code);
    return;
  }
  const now = Math.floor(peer.around.clock.nowMs() / 1000);
  const until = now + body.ttl;
  const { session } = live;
  const claimed = isBlind(found)
    ? claimBody(body.rid, { sub: session.sub, name: session.cred.name, until })
    : peer.around.presence.claim(session, { rid: body.rid, aud: found.claims.aud }, now, until);
  peer.answer(re, "action.claimed", claimed);
});

/** `action.release` → `action.claimed` whose `until` is now. */
export const actionRelease = whenReady(clientBodies["action.release"], (peer, body, re, live) => {
  const { clock, presence } = peer.around;
  peer.answer(re, "action.claimed", presence.release(live.session, body.rid, Math.floor(clock.nowMs() / 1000)));
});

/** SECURITY: who looked, and when they were done, is something of what they signed, which nobody undecided may know (3.20). */
const isBlind = ({ claims }: RequestStatusView): boolean => claims.policy.quorum.blind === true;

function isAddressed(peer: Peer, session: Session, status: RequestStatusView): boolean {
  const mine = audienceOf(peer.around.core.iss, session);
  return status.claims.aud.some((uri) => mine.includes(uri));
}

function claimable(
  peer: Peer,
  session: Session,
  body: { readonly rid: string; readonly rev: number },
): RequestStatusView | { readonly code: ErrorCode } {
  const status = statusUnlessErased(peer.around.core, body.rid);
  // SECURITY: someone else's request is as unknown as one that does not exist.
  if (status === undefined || !isAddressed(peer, session, status)) return { code: "E_REQ_UNKNOWN" };
  if (status.rev !== body.rev) return { code: "E_REQ_SUPERSEDED" };
  return TERMINAL_STATES.has(status.state) ? { code: "E_REQ_TERMINAL" } : status;
}
