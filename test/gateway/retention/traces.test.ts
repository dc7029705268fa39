import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";

import { afterEach, beforeEach, expect, it } from "vitest";

import { makeKeeper } from "../../../gateway/retention/keeper.ts";
import { cutTraces } from "../../../gateway/retention/traces.ts";
import { openDatabase } from "../../../gateway/store/sqlite/database.ts";
import { cutWriteAhead, markWriteAhead } from "../../../gateway/store/sqlite/retention.ts";
import { MIGRATIONS } from "../../../gateway/store/sqlite/schema.ts";
import { makeSql } from "../../../gateway/store/sqlite/sql.ts";
import { makeSqliteStore } from "../../../gateway/store/sqlite/transaction.ts";
import { crypto } from "../device.ts";
import { makeManualClock } from "../manual-clock.ts";
import { added, AT } from "../store/contract-fixtures.ts";

/** An erasure is not called done while the write-ahead file still has the keys that it overwrote. */

let folder: string;
let db: DatabaseSync;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cs-traces-"));
  db = openDatabase(join(folder, "gateway.sqlite"), { access: "alone", migrations: MIGRATIONS });
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

function arrange() {
  const faults: unknown[] = [];
  const store = makeSqliteStore(db, {
    ...{ newEpoch: () => "e1", newKey: () => Buffer.alloc(32, 7), onFault: (error) => void faults.push(error) },
  });
  const keeper = makeKeeper({
    ...{ store, crypto, kid: "k", now: () => AT, randomText: () => "text", years: 10, onErased: () => undefined },
    records: { leaf: () => 0 },
  });
  const { rid } = added(store, { patient: "Patient/one", jws: "one's" });
  store.write((tx) => tx.moveRequest(rid, 1, ["open"], "denied", AT));
  const wrapped = db.prepare("SELECT wrapped FROM subject_keys WHERE rid = ?").get(rid)?.["wrapped"] as Uint8Array;
  const isOnDisk = (): boolean =>
    readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(Buffer.from(wrapped)));
  /** Somebody reads from the write-ahead file; returns how to end that. */
  const read = (): (() => void) => {
    const reader = db.prepare("SELECT name FROM meta UNION ALL SELECT name FROM subject_keys").iterate();
    reader.next();
    return () => void reader.return?.();
  };
  return { store, keeper, faults, rid, isOnDisk, read };
}

it("says that an order left traces where the write-ahead file could not be cut, and cuts it when asked again", () => {
  const t = arrange();
  expect(t.isOnDisk()).toBe(true);
  const end = t.read();
  expect(t.keeper.erase({ rid: t.rid }, { order: "1", by: "dpo" })).toEqual({ keys: 1, entry: 0, traces: true });
  expect([t.isOnDisk(), t.keeper.status().traces, t.keeper.cutTraces()]).toEqual([true, true, false]);
  end();
  expect(t.keeper.cutTraces()).toBe(true);
  expect([t.isOnDisk(), t.keeper.status().traces]).toEqual([false, false]);
  expect(t.faults).toEqual([]);
});

it("says nothing of traces where none are left", () => {
  const t = arrange();
  expect(t.keeper.erase({ rid: t.rid }, { order: "1", by: "dpo" })).toEqual({ keys: 1, entry: 0 });
  expect([t.isOnDisk(), t.keeper.status().traces]).toEqual([false, false]);
});

it("takes SQLite's answer that it was busy for what it is", () => {
  markWriteAhead(makeSql(db));
  const sql = makeSql(db);
  let busy = 1;
  const one: typeof sql.one = (text, ...values) =>
    text.startsWith("PRAGMA wal_checkpoint")
      ? sql.one("SELECT ? AS busy, 2 AS log, 1 AS checkpointed", busy)
      : sql.one(text, ...values);
  expect(cutWriteAhead({ ...sql, one })).toBe(false);
  expect(cutWriteAhead({ ...sql, one })).toBe(false);
  busy = 0;
  expect(cutWriteAhead({ ...sql, one })).toBe(true);
});

it("is tried again every minute, said at the first failure and then hourly, and said when it is done", () => {
  const clock = makeManualClock();
  const said: string[] = [];
  const say = (event: string): void => void said.push(event);
  let answer: boolean | Error = true;
  const keeper = {
    cutTraces() {
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const job = cutTraces(keeper, { clock, logger: { info: say, warn: say, error: say } });
  clock.advance(120_000);
  expect(said).toEqual([]);
  answer = false;
  clock.advance(59 * 60_000);
  answer = new Error("closed");
  expect(said).toEqual(["retention.traces"]);
  clock.advance(2 * 60_000);
  expect(said).toEqual(["retention.traces", "retention.traces"]);
  answer = true;
  clock.advance(60_000);
  expect(said).toEqual(["retention.traces", "retention.traces", "retention.traces-cut"]);
  job.close();
  answer = false;
  clock.advance(60_000);
  expect(said).toHaveLength(3);
});
