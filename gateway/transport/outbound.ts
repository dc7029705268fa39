import { LIMITS } from "#shared/protocol/names.ts";

/** What the sending side needs of a WebSocket (`ws`). */
export interface OutSocket {
  readonly bufferedAmount: number;
  /** `binary: false`: a text frame, also of bytes. */
  send(data: string | Buffer, options: { readonly binary: false }, done: (error?: Error) => void): void;
}

export interface OutboundHooks {
  /** The soft limit was passed. */
  onLagging(): void;
  /** The socket fell back under the soft limit. */
  onDrained(): void;
  /** The hard limit was passed: nothing more is sent. */
  onOverflow(): void;
  onOversize(bytes: number): void;
}

/** The sending side of one socket with its two limits (protocol.md 3.4.4). */
export class Outbound {
  readonly #socket: OutSocket;
  readonly #limits: { readonly softBufferBytes: number; readonly hardBufferBytes: number };
  readonly #hooks: OutboundHooks;
  #open = true;
  #waiting = false;

  constructor(
    socket: OutSocket,
    limits: { readonly softBufferBytes: number; readonly hardBufferBytes: number },
    hooks: OutboundHooks,
  ) {
    this.#socket = socket;
    this.#limits = limits;
    this.#hooks = hooks;
  }

  /** True while more than the soft limit is unsent. Asking is also a promise to be told when that is over. */
  lagging(): boolean {
    if (!this.#open) return true;
    if (!this.#waiting && this.#socket.bufferedAmount > this.#limits.softBufferBytes) {
      this.#waiting = true;
      this.#hooks.onLagging();
    }
    return this.#waiting;
  }

  /** True while more than half of the hard limit is free, for what may overtake a lagging feed. */
  room(): boolean {
    return this.#open && this.#socket.bufferedAmount < this.#limits.hardBufferBytes / 2;
  }

  /**
   * Sends a frame, as text or as the bytes of one; `flushed` runs when it was handed to the network. False when it was not sent: the socket is closed,
   * or the frame is larger than a client accepts.
   */
  send(frame: string | Buffer, flushed?: () => void): boolean {
    if (!this.#open) return false;
    const bytes = Buffer.byteLength(frame);
    if (bytes > LIMITS.frameToClient) {
      this.#hooks.onOversize(bytes);
      return false;
    }
    // SECURITY: a reader that does not read is cut off, it resumes by cursor (protocol.md 3.4.4, T-34).
    if (this.#socket.bufferedAmount + bytes > this.#limits.hardBufferBytes) {
      this.stop();
      this.#hooks.onOverflow();
      return false;
    }
    this.#socket.send(frame, { binary: false }, () => {
      flushed?.();
      this.#settle();
    });
    return true;
  }

  stop(): void {
    this.#open = false;
  }

  #settle(): void {
    if (!this.#open || !this.#waiting || this.#socket.bufferedAmount > this.#limits.softBufferBytes) return;
    this.#waiting = false;
    this.#hooks.onDrained();
  }
}
