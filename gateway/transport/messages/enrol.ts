import { CLOSE, clientBodies } from "#shared/protocol/messages.ts";

import type { EnrolmentState } from "../../core.ts";
import type { Peer } from "../peer.ts";
import { challengeOf } from "../state.ts";
import { always, outOfOrder } from "./route.ts";

/** `enrol.begin` → `enrol.challenge` (protocol.md 3.13, 3.22). */
export const enrolBegin = always(clientBodies["enrol.begin"], (peer, body, re) => {
  const { state } = peer;
  if (state.kind !== "challenged") {
    outOfOrder(peer, re);
    return;
  }
  const { nonce, expires_in } = peer.around.core.enrolment.begin(body.ticket_id);
  peer.state = { ...state, ticketId: body.ticket_id };
  peer.answer(re, "enrol.challenge", { nonce, expires_in });
});

/** `enrol.complete` → `enrol.pending`, and when the second person has decided `enrol.done` or `error`. */
export const enrolComplete = always(clientBodies["enrol.complete"], (peer, body, re) => {
  if (peer.state.kind !== "challenged" || peer.state.ticketId === undefined) {
    peer.fail(re, "E_ENROL_TICKET");
    return;
  }
  const { ticketId } = peer.state;
  const { enrolment } = peer.around.core;
  const first = enrolment.complete(ticketId, body.proof);
  tell(peer, re, first);
  if (first.kind !== "pending") return;
  // The handshake's ten seconds become the ticket's remaining life (protocol.md 3.4.1).
  peer.deadline(first.expires_in * 1000, () => peer.close(CLOSE.handshakeTimeout, "ticket expired"));
  peer.onClosed(enrolment.onSettled(ticketId, (settled) => tell(peer, re, settled)));
});

function tell(peer: Peer, re: string, state: EnrolmentState): void {
  switch (state.kind) {
    case "pending":
      peer.answer(re, "enrol.pending", { expires_in: state.expires_in });
      return;
    case "done":
      peer.answer(re, "enrol.done", { cred: state.cred, directory: state.directory, dir_mac: state.dir_mac });
      return;
    case "wrong_code":
      peer.fail(re, "E_ENROL_CODE", { tries_left: state.tries_left });
      return;
    case "rejected":
      peer.fail(re, "E_ENROL_REJECTED");
      return;
    case "expired":
      peer.fail(re, "E_ENROL_EXPIRED");
      return;
    default:
      state satisfies never;
  }
}

/**
 * `enrol.rotate`: a new key, authorised by the old one; no ticket and no second person (protocol.md 3.22). While the
 * directory has not signed, the answer is `enrol.pending`, and the same message again gets the present one.
 */
export const enrolRotate = always(clientBodies["enrol.rotate"], (peer, body, re) => {
  const challenge = challengeOf(peer.state);
  if (challenge === undefined) {
    outOfOrder(peer, re);
    return;
  }
  const { nonce } = challenge;
  tell(peer, re, peer.around.core.keys.rotate({ proof: body.proof, prevProof: body.prev_proof, nonce }));
});

/** `enrol.revoke`: the panic button; then 4401, here and on every other connection of the key. */
export const enrolRevoke = always(clientBodies["enrol.revoke"], (peer, body, re) => {
  const challenge = challengeOf(peer.state);
  if (challenge === undefined) {
    outOfOrder(peer, re);
    return;
  }
  peer.around.core.keys.revoke({ proof: body.proof, nonce: challenge.nonce });
  peer.answer(re, "ok", {});
  peer.close(CLOSE.unauthenticated, "key revoked");
});
