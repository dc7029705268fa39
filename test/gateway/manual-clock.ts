import type { Clock } from "../../gateway/ports.ts";

export interface ManualClock extends Clock {
  /** Moves time and runs what is due, in order. */
  advance(ms: number): void;
  /**
   * Time passes in which nothing runs, as for a computer that slept: what came due meanwhile runs once, after it. A week of
   * what a gateway looks at twice a second is a million looks.
   */
  sleep(ms: number): void;
  /** Drops every timer, as a killed process does. */
  forget(): void;
}

/** A clock that stands still until told. Begins at `startMs` (Unix, milliseconds). */
export function makeManualClock(startMs = 1_790_000_000_000): ManualClock {
  let now = startMs;
  let timers: { at: number; fn: () => void }[] = [];
  return {
    nowMs: () => now,
    after(delayMs, fn) {
      const timer = { at: now + Math.max(0, delayMs), fn };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    forget() {
      timers = [];
    },
    sleep(ms) {
      now += ms;
      for (const timer of timers.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)) {
        if (!timers.includes(timer)) continue;
        timers = timers.filter((other) => other !== timer);
        timer.fn();
      }
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        timers = timers.filter((other) => other !== next);
        now = Math.max(now, next.at);
        next.fn();
      }
      now = end;
    },
  };
}
