import type { Clock } from "../../../gateway/ports.ts";

export interface ManualClock extends Clock {
  /** Moves time and runs, in order, what falls due. */
  advance(ms: number): void;
}

/** A clock that stands still until told. */
export function manualClock(startMs = 1_790_000_000_000): ManualClock {
  let nowMs = startMs;
  let timers: { readonly atMs: number; readonly fn: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    after(delayMs, fn) {
      const timer = { atMs: nowMs + delayMs, fn };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(ms) {
      const until = nowMs + ms;
      for (;;) {
        const due = timers.filter(({ atMs }) => atMs <= until).sort((a, b) => a.atMs - b.atMs)[0];
        if (due === undefined) break;
        timers = timers.filter((other) => other !== due);
        nowMs = Math.max(nowMs, due.atMs);
        due.fn();
      }
      nowMs = until;
    },
  };
}
