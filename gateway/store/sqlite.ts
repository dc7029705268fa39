import { randomBytes } from "node:crypto";

import { openDatabase } from "./sqlite/database.ts";
import { MIGRATIONS } from "./sqlite/schema.ts";
import { makeSqliteStore } from "./sqlite/transaction.ts";
import type { Store } from "./store.ts";

export interface OpenSqliteStore {
  /** Gets what a listener throws after a commit; a process warning unless told. */
  readonly onFault?: (error: unknown) => void;
}

const warn = (error: unknown): void => {
  process.emitWarning(error instanceof Error ? error : String(error));
};

/**
 * The embedded default: one SQLite file (node:sqlite), one process. `path` is the file; its folder is made if missing.
 * @throws CountersignError `E_STORE_READONLY`, `E_STORE_LOCKED`, `E_STORE_NEWER`, `E_STORE_CORRUPT`, `E_STORE_FULL`,
 * each with what to do
 */
export function openSqliteStore(path: string, { onFault = warn }: OpenSqliteStore = {}): Store {
  const db = openDatabase(path, { access: "alone", migrations: MIGRATIONS });
  return makeSqliteStore(db, {
    newEpoch: () => randomBytes(6).toString("hex"),
    newKey: () => randomBytes(32),
    onFault,
  });
}
