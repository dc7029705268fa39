/** Most names kept at a time; beyond it everything new is refused until some expire (fail closed). */
const MAX_NAMES = 200_000;

/** Remembers names until they could not be valid any more: each is taken once. Times in Unix seconds. */
export class OnceOnly {
  readonly #until = new Map<string, number>();
  #sweptAt = 0;

  /** False when it was taken before, or when there is no room to remember it. */
  take(name: string, until: number, now: number): boolean {
    if (now - this.#sweptAt >= 60 || this.#until.size >= MAX_NAMES) {
      for (const [old, end] of this.#until) if (end < now) this.#until.delete(old);
      this.#sweptAt = now;
    }
    if (this.#until.has(name) || this.#until.size >= MAX_NAMES) return false;
    this.#until.set(name, until);
    return true;
  }
}
