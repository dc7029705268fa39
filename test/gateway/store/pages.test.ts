import { mkdtempSync, openSync, closeSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";

import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import { openDatabase } from "../../../gateway/store/sqlite/database.ts";
import { pagesOf } from "../../../gateway/store/sqlite/pages.ts";
import { MIGRATIONS } from "../../../gateway/store/sqlite/schema.ts";
import { makeSql } from "../../../gateway/store/sqlite/sql.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { code } from "./contract-fixtures.ts";

/** SQLite's look at its pages by a process of its own, beside the one that holds the store (docs/decisions/0018). */

let folder: string;
let file: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cs-pages-"));
  file = join(folder, "gateway.sqlite");
  store = openSqliteStore(file);
  fill(40);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const stay = new AbortController().signal;
let n = 0;
function fill(rows: number, bytes = 2000): void {
  store.write((tx) => {
    for (let i = 0; i < rows; i++) tx.publish(`sha-256:${String(n++)}`, "policy", "x".repeat(bytes), 1);
  });
}

/** The last page of the file is nonsense, as a disk leaves it; SQLite reads it anew. */
function damagePages(): void {
  store.close();
  const handle = openSync(file, "r+");
  writeSync(handle, Buffer.alloc(64, 0xa5), 0, 64, statSync(file).size - 4096);
  closeSync(handle);
  store = openSqliteStore(file, { pagesLater: true });
}

describe("pages looked at beside", () => {
  it("are sound, while what is written meanwhile stays out of the file and is kept", async () => {
    const looking = store.checkPagesBeside(systemClock, stay);
    const before = readFileSync(file);
    fill(3);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(await looking).toBe("sound");
    const last = `sha-256:${String(n - 1)}`;
    store.close();
    store = openSqliteStore(file);
    expect(store.published(last)).toBeDefined();
  });

  it("are damaged where SQLite cannot read them, and the opening that leaves them for later does not see it", async () => {
    damagePages();
    expect(await store.checkPagesBeside(systemClock, stay)).toBe("damaged");
    expect(code(() => store.checkPages())).toBe("E_STORE_CORRUPT");
    store.close();
    expect(code(() => openSqliteStore(file))).toBe("E_STORE_CORRUPT");
  });

  it("are not known where the file was written to meanwhile: what was read may be of two moments", async () => {
    const looking = store.checkPagesBeside(systemClock, stay);
    fill(1);
    store.close();
    store = openSqliteStore(file);
    expect(await looking).toBe("unsure");
  });

  it("are left at once when asked to, and the file takes what was written from then on", async () => {
    const stop = new AbortController();
    const looking = store.checkPagesBeside(systemClock, stop.signal);
    stop.abort();
    expect(await looking).toBe("unsure");
    const before = statSync(file).size;
    fill(1200, 4000);
    fill(1);
    expect(statSync(file).size).toBeGreaterThan(before);
  });

  it("are not known where the write-ahead file cannot be taken over just now, which is no damage", async () => {
    store.close();
    const db = openDatabase(file, { access: "alone", migrations: MIGRATIONS });
    onTestFinished(() => db.close());
    const reader = db.prepare("SELECT dig FROM published").iterate();
    reader.next();
    expect(await pagesOf(db, makeSql(db)).checkPagesBeside(systemClock, stay)).toBe("unsure");
    reader.return?.();
    expect(await pagesOf(db, makeSql(db)).checkPagesBeside(systemClock, stay)).toBe("sound");
  });

  it("are left when the write-ahead file grows beyond what a commit can take over", async () => {
    let asked = 0;
    const after = (_ms: number, look: () => void) => {
      if (asked++ === 0) fill(4500, 4000);
      look();
      return () => undefined;
    };
    const looking = store.checkPagesBeside({ ...systemClock, after }, stay);
    expect(statSync(`${file}-wal`).size).toBeGreaterThan(16 * 1024 * 1024);
    expect(await looking).toBe("unsure");
  });
});
