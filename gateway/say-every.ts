import type { Clock } from "./ports.ts";

const SAY_EVERY_MS = 2000;

/** The first time, the last, and every two seconds between. */
export function sayEvery(clock: Clock, say: (done: number, of: number) => void): (done: number, of: number) => void {
  let said = -Infinity;
  return (done, of) => {
    if (done < of && clock.nowMs() - said < SAY_EVERY_MS) return;
    said = clock.nowMs();
    say(done, of);
  };
}

/** What takes longer than two seconds, every two seconds: of what is done sooner nothing is said. */
export function sayWhenLong<T extends readonly unknown[]>(clock: Clock, say: (...how: T) => void): (...how: T) => void {
  let said: number | undefined;
  return (...how) => {
    const now = clock.nowMs();
    said ??= now;
    if (now - said < SAY_EVERY_MS) return;
    said = now;
    say(...how);
  };
}
