import path from "node:path";

import { CountersignError } from "#shared/protocol/error.ts";

import { STORE_FILE } from "../open-store.ts";
import type { Store } from "../store/store.ts";
import { copyOrder, type CopyState } from "./admin.ts";
import { parseNamed } from "./files.ts";

/** Copies of the database that a serving gateway makes for `gateway backup`, one at a time. */
export interface Copies {
  /** @throws CountersignError `E_CLI_INPUT` for an order that is none, or while another copy is made */
  start(order: string): CopyState;
  /** Of the latest copy. */
  state(): CopyState;
}

const NONE: CopyState = { copied: 0, total: 0, done: false };

export function makeCopies(store: Pick<Store, "copyTo">): Copies {
  let latest: CopyState | undefined;
  const isUnderWay = (): boolean => latest !== undefined && !latest.done && latest.failed === undefined;

  return {
    start(order) {
      const parsed = copyOrder.safeParse(parseNamed(order, "The order"));
      // SECURITY: only ever a new file of this one name, so nothing of the machine is overwritten.
      const isPlace = parsed.success && path.isAbsolute(parsed.data.to) && path.basename(parsed.data.to) === STORE_FILE;
      if (!isPlace) throw new CountersignError("E_CLI_INPUT", "The place for the copy is missing or wrong.");
      if (isUnderWay()) throw new CountersignError("E_CLI_INPUT", "Another backup of this gateway is being made.");
      latest = NONE;
      store
        .copyTo(parsed.data.to, (copied, total) => {
          latest = { copied, total, done: false };
        })
        .then(
          () => {
            latest = { ...(latest ?? NONE), done: true };
          },
          (error: unknown) => {
            const known = error instanceof CountersignError;
            const failed = known ? error.toJSON() : { code: "E_INTERNAL", message: "The copy failed." };
            latest = { ...(latest ?? NONE), failed };
          },
        );
      return latest;
    },
    state: () => latest ?? NONE,
  };
}
