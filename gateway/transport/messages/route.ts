import type { z } from "zod";

import type { Peer } from "../peer.ts";
import { liveOf, type Live } from "../state.ts";

/** How one message type is handled: its body's schema and who may send it. */
export interface Route {
  run(peer: Peer, body: unknown, re: string): void;
}

/** A message that is processed in every state (protocol.md 3.4.1: `hello`, `auth`, `enrol.*`, `ping`, `bye`). */
export function always<S extends z.ZodType>(
  schema: S,
  handle: (peer: Peer, body: z.output<S>, re: string) => void,
): Route {
  return {
    run(peer, raw, re) {
      const body = schema.safeParse(raw);
      if (body.success) handle(peer, body.data, re);
      else peer.fail(re, "E_CLM_SHAPE");
    },
  };
}

/** A message that needs a session. */
export function whenReady<S extends z.ZodType>(
  schema: S,
  handle: (peer: Peer, body: z.output<S>, re: string, live: Live) => void,
): Route {
  return {
    run(peer, raw, re) {
      const live = liveOf(peer.state);
      // SECURITY: nothing but the handshake is processed, or even judged, before the proof (protocol.md 3.4.1).
      if (live === undefined) {
        peer.fail(re, "E_AUTH_REQUIRED");
        return;
      }
      const body = schema.safeParse(raw);
      if (body.success) handle(peer, body.data, re, live);
      else peer.fail(re, "E_CLM_SHAPE");
    },
  };
}

/** Answers a message of the handshake that comes at the wrong time. */
export function outOfOrder(peer: Peer, re: string): void {
  peer.fail(re, liveOf(peer.state) === undefined ? "E_AUTH_REQUIRED" : "E_CLM_SHAPE");
}
