import { accessSync, constants, mkdirSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { CountersignError } from "#shared/protocol/error.ts";

import { checkPages } from "./pages.ts";
import { storeError } from "./sql.ts";

/** Magic numbers of network file systems (linux/magic.h, and SMB1's): SQLite's locks do not hold there. */
const NETWORK_FILE_SYSTEMS: ReadonlySet<number> = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42]);

export interface DatabaseOptions {
  /** `alone`: this process and no other (the gateway's store). `shared`: several processes of one machine (directory). */
  readonly access: "alone" | "shared";
  readonly migrations: readonly string[];
  /** Whoever opens it sees to its pages afterwards; where the schema is not the newest they are looked at all the same. */
  readonly pagesLater?: boolean;
  /** Type of the file system that holds a folder; replaced in tests. */
  readonly fileSystemType?: (folder: string) => number;
}

/**
 * Opens a SQLite file with the durability the protocol needs, and refuses with a sentence for people where it cannot be
 * had: WAL, `synchronous=FULL` read back, the newest schema (reliability.md 3.3, README decision 5).
 * @throws CountersignError `E_STORE_READONLY`, `E_STORE_LOCKED`, `E_STORE_NEWER`, `E_STORE_CORRUPT`, `E_STORE_FULL`
 */
export function openDatabase(path: string, options: DatabaseOptions): DatabaseSync {
  if (path !== ":memory:") checkFolder(dirname(path), options.fileSystemType ?? fileSystemType);
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: options.access === "shared" ? 5000 : 0 });
    configure(db, options.access);
    const isLater = options.pagesLater === true && versionOf(db) === options.migrations.length;
    if (options.access === "alone" && !isLater) checkPages(db);
    migrate(db, options.migrations);
    return db;
  } catch (cause) {
    db?.close();
    const error = storeError(cause);
    throw error instanceof CountersignError && error.message === error.code ? withPath(error, path) : error;
  }
}

const fileSystemType = (folder: string): number => statfsSync(folder).type;

function checkFolder(folder: string, typeOf: (folder: string) => number): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new CountersignError(
      "E_STORE_READONLY",
      `The data folder ${folder} cannot be written to. Nothing was started. Check its owner and permissions.`,
      { cause },
    );
  }
  if (NETWORK_FILE_SYSTEMS.has(typeOf(folder))) {
    throw new CountersignError(
      "E_STORE_READONLY",
      `The data folder ${folder} is on a network share, where a database cannot be kept safe. Use a local disk.`,
    );
  }
}

function configure(db: DatabaseSync, access: DatabaseOptions["access"]): void {
  // SECURITY: one writer per log, reliability.md D12: a second process must not sign a second history.
  if (access === "alone") db.exec("PRAGMA locking_mode = EXCLUSIVE");
  db.exec("PRAGMA journal_mode = WAL");
  // SECURITY: durable before acknowledged, README decision 5. macOS needs its own flush for that.
  db.exec("PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON");
  db.exec("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
  // SECURITY: what is taken away is overwritten, in the pages it was on (docs/decisions/0015).
  if (access === "alone") db.exec("PRAGMA secure_delete = ON");
  if (access === "alone") db.exec("BEGIN EXCLUSIVE; COMMIT");
  readBack(db, "synchronous", [2]);
  readBack(db, "journal_mode", ["wal", "memory"]);
}

function readBack(db: DatabaseSync, pragma: string, expected: readonly (string | number)[]): void {
  const value = db.prepare(`PRAGMA ${pragma}`).get()?.[pragma];
  if (expected.some((e) => e === value)) return;
  throw new CountersignError(
    "E_STORE_CORRUPT",
    `The database does not keep ${pragma}=${String(expected[0])} (it says ${String(value)}), so a power cut could lose decisions. Nothing was started.`,
  );
}

const versionOf = (db: DatabaseSync): number => Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);

function migrate(db: DatabaseSync, migrations: readonly string[]): void {
  const version = versionOf(db);
  if (version > migrations.length) {
    throw new CountersignError(
      "E_STORE_NEWER",
      `The data folder has version ${String(version)}, this program knows ${String(migrations.length)}. Start the newer program, or restore a backup made with this one. Nothing was changed.`,
    );
  }
  if (version === migrations.length) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    // Read again under the lock: another process may have migrated meanwhile.
    const from = versionOf(db);
    for (const step of migrations.slice(from)) db.exec(step);
    db.exec(`PRAGMA user_version = ${String(migrations.length)}`);
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function withPath(error: CountersignError, path: string): CountersignError {
  const sentences: Partial<Record<CountersignError["code"], string>> = {
    E_STORE_LOCKED: `Another process uses ${path}. Stop it first; two gateways on one data folder would sign two histories.`,
    E_STORE_READONLY: `${path} cannot be written to. Nothing was started. Check the owner and permissions of the file and its folder.`,
    E_STORE_CORRUPT: `${path} is damaged or not a database of this program. Nothing was changed. Restore a backup; clients keep their evidence.`,
    E_STORE_FULL: `There is no room on the disk that holds ${path}. Nothing was started.`,
  };
  return new CountersignError(error.code, sentences[error.code] ?? error.message, { cause: error.cause });
}
