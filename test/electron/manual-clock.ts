import type { Clock } from "../../electron/clock.ts";

export interface ManualClock extends Clock {
  /** Moves both clocks and runs what is due, in order. */
  advance(ms: number): void;
  /** Sets the wall clock off by `ms` without time passing: someone changed it, or the computer slept. */
  jump(ms: number): void;
  /** Resolves when somebody begins to wait for time to pass. */
  nextTimer(): Promise<void>;
}

/** A clock that stands still until told. Begins at `startMs` (Unix, milliseconds). */
export function makeManualClock(startMs = 1_790_000_000_000): ManualClock {
  let wall = startMs;
  let elapsed = 5_000;
  const onTimer: (() => void)[] = [];
  let timers: { at: number; fn: () => void }[] = [];
  return {
    nowMs: () => wall,
    elapsedMs: () => elapsed,
    after(delayMs, fn) {
      const timer = { at: elapsed + Math.max(0, delayMs), fn };
      timers.push(timer);
      for (const waiting of onTimer.splice(0)) waiting();
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    nextTimer: () =>
      new Promise((resolve) => {
        onTimer.push(resolve);
      }),
    jump(ms) {
      wall += ms;
    },
    advance(ms) {
      const end = elapsed + ms;
      const step = (to: number) => {
        wall += to - elapsed;
        elapsed = to;
      };
      for (;;) {
        const [next] = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        timers = timers.filter((other) => other !== next);
        step(Math.max(elapsed, next.at));
        next.fn();
      }
      step(end);
    },
  };
}
