import type { Clock } from "../ports.ts";
import type { Logger } from "../transport/logger.ts";
import type { Keeper } from "./keeper.ts";

const LOOK_MS = 60_000;
/** So often it is said that it is still there. */
const SAY_AGAIN = 60;

/**
 * Every minute: takes what was erased out of the files beside the database where that was put off, and says so for as long as
 * it is not done (docs/decisions/0015).
 */
export function cutTraces(
  keeper: Pick<Keeper, "cutTraces">,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): { close(): void } {
  let failed = 0;
  let cancel = clock.after(LOOK_MS, look);

  function look(): void {
    cancel = clock.after(LOOK_MS, look);
    const isDone = tryNow();
    if (!isDone && failed % SAY_AGAIN === 0) logger.error("retention.traces");
    if (isDone && failed > 0) logger.warn("retention.traces-cut");
    failed = isDone ? 0 : failed + 1;
  }

  function tryNow(): boolean {
    try {
      return keeper.cutTraces();
    } catch {
      // A store that has failed says so itself.
      return false;
    }
  }

  return {
    close() {
      cancel();
    },
  };
}
