/** Time as an argument: tests move it, and main has one. */
export interface Clock {
  /** Unix time of this computer, milliseconds. May jump; {@link elapsedMs} does not. */
  nowMs(): number;
  /** Monotonic milliseconds from an arbitrary start. */
  elapsedMs(): number;
  /** Runs `fn` once after `delayMs`; returns its cancel. */
  after(delayMs: number, fn: () => void): () => void;
}

/** Longest delay a Node timer keeps; a longer one would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The clock of this computer. */
export function systemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    elapsedMs: () => performance.now(),
    after(delayMs, fn) {
      const timer = setTimeout(fn, Math.min(Math.max(delayMs, 0), MAX_DELAY_MS));
      return () => {
        clearTimeout(timer);
      };
    },
  };
}

/** Bytes from the system's generator. */
export type RandomBytes = (size: number) => Uint8Array;
