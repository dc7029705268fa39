import { systemClock, type Clock } from "../../electron/clock.ts";

/** This computer's time, whose wall clock somebody sets wrong. */
export interface RunningClock extends Clock {
  /** Sets the wall clock off by `ms`; no time passes. */
  jump(ms: number): void;
}

export function makeRunningClock(): RunningClock {
  const real = systemClock();
  let offMs = 0;
  return {
    ...real,
    nowMs: () => real.nowMs() + offMs,
    jump(ms) {
      offMs += ms;
    },
  };
}
