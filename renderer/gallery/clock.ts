import { NOW } from "../bridge/fake/time.ts";
import { systemClock, type Clock } from "../state/clock.ts";

/** Stands still, so that every picture of a state is the same. */
export const STILL: Clock = { nowMs: () => NOW * 1000, every: () => () => undefined, after: () => () => undefined };

/** Stands still where whatever waits for a while has waited. */
export const LATER: Clock = { ...STILL, after: (_ms, callback) => systemClock.after(0, callback) };

/** Begins at the same moment and runs, for walking through the gallery by hand. */
export function makeRunningClock(): Clock {
  const startedMs = performance.now();
  return {
    ...systemClock,
    nowMs: () => NOW * 1000 + performance.now() - startedMs,
  };
}
