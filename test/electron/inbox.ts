/** What arrived, in order, and who waits for it: tests wait for events, never for time. */
export class Inbox<T> {
  readonly all: T[] = [];
  #taken = 0;
  #waiting: { matches: (item: T) => boolean; resolve: (item: T) => void }[] = [];

  put(item: T): void {
    this.all.push(item);
    const waiter = this.#waiting.find((w) => w.matches(item));
    if (!waiter) return;
    this.#taken = this.all.length;
    this.#waiting = this.#waiting.filter((w) => w !== waiter);
    waiter.resolve(item);
  }

  /** The next item that matches, of those after the last one taken. Fails after half a minute: only what never comes is waited for so long. */
  next(matches: (item: T) => boolean = () => true): Promise<T> {
    const found = this.all.findIndex((item, i) => i >= this.#taken && matches(item));
    if (found >= 0) {
      this.#taken = found + 1;
      return Promise.resolve(this.all[found]!);
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`Nothing came. So far: ${JSON.stringify(this.all.slice(-6)).slice(0, 2000)}`));
      }, 30_000);
      this.#waiting.push({
        matches,
        resolve(item) {
          clearTimeout(timer);
          resolve(item);
        },
      });
    });
  }
}
