import { LIMITS } from "#shared/protocol/names.ts";

/**
 * Every bound of the gateway's network side, in bytes, counts and milliseconds (protocol.md 3.4.1, 3.4.4, 3.5;
 * reliability.md 2.2). A deployment may narrow them; the frame sizes are the protocol's.
 */
export interface TransportLimits {
  /** Open WebSockets in all, from one network address, and of one person. From one address as many other sockets, too. */
  readonly maxConnections: number;
  readonly perAddress: number;
  readonly perPerson: number;
  /** WebSockets that have not proved who they are, in all and from one network address. */
  readonly handshakes: number;
  readonly handshakesPerAddress: number;
  readonly handshakeMs: number;
  readonly messagesPerSecond: number;
  readonly messageBurst: number;
  /** Largest frame from a client; a larger one closes 1009. */
  readonly frameBytes: number;
  readonly fragments: number;
  readonly bufferedChunks: number;
  /** Unsent bytes of one socket: above `soft` the feed waits and coalesces, above `hard` the socket is closed. */
  readonly softBufferBytes: number;
  readonly hardBufferBytes: number;
  /** How long one socket may stay above the soft limit. */
  readonly lagMs: number;
  readonly pingMs: number;
  /** How long a closing handshake may take before the socket is cut. */
  readonly closeMs: number;
  /** How long a draining gateway still answers. */
  readonly drainMs: number;
  /** Clients told to reconnect after a drain are spread over this window. */
  readonly reconnectSpreadMs: number;
  readonly headersMs: number;
  readonly requestMs: number;
  readonly headerBytes: number;
  readonly headerCount: number;
  readonly bodyBytes: number;
}

export const DEFAULT_LIMITS: TransportLimits = {
  maxConnections: 10_000,
  perAddress: 512,
  perPerson: 16,
  handshakes: 512,
  handshakesPerAddress: 64,
  handshakeMs: 10_000,
  messagesPerSecond: 20,
  messageBurst: 60,
  frameBytes: LIMITS.frameToGateway,
  fragments: 16,
  bufferedChunks: 256,
  softBufferBytes: 512 * 1024,
  hardBufferBytes: 2 * 1024 * 1024,
  lagMs: 10_000,
  pingMs: 20_000,
  closeMs: 5_000,
  drainMs: 1_000,
  reconnectSpreadMs: 5_000,
  headersMs: 5_000,
  requestMs: 10_000,
  headerBytes: 8 * 1024,
  headerCount: 64,
  bodyBytes: LIMITS.frameToGateway,
};
