import type { Socket } from "node:net";

import type { Dice } from "../fuzz/mutate.ts";

/** What the network does to one direction. */
export interface Weather {
  readonly latencyMs: number;
  /** Up to so much more, at random. Order is kept, as TCP keeps it. */
  readonly jitterMs: number;
  readonly bytesPerSecond: number;
  /** The stream arrives in pieces of up to so many bytes, cut at random places; 0 leaves them as they are. */
  readonly sliceBytes: number;
}

export const FAIR: Weather = { latencyMs: 0, jitterMs: 0, bytesPerSecond: Infinity, sliceBytes: 0 };

/** How a connection ends: orderly (FIN), or at once (RST). */
export type Ending = "fin" | "rst";

interface Parcel {
  readonly bytes: Buffer;
  readonly at: number;
}

/** Above this the sender is held up, as a full window does. */
const WINDOW = 64 * 1024;

/** Carries the bytes of one direction from one socket to another, as the weather lets it. */
export class OneWay {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #weather: () => Weather;
  readonly #dice: Dice;
  readonly #rewrite: (chunk: Buffer) => Buffer;
  #queue: Parcel[] = [];
  /** Of the queue, the first that was not sent: to shift a long list for each would take its square. */
  #next = 0;
  #queued = 0;
  #ending: Ending | undefined;
  #isFrozen = false;
  #lastAt = 0;
  #freeAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #cut: { left: number; done: () => void } | undefined;

  constructor(
    from: Socket,
    to: Socket,
    parts: { readonly weather: () => Weather; readonly dice: Dice; readonly rewrite: (chunk: Buffer) => Buffer },
  ) {
    [this.#from, this.#to] = [from, to];
    [this.#weather, this.#dice, this.#rewrite] = [parts.weather, parts.dice, parts.rewrite];
    from.on("data", (chunk: Buffer) => this.#take(chunk));
    from.on("end", () => this.#end("fin"));
    from.on("error", () => this.#end("rst"));
    from.on("close", () => this.#end("fin"));
    to.on("drain", () => this.#pump());
  }

  /** From now on nothing arrives and nobody is told, not even that the other side is gone. */
  freeze(): void {
    this.#isFrozen = true;
  }

  thaw(): void {
    this.#isFrozen = false;
    this.#pump();
  }

  /** Lets so many bytes more through, wherever that is in a frame, and then calls `done`. */
  cutAfter(bytes: number, done: () => void): void {
    this.#cut = { left: bytes, done };
    this.#pump();
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rewrite(chunk);
    for (let at = 0; at < bytes.length;) {
      const { latencyMs, jitterMs, sliceBytes } = this.#weather();
      const size = sliceBytes === 0 ? bytes.length : 1 + this.#dice.pick(sliceBytes);
      const due = performance.now() + latencyMs + (jitterMs === 0 ? 0 : this.#dice.pick(jitterMs + 1));
      this.#lastAt = Math.max(this.#lastAt, due);
      this.#queue.push({ bytes: bytes.subarray(at, at + size), at: this.#lastAt });
      at += size;
    }
    this.#queued += bytes.length;
    if (this.#queued > WINDOW) this.#from.pause();
    this.#pump();
  }

  #end(how: Ending): void {
    this.#ending ??= how;
    this.#pump();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    if (this.#isFrozen) return;
    for (;;) {
      const parcel = this.#queue[this.#next];
      if (parcel === undefined) break;
      const waitMs = Math.max(parcel.at, this.#freeAt) - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#pump(), waitMs);
        return;
      }
      if (this.#to.writableNeedDrain) return;
      if (++this.#next === this.#queue.length) [this.#queue, this.#next] = [[], 0];
      if (this.#send(parcel.bytes)) return;
    }
    if (this.#ending === "rst") this.#to.resetAndDestroy();
    else if (this.#ending === "fin") this.#to.end();
  }

  /** @returns whether the connection was cut here */
  #send(bytes: Buffer): boolean {
    const { bytesPerSecond } = this.#weather();
    this.#freeAt = Math.max(this.#freeAt, performance.now()) + (bytes.length / bytesPerSecond) * 1000;
    this.#queued -= bytes.length;
    if (this.#queued <= WINDOW) this.#from.resume();
    const cut = this.#cut;
    const sent = cut === undefined ? bytes : bytes.subarray(0, cut.left);
    if (this.#to.writable) this.#to.write(sent);
    if (cut === undefined) return false;
    cut.left -= sent.length;
    if (cut.left > 0) return false;
    this.#isFrozen = true;
    cut.done();
    return true;
  }
}
