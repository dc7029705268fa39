/**
 * Where something is refused: before there is a socket, as an `error` message, as an HTTP answer to a posted decision, at
 * the agents' door, or in a signed receipt.
 */
export const DOORS = ["upgrade", "feed", "https", "agent", "receipt"] as const;
export type Door = (typeof DOORS)[number];

/** Told of traffic by its kind, where somebody counts it; never of what was in it. */
export interface Traffic {
  /** One well-formed message of a client. `type` is the client's own word. */
  message(type: string): void;
  /** Something was answered with a code instead of being done. */
  refused(door: Door, code: string): void;
}
