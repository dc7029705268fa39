import type { Clock } from "../ports.ts";
import type { Store } from "./store.ts";

const LOOK_EVERY_MS = 1_000;
/** So long `/readyz` says it before the process ends, for whoever leads clients elsewhere. */
const NOTICE_MS = 5_000;

/**
 * Resolves when the process has to end because nobody knows any more what is on its disk (reliability.md D3): only a new
 * start looks. Until then nothing is acknowledged, and `/readyz` says so.
 * @param onFailure called once, at once
 */
export async function storeFailed(store: Pick<Store, "fault">, clock: Clock, onFailure: () => void): Promise<void> {
  await new Promise<void>((ends) => {
    const look = (): void => {
      if (store.fault()?.code !== "E_STORE_CORRUPT") {
        clock.after(LOOK_EVERY_MS, look);
        return;
      }
      onFailure();
      clock.after(NOTICE_MS, ends);
    };
    look();
  });
}
