import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, it, onTestFinished } from "vitest";

import { openSqliteStore } from "../../../gateway/store/sqlite.ts";

const folder = mkdtempSync(join(tmpdir(), "cs-savepoints-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("a savepoint", () => {
  it.runIf(process.platform === "linux")("writes what a savepoint may take back to no other file", () => {
    const store = openSqliteStore(join(folder, "gateway.sqlite"));
    onTestFinished(() => {
      store.close();
    });
    const files = (): readonly string[] =>
      readdirSync("/proc/self/fd").flatMap((fd) => {
        try {
          return [readlinkSync(`/proc/self/fd/${fd}`)];
        } catch {
          return [];
        }
      });
    const long = "x".repeat(1000);
    const nameOf = (i: number): string => `${String(i).padStart(4, "0")}${long}`;
    store.write((tx) => {
      for (let i = 0; i < 600; i++) tx.pause("agent", nameOf(i), 1);
    });
    let during: readonly string[] = [];
    store.write(() => {
      store.write((tx) => {
        for (let i = 0; i < 600; i++) tx.resume("agent", nameOf(i));
        during = files();
      });
    });
    expect(during.some((file) => file.endsWith("gateway.sqlite-wal"))).toBe(true);
    // SQLite's name for a temporary file.
    expect(during.filter((file) => file.includes("etilqs"))).toEqual([]);
  });
});
