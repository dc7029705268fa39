import { CLOSE, clientBodies } from "#shared/protocol/messages.ts";

import { always, outOfOrder } from "./route.ts";

const VERSION = "1";
const NONCE_BYTES = 32;
const SID_BYTES = 16;

/** `hello` → `challenge`: the gateway proves itself over the client's nonce and asks the client to do the same. */
export const hello = always(clientBodies.hello, (peer, body, re) => {
  if (peer.state.kind !== "connected") {
    outOfOrder(peer, re);
    return;
  }
  if (!body.versions.includes(VERSION)) {
    peer.fail(re, "E_VERSION");
    peer.close(CLOSE.version, "no common version");
    return;
  }
  peer.state = { kind: "hello" };
  const { core, random } = peer.around;
  const challenge = { sid: random.text(SID_BYTES), nonce: random.text(NONCE_BYTES) };
  const proof = core.proveSession(body.client_nonce, challenge.sid);
  peer.state = { kind: "challenged", challenge };
  peer.answer(re, "challenge", { ...challenge, gw_cred: core.credential, proof });
});

/** `ping` → `pong` with the times of protocol.md 3.4.4, in milliseconds. */
export const ping = always(clientBodies.ping, (peer, body, re) => {
  const t1 = peer.around.clock.nowMs();
  peer.answer(re, "pong", { t0: body.t0, t1, t2: peer.around.clock.nowMs() });
});

export const bye = always(clientBodies.bye, (peer) => {
  peer.close(CLOSE.normal, "bye");
});
