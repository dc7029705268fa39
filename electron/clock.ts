/** Time as an argument: tests move it, and main has one. */
export interface Clock {
  /** Unix time of this computer, milliseconds. May jump; {@link elapsedMs} does not. */
  nowMs(): number;
  /** Monotonic milliseconds from an arbitrary start. */
  elapsedMs(): number;
  /** Runs `fn` once after `delayMs`, with no delay once the present turn is over; returns its cancel. */
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
      // A timer of nothing rings after a millisecond, and what somebody waits to see can be there before that (R9).
      if (delayMs <= 0) {
        const turn = setImmediate(fn);
        return () => {
          clearImmediate(turn);
        };
      }
      const timer = setTimeout(fn, Math.min(delayMs, MAX_DELAY_MS));
      return () => {
        clearTimeout(timer);
      };
    },
  };
}

/** Bytes from the system's generator. */
export type RandomBytes = (size: number) => Uint8Array;
