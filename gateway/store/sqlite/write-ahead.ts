import { CountersignError } from "#shared/protocol/error.ts";

import type { Sql } from "./sql.ts";

const LATER: ReadonlySet<CountersignError["code"]> = new Set(["E_STORE_LOCKED", "E_STORE_FULL"]);

/**
 * False where it cannot be now: a statement of this connection still reads, or the disk has no room. Nothing is lost, and it
 * may be tried again.
 * @throws CountersignError what else it throws
 */
export function unlessLater(act: () => boolean): boolean {
  try {
    return act();
  } catch (error) {
    if (error instanceof CountersignError && LATER.has(error.code)) return false;
    throw error;
  }
}

/**
 * Takes what is in the write-ahead file over into the database and empties it.
 * @returns false where that cannot be now: {@link unlessLater}
 * @throws CountersignError `E_STORE_CORRUPT`, `E_STORE_READONLY`
 */
export const emptyWriteAhead = (sql: Sql): boolean =>
  // SECURITY: SQLite also answers "not now" with a row, and no error (`busy`).
  unlessLater(() => sql.one("PRAGMA wal_checkpoint(TRUNCATE)").int("busy") === 0);
