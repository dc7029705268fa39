import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StatementSync } from "node:sqlite";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import type { Store, StoreTx } from "../../../gateway/store/store.ts";
import { AT } from "./contract-fixtures.ts";

let folder: string;
let store: Store;
const open = (): Store => (store = openSqliteStore(join(folder, "gateway.sqlite")));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cs-held-"));
  open();
});
afterEach(() => {
  vi.restoreAllMocks();
  store.close();
  rmSync(folder, { recursive: true });
});

const event = (tx: StoreTx, at = AT): number => tx.addFeedEvent({ type: "t", body: {}, aud: ["urn:p"], at });
const sign = (tx: StoreTx, size: number): void => {
  tx.addCheckpoint({ size, root: new Uint8Array(32), note: `of ${String(size)}`, at: AT });
};
/** What every connection and every decision asks. */
const asked = (): readonly unknown[] => [
  ...[store.feedHead(), store.feedPrunedTo(), store.newestCheckpoint()?.note],
  ...["k1", "k2", "k3"].map((kid) => store.keyStanding(kid)?.standing),
];
/** Everything of it becomes another. */
function change(tx: StoreTx): void {
  tx.pruneFeed(event(tx) + AT, 0);
  sign(tx, 5);
  tx.stopKey("k1", "revoked", "r", AT);
  tx.liftKey("k2");
  tx.stopKey("k3", "suspended", "r", AT);
}
function begin(): void {
  store.write((tx) => {
    event(tx);
    sign(tx, 3);
    for (const kid of ["k1", "k2"]) tx.stopKey(kid, "suspended", "r", AT);
  });
}
const BEFORE = [1, 0, "of 3", "suspended", "suspended", undefined];
const AFTER = [2, 2, "of 5", "revoked", undefined, "suspended"];

describe("what every connection asks", () => {
  it("is told from memory: thousands may come back at once (reliability.md R11)", () => {
    begin();
    expect(asked()).toEqual(BEFORE);
    const statements = (["get", "all"] as const).map((name) => vi.spyOn(StatementSync.prototype, name));
    expect(asked()).toEqual(BEFORE);
    for (const statement of statements) expect(statement).not.toHaveBeenCalled();
    expect(store.chainHead("k1")).toBeUndefined();
    expect(statements[0]).toHaveBeenCalledOnce();
  });

  it("is what was stored last, and the same after the next opening", () => {
    begin();
    asked();
    store.write(change);
    expect(asked()).toEqual(AFTER);
    store.close();
    open();
    expect(asked()).toEqual(AFTER);
  });

  it("is what was there before a transaction that was rolled back, whenever it was asked", () => {
    begin();
    asked();
    const lost = (): unknown =>
      store.write((tx) => {
        change(tx);
        expect(asked()).toEqual(AFTER);
        throw new Error("rolled back");
      });
    expect(lost).toThrow("rolled back");
    expect(asked()).toEqual(BEFORE);
  });

  it("is what was there before a savepoint that was rolled back, while its transaction goes on", () => {
    begin();
    store.write(() => {
      const lost = (): unknown =>
        store.write((tx) => {
          change(tx);
          expect(asked()).toEqual(AFTER);
          throw new Error("rolled back");
        });
      expect(lost).toThrow("rolled back");
      expect(asked()).toEqual(BEFORE);
    });
    expect(asked()).toEqual(BEFORE);
  });

  it("follows a savepoint that went well inside one that did not", () => {
    begin();
    store.write(() => {
      expect(() =>
        store.write(() => {
          store.write(change);
          throw new Error("rolled back");
        }),
      ).toThrow("rolled back");
      expect(asked()).toEqual(BEFORE);
      store.write(change);
    });
    expect(asked()).toEqual(AFTER);
  });
});
