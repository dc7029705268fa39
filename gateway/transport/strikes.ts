/** Counts faults; the `limit`-th within `windowMs` is one too many. Without a window they are never forgotten. */
export class Strikes {
  readonly #limit: number;
  readonly #windowMs: number;
  #times: number[] = [];

  constructor(limit: number, windowMs = Number.POSITIVE_INFINITY) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** Adds a fault; true when that was the last one allowed. */
  hit(nowMs: number): boolean {
    this.#times = this.#times.filter((atMs) => nowMs - atMs < this.#windowMs);
    this.#times.push(nowMs);
    return this.#times.length >= this.#limit;
  }
}
