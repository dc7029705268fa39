import type { CountersignError } from "#shared/protocol/error.ts";

import type { Keeper, RetentionStatus } from "./keeper.ts";
import type { KnownTime, TimeStanding } from "./known-time.ts";

/** A keeper that asks what time it is before it erases by age. */
export interface TimelyKeeper extends Keeper {
  status(): RetentionStatus & {
    /** Unix seconds: what the clock says, and the newest time that was believed. */
    readonly time: { readonly state: TimeStanding["kind"]; readonly known: number; readonly now: number };
  };
  /** As {@link KnownTime.confirm}. */
  confirmTime(said: { readonly today: string; readonly by: string }): void;
}

/** The keeper for a clock that may have been wrong before the start: erases by age only what age can be believed of. */
export const withKnownTime = (keeper: Keeper, time: KnownTime): TimelyKeeper => ({
  ...keeper,
  runBatch(after, isDry) {
    const error = time.fault();
    if (error !== undefined) throw error;
    time.keep();
    return keeper.runBatch(after, isDry);
  },
  status() {
    const { kind, known, now } = time.standing();
    return { ...keeper.status(), time: { state: kind, known, now } };
  },
  confirmTime: (said) => time.confirm(said),
});

/**
 * The keeper while the clock may be wrong: then nothing is erased by its age, which a clock that was set forward by years
 * would make of everything (reliability.md C3), and nobody confirms it. What an order names is erased nevertheless: its age
 * is not asked.
 * @param fault set while the clock is not believed
 */
export function whileTimeIsBelieved(keeper: TimelyKeeper, fault: () => CountersignError | undefined): TimelyKeeper {
  const believed = (): void => {
    const error = fault();
    if (error !== undefined) throw error;
  };
  return {
    ...keeper,
    runBatch(after, isDry) {
      believed();
      return keeper.runBatch(after, isDry);
    },
    confirmTime(said) {
      believed();
      keeper.confirmTime(said);
    },
  };
}
