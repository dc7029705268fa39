import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";

import { CountersignError } from "#shared/protocol/error.ts";

import { makeStoreKey, readNextKey, readStoreKey, STORE_KEY_FILE, takeNextKey } from "./seal/key-file.ts";
import { openDatabase } from "./sqlite/database.ts";
import { MIGRATIONS } from "./sqlite/schema.ts";
import type { SealProgress } from "./sqlite/seal-backlog.ts";
import { makeSql } from "./sqlite/sql.ts";
import { isSealed } from "./sqlite/store-keys.ts";
import { makeSqliteStore } from "./sqlite/transaction.ts";
import type { Store } from "./store.ts";

export interface OpenSqliteStore {
  /** Gets what a listener throws after a commit; a process warning unless told. */
  readonly onFault?: (error: unknown) => void;
  /** The store's key, 32 bytes; unless given the one in {@link STORE_KEY_FILE} beside the file, made for a new store. */
  readonly storeKey?: Uint8Array | undefined;
  /** Whoever opens it looks at its pages afterwards ({@link Store.checkPagesBeside}). */
  readonly pagesLater?: boolean;
  /** Told while what an older version stored is sealed, which is once. */
  readonly onSealing?: SealProgress | undefined;
}

const warn = (error: unknown): void => {
  process.emitWarning(error instanceof Error ? error : String(error));
};

/**
 * The embedded default: one SQLite file (node:sqlite), one process. `path` is the file; its folder is made if missing.
 * @throws CountersignError `E_STORE_READONLY`, `E_STORE_LOCKED`, `E_STORE_NEWER`, `E_STORE_CORRUPT`, `E_STORE_FULL`,
 * `E_STORE_KEY`, each with what to do
 */
export function openSqliteStore(path: string, options: OpenSqliteStore = {}): Store {
  const { onFault = warn, storeKey, onSealing, pagesLater = false } = options;
  const db = openDatabase(path, { access: "alone", migrations: MIGRATIONS, pagesLater });
  try {
    const beside = storeKey === undefined ? keysBeside(path, db) : undefined;
    const store = makeSqliteStore(db, {
      newEpoch: () => randomBytes(6).toString("hex"),
      newKey: () => randomBytes(32),
      ...(beside ?? { storeKey }),
      ...(onSealing === undefined ? {} : { onSealing }),
      onFault,
    });
    // A change of the key was cut short after its last commit and before its last step.
    const isTaken = beside?.nextKey !== undefined && store.isStoreKey(beside.nextKey);
    if (isTaken) takeNextKey(dirname(path));
    return store;
  } catch (error) {
    db.close();
    throw error;
  }
}

interface KeysBeside {
  readonly storeKey: Uint8Array;
  readonly nextKey?: Uint8Array | undefined;
}

function keysBeside(path: string, db: DatabaseSync): KeysBeside {
  if (path === ":memory:") return { storeKey: randomBytes(32) };
  const folder = dirname(path);
  const [storeKey, nextKey] = [readStoreKey(folder), readNextKey(folder)];
  if (storeKey !== undefined) return { storeKey, nextKey };
  // SECURITY: a new key beside a store that another key sealed would read nothing, and hide that the other is missing.
  if (!isSealed(makeSql(db))) return { storeKey: makeStoreKey(folder) };
  throw new CountersignError(
    "E_STORE_KEY",
    `The key of the store, ${STORE_KEY_FILE}, is not in ${folder}. Put the copy of it there that is kept with the gateway's other keys. Nothing was changed.`,
  );
}
