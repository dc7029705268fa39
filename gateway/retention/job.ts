import { CountersignError } from "#shared/protocol/error.ts";

import type { Clock } from "../ports.ts";
import type { Logger } from "../transport/logger.ts";
import type { Keeper, Retained } from "./keeper.ts";

const FIRST_MS = 60_000;
const DAY_MS = 24 * 3600 * 1000;
/** Between two batches, in which decisions are taken. */
const PAUSE_MS = 50;

export interface RetentionJob {
  close(): void;
}

/** Once a day, and a minute after the start: erases what has passed its time, a batch at a time, and says how much. */
export function retainDaily(
  keeper: Pick<Keeper, "runBatch">,
  {
    clock,
    logger,
    onErased,
  }: { readonly clock: Clock; readonly logger: Logger; readonly onErased?: (keys: number) => void },
): RetentionJob {
  let cancel = (): void => undefined;
  const later = (ms: number, fn: () => void): void => {
    cancel = clock.after(ms, fn);
  };

  function batch(after: number, sum: Retained): void {
    try {
      const { next, ...one } = keeper.runBatch(after, false);
      const so = { erased: sum.erased + one.erased, held: sum.held + one.held, open: sum.open + one.open };
      if (one.erased > 0) onErased?.(one.erased);
      if (next !== undefined) {
        later(PAUSE_MS, () => batch(next, so));
        return;
      }
      logger.info("retention.done", so);
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      logger.error("retention.fault", { error: error instanceof CountersignError ? error.code : name });
    }
    later(DAY_MS, begin);
  }
  const begin = (): void => batch(0, { erased: 0, held: 0, open: 0 });
  later(FIRST_MS, begin);
  return { close: () => cancel() };
}
