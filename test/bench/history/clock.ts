import type { Clock } from "../../../gateway/ports.ts";

export interface BenchClock extends Clock {
  /** Moves time without ringing anything. */
  set(nowMs: number): void;
  /** Rings what is due, once. */
  ring(): void;
}

/** Time that goes as fast as decisions are loaded; alarms ring between the groups. */
export function makeBenchClock(startMs: number): BenchClock {
  let now = startMs;
  const timers = new Map<object, { readonly at: number; readonly fn: () => void }>();
  return {
    nowMs: () => now,
    after(delayMs, fn) {
      const name = {};
      timers.set(name, { at: now + Math.max(0, delayMs), fn });
      return () => timers.delete(name);
    },
    set(nowMs) {
      now = nowMs;
    },
    ring() {
      for (const [name, { at, fn }] of [...timers]) {
        if (at > now) continue;
        timers.delete(name);
        fn();
      }
    },
  };
}
