import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { CountersignError } from "#shared/protocol/error.ts";

import { keepReserve, RESERVE_BYTES, withReserve } from "../../../gateway/store/reserve.ts";
import { openDatabase } from "../../../gateway/store/sqlite/database.ts";
import { MIGRATIONS } from "../../../gateway/store/sqlite/schema.ts";
import { makeSqliteStore } from "../../../gateway/store/sqlite/transaction.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { makeManualClock, type ManualClock } from "../manual-clock.ts";

let folder: string;
let clock: ManualClock;
let changes: boolean[];
let store: Store;
/** Lets the database grow by this many pages: the reserve is given free for real, the room it makes is given here. */
let grow: (pages: number) => void;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "cs-reserve-"));
  clock = makeManualClock();
  changes = [];
  const db = openDatabase(path.join(folder, "gateway.sqlite"), { access: "alone", migrations: MIGRATIONS });
  grow = (pages) => {
    const now = Number(db.prepare("PRAGMA page_count").get()?.["page_count"]);
    db.exec(`PRAGMA max_page_count = ${String(now + pages)}`);
  };
  const reserve = keepReserve({
    ...{ folder, clock },
    onChange: (isFull) => {
      changes.push(isFull);
      if (isFull) grow(50);
    },
  });
  store = withReserve(
    makeSqliteStore(db, { newEpoch: () => "e1", newKey: () => new Uint8Array(32), onFault: () => undefined }),
    reserve,
  );
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const file = (): string => path.join(folder, "reserve");
const TEXT = "x".repeat(2000);
const publish = (name: string): boolean => store.write((tx) => tx.publish(name, "policy", TEXT, 0));
const code = (act: () => unknown): string => {
  try {
    act();
    return "no error";
  } catch (error) {
    return error instanceof CountersignError ? error.code : String(error);
  }
};
/** Publishes until the disk is full; how many were acknowledged. */
function fill(): number {
  grow(4);
  let acknowledged = 0;
  while (code(() => publish(`d${String(acknowledged)}`)) === "no error") acknowledged++;
  return acknowledged;
}

it("is there from the start, for its owner alone, in blocks and not in name only", () => {
  const { size, blocks, mode } = statSync(file());
  expect([size, mode & 0o777]).toEqual([RESERVE_BYTES, 0o600]);
  expect(blocks * 512).toBeGreaterThanOrEqual(RESERVE_BYTES);
  expect(store.fault()).toBeUndefined();
});

it("is given free when a commit finds no room: nothing new is taken, everything acknowledged is read", () => {
  const acknowledged = fill();
  expect([existsSync(file()), changes, store.fault()?.code]).toEqual([false, [true], "E_STORE_FULL"]);
  // There would be room for it now, which is kept for something else.
  expect(code(() => publish("new"))).toBe("E_STORE_FULL");
  expect(store.published("new")).toBeUndefined();
  for (let i = 0; i < acknowledged; i++) expect(store.published(`d${String(i)}`)?.text).toBe(TEXT);
});

it("leaves room for what ends things, also what such a thing is made of", () => {
  fill();
  store.writeReserved((tx) => {
    tx.publish("end", "policy", TEXT, 0);
    store.write((inner) => inner.publish("within", "policy", TEXT, 0));
  });
  expect([store.published("end")?.text, store.published("within")?.text]).toEqual([TEXT, TEXT]);
});

it("is given free for what ends things when that is the first to find no room, and it is then done", () => {
  grow(0);
  store.writeReserved((tx) => {
    for (let i = 0; i < 20; i++) tx.publish(`end${String(i)}`, "policy", TEXT, 0);
  });
  expect([changes, store.published("end19")?.text]).toEqual([[true], TEXT]);
});

it("is given free for a file beside the database, too", () => {
  const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  let tries = 0;
  store.writeReserved(() => {
    tries++;
    if (existsSync(file())) throw full;
  });
  expect([tries, store.fault()?.code]).toEqual([2, "E_STORE_FULL"]);
});

it("is made anew by itself once there is room, and the store takes what comes", () => {
  fill();
  clock.advance(5000);
  expect([statSync(file()).size, changes, store.fault()]).toEqual([RESERVE_BYTES, [true, false], undefined]);
  expect(publish("new")).toBe(true);
});
