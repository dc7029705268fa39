/** A token bucket over an injected clock: `perSecond` tokens a second, at most `burst` saved up (protocol.md 3.4.4). */
export class RateBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  /** Takes one token; false when there is none. A clock that goes back adds nothing. */
  take(nowMs: number): boolean {
    const elapsedMs = Math.max(0, nowMs - this.#atMs);
    this.#atMs = Math.max(this.#atMs, nowMs);
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsedMs * this.#perSecond) / 1000);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** True when as many tokens are saved up as can be: nothing would be lost by forgetting this bucket. */
  full(nowMs: number): boolean {
    return this.#tokens + (Math.max(0, nowMs - this.#atMs) * this.#perSecond) / 1000 >= this.#burst;
  }
}
