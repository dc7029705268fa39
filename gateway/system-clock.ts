import type { Clock } from "./ports.ts";

/** The longest delay a timer of the platform takes; more would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's clock. Its timers keep no process alive. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, fn) {
    let timer: NodeJS.Timeout;
    const start = (leftMs: number): void => {
      const next = leftMs > LONGEST_MS ? () => start(leftMs - LONGEST_MS) : fn;
      timer = setTimeout(next, Math.min(leftMs, LONGEST_MS)).unref();
    };
    start(delayMs);
    return () => clearTimeout(timer);
  },
};
