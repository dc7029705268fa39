import type { Session } from "../core.ts";
import type { FeedPump } from "./feed-pump.ts";

/** A question the client has to sign over: the first proof, or a repeated one with the same `sid`. */
export interface Challenge {
  readonly sid: string;
  readonly nonce: string;
}

export interface Live {
  readonly session: Session;
  /** The connection's first challenge: rotation and self-revocation are proved over its nonce. */
  readonly challenge: Challenge;
  /** The one subscription; a second replaces it (protocol.md 3.22). */
  readonly pump?: FeedPump;
  /** Set while `auth.required` waits for its answer. */
  readonly reauth?: Challenge;
}

/**
 * CONNECTED → HELLO → CHALLENGED → READY → (DRAINING) → CLOSED (protocol.md 3.4.1). Enrolment happens inside CHALLENGED.
 */
export type ConnectionState =
  | { readonly kind: "connected" }
  | { readonly kind: "hello" }
  | { readonly kind: "challenged"; readonly challenge: Challenge; readonly ticketId?: string }
  | ({ readonly kind: "ready" } & Live)
  | ({ readonly kind: "draining" } & Live)
  | { readonly kind: "closed" };

/** The session part of a state that has proved who it is. */
export function liveOf(state: ConnectionState): (ConnectionState & Live) | undefined {
  return state.kind === "ready" || state.kind === "draining" ? state : undefined;
}

/** The connection's first challenge, once there is one. */
export function challengeOf(state: ConnectionState): Challenge | undefined {
  return state.kind === "challenged" ? state.challenge : liveOf(state)?.challenge;
}
