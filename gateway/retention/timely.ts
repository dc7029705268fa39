import type { CountersignError } from "#shared/protocol/error.ts";

import type { Keeper } from "./keeper.ts";

/**
 * The keeper while the clock may be wrong: then nothing is erased by its age, which a clock that was set forward by years
 * would make of everything (reliability.md C3). What an order names is erased nevertheless: its age is not asked.
 * @param fault set while the clock is not believed
 */
export function whileTimeIsBelieved(keeper: Keeper, fault: () => CountersignError | undefined): Keeper {
  return {
    ...keeper,
    runBatch(after, isDry) {
      const error = fault();
      if (error !== undefined) throw error;
      return keeper.runBatch(after, isDry);
    },
  };
}
