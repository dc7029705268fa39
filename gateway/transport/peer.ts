import type { GatewayType, WireError } from "#shared/protocol/messages.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import type { Session } from "../core.ts";
import type { Clock } from "../ports.ts";
import type { EventFrames } from "./frames.ts";
import type { TransportLimits } from "./limits.ts";
import type { Logger } from "./logger.ts";
import type { TransportCore } from "./port.ts";
import type { Presence } from "./presence.ts";
import type { Randomness } from "./randomness.ts";
import type { ConnectionState } from "./state.ts";
import type { Traffic } from "./traffic.ts";

/** What every connection of one gateway shares. */
export interface Surroundings {
  readonly core: TransportCore;
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly logger: Logger;
  readonly random: Randomness;
  readonly presence: Presence;
  readonly frames: EventFrames;
  /** Counts, where somebody asked for that. */
  readonly traffic?: Traffic | undefined;
}

export type ErrorExtra = Partial<Pick<WireError, "detail" | "retry_after_ms" | "tries_left" | "pointer" | "fits">>;

/** What a message handler sees of its connection. */
export interface Peer {
  readonly around: Surroundings;
  state: ConnectionState;
  /** Answers the message `re`; `flushed` runs when the answer was handed to the network. */
  answer(re: string, type: GatewayType, body: Readonly<Record<string, unknown>>, flushed?: () => void): void;
  /** A message nobody asked for; `place` makes it a feed event in its place. */
  send(
    type: GatewayType | (string & {}),
    body: Readonly<Record<string, unknown>>,
    place?: { readonly seq: number; readonly epoch: string },
  ): void;
  /** An `error` with the code's sentence and retry class from the registry. */
  fail(re: string | undefined, code: ErrorCode, extra?: ErrorExtra): void;
  close(code: number, reason: string): void;
  /** Sets the one deadline of a connection that is not ready yet. */
  deadline(afterMs: number, onOver: () => void): void;
  /** Runs when the connection has closed, once. */
  onClosed(fn: () => void): void;
  /** READY with this session: takes its place among the others. False when this person has too many connections. */
  enter(session: Session): boolean;
  /** More than the soft limit is unsent; and: there is still room for what may overtake. */
  lagging(): boolean;
  room(): boolean;
  /** Counts a decision in; `wait` while another is unanswered, `close` when that happened too often. */
  decisionStarts(): "go" | "wait" | "close";
  decisionEnds(): void;
}
