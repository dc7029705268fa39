import { existsSync } from "node:fs";
import path from "node:path";

import { STORE_KEY_FILE } from "../store/seal/key-file.ts";
import { ADMIN_PATHS, rekeyed } from "./admin.ts";
import { readText, writeNew } from "./files.ts";
import type { Io } from "./io.ts";
import { withRoster } from "./with-roster.ts";

const SAY_EVERY_MS = 2000;

/** Until the last step the present file is the key of before: the same command goes on with the copy that it made. */
function keepOld(folder: string, to: string): void {
  const key = readText(path.join(folder, STORE_KEY_FILE));
  if (!existsSync(to) || readText(to) !== key) writeNew(to, key, true);
}

/**
 * `gateway rotate --store-key`: step after step, by the gateway that serves or in its folder; interrupted, the next goes on.
 * @param oldKeyTo a new file for the key of before, which backups that were made before need
 */
export async function rotateStoreKey(folder: string, oldKeyTo: string | undefined, io: Io): Promise<number> {
  if (oldKeyTo !== undefined) keepOld(folder, path.resolve(oldKeyTo));
  const request = { method: "POST", path: ADMIN_PATHS.storeKey, body: { by: io.user } } as const;
  let said = io.clock.nowMs();
  const tell = (wrapped: number): void => {
    if (io.clock.nowMs() - said < SAY_EVERY_MS) return;
    said = io.clock.nowMs();
    io.err(`${String(wrapped)} keys so far. It can be interrupted and run again.`);
  };
  for (;;) {
    const answer = await withRoster(folder, io, request, (_roster, _keeper, rekeying) => {
      // A stopped gateway's store is opened once for all of it.
      for (;;) {
        const one = rekeying.step(io.user);
        if (one.done) return one;
        tell(one.wrapped);
      }
    });
    const { done, ...state } = rekeyed.parse(answer);
    tell(state.wrapped);
    if (!done) continue;
    io.out(JSON.stringify(state));
    io.err(
      `The store's key is ${String(state.store_key)} now. Copy store.key to where the gateway's keys are kept. Backups made before need the one of before, ${String(state.was)}, which is not in this folder any more: keep its copy as long as them, and destroy it with them.`,
    );
    return 0;
  }
}
