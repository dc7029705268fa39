import { CountersignError } from "#shared/protocol/error.ts";

import type { Clock } from "./ports.ts";

const LOOK_EVERY_MS = 1_000;
/** Less than this between two looks is what keeping a clock right does, and is followed. */
const STEP_MS = 1_000;
/** Farther off than this nothing that depends on time is believed (reliability.md C3). */
const JUMP_MS = 30_000;

/** Whether the wall clock, by which everything here is dated, moves as time passes. */
export interface ClockWatch {
  /** Set while the clock was set off by more than half a minute since the start, and not set back. */
  fault(): CountersignError | undefined;
  close(): void;
}

/**
 * @param elapsedMs a clock that nobody can set, milliseconds from anywhere
 * @param onChange gets how far the clock is off, milliseconds, when it becomes wrong and when it is right again
 */
export function watchClock(
  clock: Clock,
  elapsedMs: () => number,
  onChange: (isWrong: boolean, offMs: number) => void,
): ClockWatch {
  const gap = (): number => clock.nowMs() - elapsedMs();
  let last = gap();
  let offMs = 0;
  let isWrong = false;
  let cancel = clock.after(LOOK_EVERY_MS, look);

  function look(): void {
    cancel = clock.after(LOOK_EVERY_MS, look);
    see();
  }

  function see(): void {
    const now = gap();
    if (Math.abs(now - last) >= STEP_MS) offMs += now - last;
    last = now;
    if (isWrong === Math.abs(offMs) > JUMP_MS) return;
    isWrong = !isWrong;
    onChange(isWrong, Math.round(offMs));
  }

  return {
    fault() {
      see();
      return isWrong ? new CountersignError("E_CLOCK") : undefined;
    },
    close: () => cancel(),
  };
}
