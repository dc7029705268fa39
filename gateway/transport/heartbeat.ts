import type { Clock } from "../ports.ts";

/** Unanswered pings after which a peer counts as dead. */
const MISSES = 2;
/** Part of the interval that the last of them is waited for: 45 seconds in all at an interval of 20 (reliability.md B2). */
const GRACE = 0.25;

/**
 * Pings one socket. The first ping comes after a random part of the interval, so that ten thousand sockets are not
 * pinged in one turn of the loop (runtime.md, figures).
 */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #ping: () => void;
  readonly #dead: () => void;
  #missed = 0;
  #cancel: () => void;

  constructor(
    clock: Clock,
    options: {
      readonly intervalMs: number;
      readonly phase: number;
      readonly ping: () => void;
      readonly dead: () => void;
    },
  ) {
    this.#clock = clock;
    this.#intervalMs = options.intervalMs;
    this.#ping = options.ping;
    this.#dead = options.dead;
    this.#cancel = clock.after(options.phase * options.intervalMs, this.#tick);
  }

  /** The peer answered, or sent anything. */
  alive(): void {
    this.#missed = 0;
  }

  stop(): void {
    this.#cancel();
  }

  readonly #tick = (): void => {
    if (this.#missed >= MISSES) {
      this.#dead();
      return;
    }
    this.#missed++;
    const waitMs = this.#missed < MISSES ? this.#intervalMs : this.#intervalMs * GRACE;
    this.#cancel = this.#clock.after(waitMs, this.#tick);
    this.#ping();
  };
}
