import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { makeKeeper } from "../../../gateway/retention/keeper.ts";
import { findKnownTime, watchKnownTime, type KnownTime } from "../../../gateway/retention/known-time.ts";
import { withKnownTime, type TimelyKeeper } from "../../../gateway/retention/timely.ts";
import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { crypto } from "../device.ts";
import { added, AT, code } from "../store/contract-fixtures.ts";

/** A clock that was wrong before the gateway began: there is no jump to be seen, only what the store knows. */

const DAY = 24 * 3600;
const YEAR = 365.25 * DAY;

let folder: string;
let store: Store;
let leaves: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cs-known-time-"));
  store = openSqliteStore(join(folder, "gateway.sqlite"));
  leaves = [];
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

interface Started {
  readonly time: KnownTime;
  readonly keeper: TimelyKeeper;
  /** Its clock goes on. */
  readonly later: (seconds: number) => void;
}

/** Another process over the same file, whose clock says `at`. */
function startAt(at: number): Started {
  store.close();
  store = openSqliteStore(join(folder, "gateway.sqlite"));
  let now = at;
  const around = {
    ...{ store, crypto, kid: "k", now: () => now, randomText: () => `${String(at)} ${String(leaves.length)}` },
    records: { leaf: (_tx: unknown, { t }: { readonly t: string }) => leaves.push(t) },
  };
  const time = watchKnownTime(findKnownTime(store, now), around);
  const keeper = withKnownTime(makeKeeper({ ...around, years: 10, onErased: () => undefined }), time);
  return { time, keeper, later: (seconds) => void (now += seconds) };
}

/** A request that ended when it began. */
function ended(at = AT): string {
  const { rid } = added(store, { iat: at });
  store.write((tx) => tx.moveRequest(rid, 1, ["open"], "denied", at));
  return rid;
}
const checkpoint = (at: number): void => {
  store.write((tx) => tx.addCheckpoint({ size: at, root: new Uint8Array(32), note: "", at }));
};
const day = (at: number): string => new Date(at * 1000).toISOString().slice(0, 10);
const isReadable = (rid: string): boolean => code(() => store.request(rid, 1)?.jws) === "no error";

describe("a clock that is years ahead when the gateway begins", () => {
  it("erases nothing by its age, by the job or by command, counted or not, at this start and at the next ones", () => {
    startAt(AT);
    const rid = ended();
    for (const years of [11, 11.01, 12]) {
      const { keeper, time } = startAt(AT + years * YEAR);
      // What is signed and stored under this clock makes it no better.
      checkpoint(AT + years * YEAR);
      ended(AT + years * YEAR);
      expect(code(() => keeper.runBatch(0, false))).toBe("E_CLOCK");
      expect(code(() => keeper.runBatch(0, true))).toBe("E_CLOCK");
      expect(time.standing()).toMatchObject({ kind: "ahead", known: AT });
      expect(keeper.status().time).toEqual({ state: "ahead", known: AT, now: AT + years * YEAR });
    }
    expect(isReadable(rid)).toBe(true);
    // Set right, it is believed with the next start.
    const { keeper } = startAt(AT + 2 * DAY);
    expect(keeper.status().time).toMatchObject({ state: "believed" });
    expect(keeper.runBatch(0, false)).toEqual({ erased: 0, held: 0, open: 0 });
  });

  it("is known of a store of a version before by the newest checkpoint of its log", () => {
    checkpoint(AT);
    const rid = ended();
    expect(code(() => startAt(AT + 11 * YEAR).keeper.runBatch(0, false))).toBe("E_CLOCK");
    checkpoint(AT + 11 * YEAR);
    expect(code(() => startAt(AT + 11.01 * YEAR).keeper.runBatch(0, false))).toBe("E_CLOCK");
    expect(isReadable(rid)).toBe(true);
  });

  it("says nothing against an order, whose age is not asked", () => {
    startAt(AT);
    const rid = ended();
    expect(startAt(AT + 11 * YEAR).keeper.erase({ rid }, { order: "1", by: "dpo" }).keys).toBe(1);
  });
});

describe("a gateway that really was off for two months", () => {
  it("erases again once a person has said what day it is, once, with an entry in the log", () => {
    startAt(AT - 11 * YEAR);
    const rid = ended(AT - 11 * YEAR);
    startAt(AT - 60 * DAY).keeper.confirmTime({ today: day(AT - 60 * DAY), by: "engineer" });
    const { keeper } = startAt(AT);
    expect(code(() => keeper.runBatch(0, false))).toBe("E_CLOCK");
    const before = leaves.length;
    keeper.confirmTime({ today: day(AT), by: "engineer" });
    expect(leaves.slice(before)).toEqual(["config"]);
    expect(JSON.parse(store.lastPublished("clock") ?? "")).toMatchObject({
      ...{ format: "countersign-clock/1", at: AT, known: AT - 60 * DAY, by: "engineer" },
    });
    expect(keeper.status().time).toEqual({ state: "believed", known: AT, now: AT });
    expect(keeper.runBatch(0, false)).toMatchObject({ erased: 1 });
    expect(isReadable(rid)).toBe(false);
    expect(startAt(AT + DAY).keeper.runBatch(0, false)).toMatchObject({ erased: 0 });
  });

  it("is believed by nobody who names another day: nothing is changed, also not at the next start", () => {
    startAt(AT);
    const rid = ended();
    const { keeper } = startAt(AT + 11 * YEAR);
    for (const today of [day(AT + DAY), "2026-13-77", ""])
      expect(code(() => keeper.confirmTime({ today, by: "engineer" }))).toBe("E_CLI_INPUT");
    expect(leaves).toEqual([]);
    expect(code(() => startAt(AT + 11 * YEAR).keeper.runBatch(0, false))).toBe("E_CLOCK");
    expect(isReadable(rid)).toBe(true);
  });

  it("is asked nothing where it was off for less, or served for a year without a request", () => {
    startAt(AT);
    const { keeper, later } = startAt(AT + 29 * DAY);
    for (let days = 0; days < 400; days += 20) {
      expect(keeper.runBatch(0, false)).toEqual({ erased: 0, held: 0, open: 0 });
      later(20 * DAY);
    }
    expect(startAt(AT + (29 + 400) * DAY).keeper.status().time).toMatchObject({ state: "believed" });
    startAt(AT + (29 + 400) * DAY).keeper.confirmTime({ today: day(AT + (29 + 400) * DAY), by: "engineer" });
    expect(leaves).toEqual([]);
  });
});

describe("a clock that was set back when the gateway begins", () => {
  it("is not believed, and nothing is erased, until it is right or a person says that the store was wrong", () => {
    startAt(AT);
    const { keeper, time } = startAt(AT - 2 * DAY);
    expect(time.standing()).toMatchObject({ kind: "behind", known: AT });
    expect(code(() => keeper.runBatch(0, false))).toBe("E_CLOCK");
    expect(startAt(AT - 3600).keeper.status().time).toEqual({ state: "believed", known: AT, now: AT - 3600 });
    startAt(AT - 2 * DAY).keeper.confirmTime({ today: day(AT - 2 * DAY), by: "engineer" });
    expect(startAt(AT - 2 * DAY).keeper.status().time).toMatchObject({ state: "believed", known: AT - 2 * DAY });
  });

  it("makes nothing older than it is: what was stored meanwhile is kept its years from the newest time that is known", () => {
    startAt(AT);
    startAt(AT - 11 * YEAR);
    const rid = ended(AT - 11 * YEAR);
    const { keeper } = startAt(AT + DAY);
    expect(keeper.runBatch(0, false)).toEqual({ erased: 0, held: 0, open: 0 });
    expect(isReadable(rid)).toBe(true);
    const late = startAt(AT + 10 * YEAR + DAY);
    late.keeper.confirmTime({ today: day(AT + 10 * YEAR + DAY), by: "engineer" });
    expect(late.keeper.runBatch(0, false)).toMatchObject({ erased: 1 });
  });
});
