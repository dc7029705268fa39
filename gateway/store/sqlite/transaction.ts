import type { DatabaseSync } from "node:sqlite";

import { CountersignError } from "#shared/protocol/error.ts";

import type { Store, StoreTx } from "../store.ts";
import { auditMarksOf } from "./audit-marks.ts";
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
import { keyChangeOf } from "./key-change.ts";
import { makeKeyring } from "./keyring.ts";
import { pagesOf } from "./pages.ts";
import { reportExports } from "./report-exports.ts";
import { reportIndex } from "./report-index.ts";
import { reportReads } from "./report-query.ts";
import { requestsOf } from "./requests.ts";
import { cutWriteAhead, retentionOf } from "./retention.ts";
import { sealBacklog, type SealProgress } from "./seal-backlog.ts";
import { makeSql, storeError, type Sql } from "./sql.ts";
import { makeStoreKeys, type StoreKeys } from "./store-keys.ts";

export interface SqliteStoreOptions {
  /** Used once per file. */
  readonly newEpoch: () => string;
  /** 32 random bytes; used once per file. */
  readonly newKey: () => Uint8Array;
  /** What the keys in the file are wrapped with; 32 bytes that are nowhere in it. Another `newKey()` unless given. */
  readonly storeKey?: Uint8Array | undefined;
  /** The one that takes its place, while that is changed. */
  readonly nextKey?: Uint8Array | undefined;
  /** Told while what an older version stored is sealed. */
  readonly onSealing?: SealProgress;
  /** Rows that one answer of a report looks at; as many as suit a gateway at work unless told. */
  readonly mostLookedAt?: number;
  /** What a listener threw after a commit. The commit stands, so its caller must not see it. */
  readonly onFault: (error: unknown) => void;
}

/** The Store over an open SQLite database whose schema is current. */
export function makeSqliteStore(
  db: DatabaseSync,
  { newEpoch, newKey, storeKey = newKey(), nextKey, mostLookedAt, onSealing, onFault }: SqliteStoreOptions,
): Store {
  const sql = makeSql(db);
  const keys = makeStoreKeys(sql, nextKey === undefined ? [storeKey] : [storeKey, nextKey]);
  const { key, isPlain } = keyOf(sql, newKey, keys);
  const reportKey = (): Uint8Array => key;
  if (isPlain) sealKey(sql, keys, key);
  indexBacklog(db, sql, reportKey);
  const ring = makeKeyring(sql, keys);
  sealBacklog(db, sql, { ring, key: reportKey, onProgress: onSealing });
  // Each decision of a group is a savepoint, and what that may take back, some 35 pages, would go to a file of the system's
  // temporary folder. Not before the backlog: it copies the whole file once, which belongs on a disk.
  sql.run("PRAGMA temp_store = MEMORY");
  const log = logOf(sql, ring);
  const index = reportIndex(sql, reportKey);
  const requests = requestsOf(sql, index, reportKey, ring);
  const decisions = decisionsOf(sql, index, ring);
  const carried = {
    request: (dig: string) => requests.requestByDigest(dig)?.jws,
    event: decisions.eventText,
    receipt: decisions.receiptText,
  };
  const feed = feedOfStore(sql, epochOf(sql, newEpoch), carried);
  const standings = keysOf(sql);
  const methods = {
    ...requests,
    ...decisions.methods,
    ...log.methods,
    ...feed.methods,
    ...executionsOf(sql, ring),
    ...tokensOf(sql),
    ...standings.methods,
    ...registryOf(sql, ring, reportKey),
    ...agentsOf(sql),
    ...reportReads(sql, reportKey, mostLookedAt),
    ...reportExports(sql),
    reportKey,
    ...evidenceOf(sql),
    ...allowedOf(sql, ring, reportKey),
    ...retentionOf(sql, ring, {
      ...{ key: reportKey, request: (rid, rev) => requests.request(rid, rev) },
      afterCommit: (fn) => void committed.push(fn),
    }),
    ...auditMarksOf(sql, keys),
    ...keyChangeOf(sql, keys, {
      ...{ sealAnew: () => sealKey(sql, keys, key), forget: () => ring.forget() },
      afterCommit: (fn) => void committed.push(fn),
    }),
  };
  cutWriteAhead(sql);
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
    const level = depth;
    const name = `level_${String(level)}`;
    const kept = committed.length;
    if (depth === 0) sql.run("BEGIN IMMEDIATE");
    else sql.run(`SAVEPOINT ${name}`);
    depth++;
    return {
      commit() {
        depth--;
        if (depth === 0) sql.run("COMMIT");
        else sql.run(`RELEASE ${name}`);
      },
      rollback(error) {
        depth = level;
        committed = committed.slice(0, kept);
        for (const held of [log, feed, standings, ring, keys]) held.forget();
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
    ...pagesOf(db, sql),
    write,
    writeReserved: write,
    fault: () => broken,
    cutTraces: () => cutWriteAhead(sql),
    condemn(found) {
      broken ??= found;
      // SECURITY: reads as well, and what memory answers: no proof of a damaged entry is given once it is known to be damaged.
      sql.refuse(broken);
      for (const held of [log, feed, standings, ring, keys]) held.forget();
    },
    copyTo: (file, onProgress) => copyDatabase(db, file, onProgress),
    close() {
      if (db.isOpen) db.close();
    },
  };
}

const REPORT_KEY = "report_key";
const PLAIN_KEY = /^[0-9a-f]{64}$/;

/** What names a patient in the index, and marks pages (protocol.md 3.19). In the file it is sealed by the store's key. */
function keyOf(
  sql: Sql,
  newKey: () => Uint8Array,
  keys: StoreKeys,
): { readonly key: Uint8Array; readonly isPlain: boolean } {
  const kept = sql.get("SELECT value FROM meta WHERE name = ?", REPORT_KEY)?.text("value");
  if (kept === undefined) return { key: newKey(), isPlain: true };
  if (PLAIN_KEY.test(kept)) return { key: Buffer.from(kept, "hex"), isPlain: true };
  return { key: keys.unwrap(REPORT_KEY, Buffer.from(kept, "base64url")), isPlain: false };
}

function sealKey(sql: Sql, keys: StoreKeys, key: Uint8Array): void {
  sql.run(
    "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    ...[REPORT_KEY, keys.wrap(REPORT_KEY, key).toString("base64url")],
  );
}

function epochOf(sql: Sql, newEpoch: () => string): string {
  sql.run("INSERT INTO meta (name, value) VALUES ('feed_epoch', ?) ON CONFLICT DO NOTHING", newEpoch());
  return sql.one("SELECT value FROM meta WHERE name = 'feed_epoch'").text("value");
}
