import { CountersignError } from "#shared/protocol/error.ts";
import { CLOSE, clientBodies } from "#shared/protocol/messages.ts";
import { PROVES_ERASURES } from "#shared/protocol/names.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import type { Session } from "../../core.ts";
import type { Peer } from "../peer.ts";
import { challengeOf, liveOf } from "../state.ts";
import { always, outOfOrder } from "./route.ts";

/** What someone who has not proved a key may learn; everything else is "the proof is not valid". */
const SAYABLE: ReadonlySet<ErrorCode> = new Set([
  "E_AUTH_PROOF",
  "E_AUTH_CRED",
  "E_KEY_REVOKED",
  "E_KEY_SUSPENDED",
  "E_KEY_VALIDITY",
]);

/** Repeated authentication is asked for this long before the session ends, or halfway through a short one. */
const REAUTH_LEAD_S = 300;
const NONCE_BYTES = 32;
/** The longest delay a timer of the platform takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** `auth` → `ready`: the client's proof over the gateway's nonce, with the credential of its key (protocol.md 3.4.3). */
export const auth = always(clientBodies.auth, (peer, body, re) => {
  const before = liveOf(peer.state);
  const challenge = before === undefined ? challengeOf(peer.state) : before.reauth;
  const first = challengeOf(peer.state);
  if (challenge === undefined || first === undefined) {
    outOfOrder(peer, re);
    return;
  }
  let session: Session;
  try {
    session = peer.around.core.authenticate({ proof: body.proof, cred: body.cred, ...challenge });
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    refuse(peer, re, SAYABLE.has(error.code) ? error.code : "E_AUTH_PROOF");
    return;
  }
  // SECURITY: a repeated proof renews its own session and never turns it into another key's (protocol.md 3.22).
  if (before !== undefined && before.session.kid !== session.kid) {
    refuse(peer, re, "E_AUTH_PROOF");
    return;
  }
  if (before === undefined && !peer.enter(session)) {
    peer.fail(re, "E_RATE");
    peer.close(CLOSE.tooFast, "too many connections of one person");
    return;
  }
  const pump = before?.pump;
  peer.state = { kind: "ready", session, challenge: first, ...(pump === undefined ? {} : { pump }) };
  peer.answer(re, "ready", readyBody(peer, session));
  watchExpiry(peer, session);
});

function refuse(peer: Peer, re: string, code: ErrorCode): void {
  peer.fail(re, code);
  peer.close(CLOSE.unauthenticated, "not authenticated");
}

function reauthAt(peer: Peer, session: Session): number {
  const now = Math.floor(peer.around.clock.nowMs() / 1000);
  return Math.max(session.exp - REAUTH_LEAD_S, now + Math.floor((session.exp - now) / 2));
}

function readyBody(peer: Peer, session: Session): Readonly<Record<string, unknown>> {
  const { core, clock, limits } = peer.around;
  return {
    session: { id: session.sid, exp: session.exp, reauth_at: reauthAt(peer, session) },
    server_time: clock.nowMs(),
    limits: {
      max_frame: limits.frameBytes,
      max_inflight: 1,
      rate: limits.messagesPerSecond,
      burst: limits.messageBurst,
    },
    features: [PROVES_ERASURES],
    chain: core.chainHead(session.kid),
    checkpoint: core.checkpoint(),
  };
}

/** Asks again before the session ends, and ends it when nobody answers. */
function watchExpiry(peer: Peer, session: Session): void {
  const { clock, random } = peer.around;
  const at = (seconds: number, then: () => void): void => {
    const leftMs = seconds * 1000 - clock.nowMs();
    if (leftMs > LONGEST_TIMER_MS) peer.deadline(LONGEST_TIMER_MS, () => at(seconds, then));
    else peer.deadline(Math.max(0, leftMs), then);
  };
  at(reauthAt(peer, session), () => {
    const { state } = peer;
    if (state.kind !== "ready") return;
    const nonce = random.text(NONCE_BYTES);
    peer.state = { ...state, reauth: { sid: session.sid, nonce } };
    peer.send("auth.required", { reason: "session-expiring", by: session.exp, nonce });
    at(session.exp, () => refuseExpired(peer));
  });
}

function refuseExpired(peer: Peer): void {
  peer.fail(undefined, "E_AUTH_REQUIRED");
  peer.close(CLOSE.unauthenticated, "session over");
}
