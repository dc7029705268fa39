import { NOW } from "../bridge/fake/time.ts";
import type { Clock } from "../state/clock.ts";

/** Stands still, so that every picture of a state is the same. */
export const STILL: Clock = { nowMs: () => NOW * 1000, every: () => () => undefined };

/** Begins at the same moment and runs, for walking through the gallery by hand. */
export function makeRunningClock(): Clock {
  const startedMs = performance.now();
  return {
    nowMs: () => NOW * 1000 + performance.now() - startedMs,
    every: (ms, callback) => {
      const timer = setInterval(callback, ms);
      return () => clearInterval(timer);
    },
  };
}
