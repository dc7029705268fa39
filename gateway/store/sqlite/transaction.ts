import type { DatabaseSync } from "node:sqlite";

import { CountersignError } from "#shared/protocol/error.ts";

import type { Store, StoreTx } from "../store.ts";
import { copyDatabase } from "./copy.ts";
import { decisionsOf } from "./decisions.ts";
import { allowedOf } from "./allowed.ts";
import { evidenceOf } from "./evidence.ts";
import { executionsOf, tokensOf } from "./executions.ts";
import { feedOfStore } from "./feed.ts";
import { logOf } from "./log.ts";
import { agentsOf } from "./agents.ts";
import { keysOf, registryOf } from "./registry.ts";
import { indexBacklog } from "./report-backlog.ts";
import { reportExports } from "./report-exports.ts";
import { reportIndex } from "./report-index.ts";
import { reportReads } from "./report-query.ts";
import { requestsOf } from "./requests.ts";
import { makeSql, storeError, type Sql } from "./sql.ts";

export interface SqliteStoreOptions {
  /** Used once per file. */
  readonly newEpoch: () => string;
  /** 32 random bytes; used once per file. */
  readonly newKey: () => Uint8Array;
  /** Rows that one answer of a report looks at; as many as suit a gateway at work unless told. */
  readonly mostLookedAt?: number;
  /** What a listener threw after a commit. The commit stands, so its caller must not see it. */
  readonly onFault: (error: unknown) => void;
}

/** The Store over an open SQLite database whose schema is current. */
export function makeSqliteStore(
  db: DatabaseSync,
  { newEpoch, newKey, mostLookedAt, onFault }: SqliteStoreOptions,
): Store {
  const sql = makeSql(db);
  const log = logOf(sql);
  const key = keyOf(sql, newKey);
  const reportKey = (): Uint8Array => key;
  indexBacklog(db, sql, reportKey);
  const index = reportIndex(sql, reportKey);
  const methods = {
    ...requestsOf(sql, index, reportKey),
    ...decisionsOf(sql, index),
    ...log.methods,
    ...feedOfStore(sql, epochOf(sql, newEpoch)),
    ...executionsOf(sql),
    ...tokensOf(sql),
    ...keysOf(sql),
    ...registryOf(sql),
    ...agentsOf(sql),
    ...reportReads(sql, reportKey, mostLookedAt),
    ...reportExports(sql),
    reportKey,
    ...evidenceOf(sql),
    ...allowedOf(sql),
  };
  let depth = 0;
  let broken: CountersignError | undefined;
  /** Why SQLite ended the open transaction by itself, from inside a savepoint: the outer ones must not go on. */
  let ended: { readonly error: unknown } | undefined;
  let committed: (() => void)[] = [];
  const tx: StoreTx = { ...methods, afterCommit: (fn) => void committed.push(fn) };

  /** Opens a transaction, or a savepoint inside one, and gives back how to end it. */
  function begin(): { commit(): void; rollback(error: unknown): void } {
    // SECURITY: a savepoint outside a transaction would commit by itself, and part of a group alone.
    if (ended) throw ended.error;
    const name = `level_${String(depth)}`;
    const kept = committed.length;
    if (depth === 0) sql.run("BEGIN IMMEDIATE");
    else db.exec(`SAVEPOINT ${name}`);
    depth++;
    return {
      commit() {
        depth--;
        if (depth === 0) sql.run("COMMIT");
        else db.exec(`RELEASE ${name}`);
      },
      rollback(error) {
        depth = Number(name.slice("level_".length));
        committed = committed.slice(0, kept);
        log.forget();
        // SQLite has already rolled back by itself after a full disk or an I/O error.
        if (!db.isTransaction) ended = depth === 0 ? undefined : { error };
        else db.exec(depth === 0 ? "ROLLBACK" : `ROLLBACK TO ${name}; RELEASE ${name}`);
      },
    };
  }

  function write<T>(fn: (tx: StoreTx) => T): T {
    // SECURITY: after a failed flush nobody knows what is on the disk: nothing is acknowledged before the next start has
    // looked (reliability.md D3).
    if (broken) throw broken;
    let result: T;
    let unit: ReturnType<typeof begin> | undefined;
    try {
      unit = begin();
      result = fn(tx);
      if (ended) throw ended.error;
      unit.commit();
    } catch (cause) {
      const error = storeError(cause);
      if (error instanceof CountersignError && error.code === "E_STORE_CORRUPT") broken ??= error;
      unit?.rollback(error);
      throw error;
    }
    if (depth === 0) {
      const told = committed;
      committed = [];
      for (const tell of told) {
        try {
          tell();
        } catch (error) {
          onFault(error);
        }
      }
    }
    return result;
  }

  return {
    ...methods,
    write,
    writeReserved: write,
    fault: () => broken,
    copyTo: (file, onProgress) => copyDatabase(db, file, onProgress),
    close() {
      if (db.isOpen) db.close();
    },
  };
}

/** What names a patient in the index, and marks pages (protocol.md 3.19). */
function keyOf(sql: Sql, newKey: () => Uint8Array): Uint8Array {
  const fresh = Buffer.from(newKey()).toString("hex");
  sql.run("INSERT INTO meta (name, value) VALUES ('report_key', ?) ON CONFLICT DO NOTHING", fresh);
  return Buffer.from(sql.one("SELECT value FROM meta WHERE name = 'report_key'").text("value"), "hex");
}

function epochOf(sql: Sql, newEpoch: () => string): string {
  sql.run("INSERT INTO meta (name, value) VALUES ('feed_epoch', ?) ON CONFLICT DO NOTHING", newEpoch());
  return sql.one("SELECT value FROM meta WHERE name = 'feed_epoch'").text("value");
}
