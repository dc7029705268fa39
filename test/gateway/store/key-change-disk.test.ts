import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { makeRekeying } from "../../../gateway/store/rekey.ts";
import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { crypto } from "../device.ts";
import { added, AT, code } from "./contract-fixtures.ts";

/** A change of the store's key over a disk that loses what it was given (docs/decisions/0015). */

let folder: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cs-key-disk-"));
  open();
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const file = (): string => join(folder, "gateway.sqlite");
const keyFile = (): string => join(folder, "store.key");
const nextFile = (): string => join(folder, "store-next.key");
const open = (): void => void (store = openSqliteStore(file(), { onFault: () => undefined }));
function reopen(): void {
  store.close();
  open();
}
const step = () =>
  makeRekeying({
    ...{ folder, store, crypto, kid: "k", now: () => AT, most: 2, randomText: () => "random" },
    records: { leaf: () => 0 },
  }).step("engineer");
function change() {
  for (let i = 0; i < 100; i++) {
    const one = step();
    if (one.done) return one;
  }
  throw new Error("it does not end");
}

/** Patients with several revisions, and what is about nobody; what reads all of it. */
function fill() {
  const requests = ["one", "one", "two", "three", undefined].map((who, i) =>
    added(store, { ...(who === undefined ? {} : { patient: `Patient/${who}` }), jws: `text ${String(i)}` }),
  );
  return { read: () => requests.map(({ rid }) => store.request(rid, 1)?.jws) };
}

describe("keys that a failing disk or a hand took from beside the store", () => {
  const stranger = `${Buffer.alloc(32, 7).toString("base64url")}\n`;
  const damages: readonly (readonly [string, () => void])[] = [
    ["gone", () => rmSync(keyFile())],
    ["another one", () => writeFileSync(keyFile(), stranger)],
  ];

  it.each(damages)("no change begins while the present one is %s: both would be in memory alone", (_what, damage) => {
    const { read } = fill();
    const before = read();
    const whole = readFileSync(keyFile());
    damage();
    expect(code(step)).toBe("E_STORE_KEY");
    expect([existsSync(nextFile()), store.keyChange()]).toEqual([false, undefined]);
    writeFileSync(keyFile(), whole);
    change();
    reopen();
    expect(read()).toEqual(before);
  });

  it("a key that is not the store's and lies where the next one would is not put in its place", () => {
    fill();
    const whole = readFileSync(keyFile());
    rmSync(keyFile());
    writeFileSync(nextFile(), stranger);
    expect(code(step)).toBe("E_STORE_KEY");
    expect(existsSync(keyFile())).toBe(false);
    writeFileSync(keyFile(), whole);
  });

  const nextDamages: readonly (readonly [string, () => void])[] = [
    ["gone", () => rmSync(nextFile())],
    ["another one", () => writeFileSync(nextFile(), stranger)],
    ["cut off", () => writeFileSync(nextFile(), "AAAA")],
  ];
  it.each(nextDamages)(
    "the next one is %s in the middle: nothing more is wrapped with it, the one of before stays, and with it back the change goes on",
    (_what, damage) => {
      const { read } = fill();
      const before = read();
      step();
      step();
      const whole = readFileSync(nextFile());
      const [old, wrapped] = [readFileSync(keyFile(), "utf8"), store.keyChange()];
      damage();
      for (let i = 0; i < 20; i++) expect(code(step)).toBe("E_STORE_KEY");
      expect([readFileSync(keyFile(), "utf8"), store.keyChange(), store.fault()]).toEqual([old, wrapped, undefined]);
      expect(read()).toEqual(before);
      writeFileSync(nextFile(), whole);
      change();
      reopen();
      expect(read()).toEqual(before);
    },
  );

  it("the one of before is gone in the middle: the change ends, since nothing needs it from then on", () => {
    const { read } = fill();
    const before = read();
    step();
    rmSync(keyFile());
    expect(change()).toMatchObject({ done: true, was: "?" });
    reopen();
    expect(read()).toEqual(before);
  });
});

it("a known time that is no number is damage, and not a time that anything is believed by", () => {
  store.write((tx) => tx.keepTime(AT));
  store.close();
  const db = new DatabaseSync(file());
  db.exec("UPDATE meta SET value = '17900:0000' WHERE name = 'known_time'");
  db.close();
  open();
  expect(code(() => store.knownTime())).toBe("E_STORE_CORRUPT");
});
