import { spawnSync } from "node:child_process";
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterAll, describe, expect, it } from "vitest";

import { CountersignError } from "#shared/protocol/error.ts";

import { openDatabase } from "../../../gateway/store/sqlite/database.ts";
import { MIGRATIONS } from "../../../gateway/store/sqlite/schema.ts";
import { makeSqliteStore } from "../../../gateway/store/sqlite/transaction.ts";
import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { storeContract } from "./contract.ts";

const root = mkdtempSync(join(tmpdir(), "cs-store-"));
const opened: Store[] = [];
let n = 0;
const freshPath = (): string => join(root, String(n++), "gateway.sqlite");
const open = (path: string): Store => {
  const store = openSqliteStore(path, { onFault: () => undefined });
  opened.push(store);
  return store;
};
const refusal = (act: () => unknown): { code: unknown; message: string } => {
  try {
    act();
  } catch (error) {
    if (error instanceof Error && "code" in error) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: "no error", message: "" };
};

afterAll(() => {
  for (const store of opened) store.close();
  rmSync(root, { recursive: true, force: true });
});

storeContract("sqlite", () => {
  const path = freshPath();
  const store = open(path);
  return {
    store,
    reopen() {
      store.close();
      return open(path);
    },
  };
});

describe("opening a data folder", () => {
  it("gives WAL and synchronous=FULL on a new and on a reopened file", () => {
    const path = freshPath();
    for (let i = 0; i < 2; i++) {
      const db = openDatabase(path, { access: "alone", migrations: MIGRATIONS });
      expect(db.prepare("PRAGMA synchronous").get()?.["synchronous"]).toBe(2);
      expect(db.prepare("PRAGMA journal_mode").get()?.["journal_mode"]).toBe("wal");
      db.close();
    }
  });

  it("refuses a second opener, says who must stop, and lets the next one in after the first closed", () => {
    const path = freshPath();
    const first = open(path);
    expect(refusal(() => openSqliteStore(path))).toMatchObject({ code: "E_STORE_LOCKED" });
    expect(refusal(() => openSqliteStore(path)).message).toContain("Stop it first");
    first.close();
    open(path);
  });

  it("takes a log of version 1 over with every hash and name", () => {
    const path = freshPath();
    const size = 11;
    const hashOf = (level: number, i: number) => new Uint8Array(32).fill(level * 16 + i);
    const old = openDatabase(path, { access: "alone", migrations: MIGRATIONS.slice(0, 1) });
    const leaf = old.prepare("INSERT INTO leaves (idx, entry, hash, obj, type) VALUES (?, 'e', ?, ?, 'request')");
    for (let i = 0; i < size; i++) leaf.run(i, hashOf(0, i), `o${String(i)}`);
    const node = old.prepare("INSERT INTO tree_nodes (level, idx, hash) VALUES (?,?,?)");
    for (let level = 1; level < 4; level++)
      for (let i = 0; (i + 1) * 2 ** level <= size; i++) node.run(level, i, hashOf(level, i));
    old.exec("INSERT INTO checkpoints (size, root, note, at) VALUES (7, x'00', 'note', 1)");
    old.close();
    const store = open(path);
    for (let level = 0; level < 5; level++)
      for (let i = 0; i < size; i++) {
        const there = (i + 1) * 2 ** level <= size;
        expect(store.treeNode(level, i)).toEqual(there ? hashOf(level, i) : undefined);
      }
    for (let i = 0; i < size; i++) {
      expect([store.leafOf(`o${String(i)}`)?.index, store.leafByHash(hashOf(0, i))?.index]).toEqual([i, i]);
    }
  });

  it("refuses a newer schema without touching it", () => {
    const path = freshPath();
    open(path).close();
    const db = new DatabaseSync(path);
    db.exec("PRAGMA user_version = 999");
    db.close();
    const said = refusal(() => openSqliteStore(path));
    expect(said.code).toBe("E_STORE_NEWER");
    expect(said.message).toContain("999");
    const after = new DatabaseSync(path);
    expect(after.prepare("PRAGMA user_version").get()?.["user_version"]).toBe(999);
    after.close();
  });

  it("refuses a file that is no database", () => {
    const path = freshPath();
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, "not a database, and long enough to be read as one".repeat(40));
    expect(refusal(() => openSqliteStore(path)).code).toBe("E_STORE_CORRUPT");
  });

  it("D4 refuses a file with a damaged page that nothing would read at the start, and says what to do", () => {
    const path = freshPath();
    const store = open(path);
    store.write((tx) => tx.publish("sha-256:a", "policy", "x".repeat(100), 1));
    store.close();
    const db = new DatabaseSync(path);
    const page = Number(db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'published'").get()?.["rootpage"]);
    const size = Number(db.prepare("PRAGMA page_size").get()?.["page_size"]);
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    db.close();
    const file = openSync(path, "r+");
    // The place of its first cell (https://www.sqlite.org/fileformat2.html#b_tree_pages), outside of the page.
    writeSync(file, Buffer.from([0xff, 0xff]), 0, 2, (page - 1) * size + 8);
    closeSync(file);
    const said = refusal(() => open(path));
    expect(said.code).toBe("E_STORE_CORRUPT");
    expect(said.message).toMatch(/is damaged or not a database of this program.* Restore a backup/);
  });

  it("refuses a folder that it may not write to", () => {
    const folder = join(root, "read-only");
    mkdirSync(folder);
    chmodSync(folder, 0o555);
    if (process.getuid?.() !== 0) {
      expect(refusal(() => openSqliteStore(join(folder, "g.sqlite"))).code).toBe("E_STORE_READONLY");
      return;
    }
    // Root may write anywhere: a child that gave root up does the opening.
    chmodSync(root, 0o755);
    const child = spawnSync(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `process.chdir("/"); process.setgid(65534); process.setuid(65534);
         const { openSqliteStore } = await import(${JSON.stringify(new URL("../../../gateway/store/sqlite.ts", import.meta.url).href)});
         try { openSqliteStore(${JSON.stringify(join(folder, "g.sqlite"))}); console.log("opened"); }
         catch (e) { console.log(e.code); }`,
      ],
      { encoding: "utf8" },
    );
    expect(child.stdout.trim(), child.stderr).toBe("E_STORE_READONLY");
  });

  it("refuses a network share", () => {
    const said = refusal(() =>
      openDatabase(freshPath(), { access: "alone", migrations: MIGRATIONS, fileSystemType: () => 0x6969 }),
    );
    expect(said.code).toBe("E_STORE_READONLY");
    expect(said.message).toContain("network share");
  });

  it("leaves the old schema when a migration fails half way", () => {
    const path = freshPath();
    openDatabase(path, { access: "alone", migrations: ["CREATE TABLE one (x)"] }).close();
    const steps = ["CREATE TABLE one (x)", "CREATE TABLE two (x)", "CREATE TABLE nonsense ("];
    expect(() => openDatabase(path, { access: "alone", migrations: steps })).toThrow();
    const db = openDatabase(path, { access: "alone", migrations: ["CREATE TABLE one (x)"] });
    expect(
      db
        .prepare("SELECT name FROM sqlite_master")
        .all()
        .map((row) => row["name"]),
    ).toEqual(["one"]);
    db.close();
  });

  it("counts how often an operation was asked from its index alone, whatever an agent repeats", () => {
    const db = openDatabase(freshPath(), { access: "alone", migrations: MIGRATIONS });
    const plan = db
      .prepare("EXPLAIN QUERY PLAN SELECT COUNT(DISTINCT rid), MAX(changed_at) FROM requests WHERE op_dig = ?")
      .all("d")
      .map((row) => row["detail"]);
    db.close();
    expect(plan).toContain("SEARCH requests USING COVERING INDEX requests_op (op_dig=?)");
  });

  it("reports a full disk as such, keeps what was acknowledged and goes on once there is room", () => {
    const db = openDatabase(freshPath(), { access: "alone", migrations: MIGRATIONS });
    const pages = Number(db.prepare("PRAGMA page_count").get()?.["page_count"]);
    db.exec(`PRAGMA max_page_count = ${String(pages + 4)}`);
    const store = makeSqliteStore(db, {
      newEpoch: () => "e1",
      newKey: () => new Uint8Array(32),
      onFault: () => undefined,
    });
    opened.push(store);
    const publish = (i: number): boolean =>
      store.write((tx) => tx.publish(`d${String(i)}`, "policy", "x".repeat(2000), 0));
    let acknowledged = 0;
    const said = refusal(() => {
      for (; acknowledged < 1000; acknowledged++) publish(acknowledged);
    });
    expect(said.code).toBe("E_STORE_FULL");
    expect(acknowledged).toBeGreaterThan(0);
    for (let i = 0; i < acknowledged; i++) expect(store.published(`d${String(i)}`)?.kind).toBe("policy");
    expect(store.published(`d${String(acknowledged)}`)).toBeUndefined();
    db.exec(`PRAGMA max_page_count = ${String(pages + 100)}`);
    expect(publish(acknowledged)).toBe(true);
  });

  it("keeps nothing of a group whose transaction ended inside one of its savepoints", () => {
    const db = openDatabase(freshPath(), { access: "alone", migrations: MIGRATIONS });
    const store = makeSqliteStore(db, {
      newEpoch: () => "e1",
      newKey: () => new Uint8Array(32),
      onFault: () => undefined,
    });
    opened.push(store);
    const publish = (name: string) => store.write((tx) => tx.publish(name, "policy", "{}", 0));
    const said = refusal(() =>
      store.write(() => {
        publish("before");
        refusal(() =>
          store.write(() => {
            // As SQLite itself does on a full disk or a failed write (https://www.sqlite.org/lang_transaction.html).
            db.exec("ROLLBACK");
            throw new CountersignError("E_STORE_FULL");
          }),
        );
        expect(refusal(() => publish("after")).code).toBe("E_STORE_FULL");
      }),
    );
    expect(said.code).toBe("E_STORE_FULL");
    expect([store.published("before"), store.published("after")]).toEqual([undefined, undefined]);
    expect(publish("later")).toBe(true);
  });

  it("acknowledges nothing more after the disk failed under it, and says so", () => {
    const path = freshPath();
    const db = openDatabase(path, { access: "alone", migrations: MIGRATIONS });
    const store = makeSqliteStore(db, {
      newEpoch: () => "e1",
      newKey: () => new Uint8Array(32),
      onFault: () => undefined,
    });
    opened.push(store);
    store.write((tx) => tx.publish("before", "policy", "{}", 0));
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    // The page of the table's root, overwritten as a failing disk would.
    const root = Number(db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'published'").get()?.["rootpage"]);
    const size = Number(db.prepare("PRAGMA page_size").get()?.["page_size"]);
    const file = openSync(path, "r+");
    writeSync(file, new Uint8Array(size).fill(0xa5), 0, size, (root - 1) * size);
    closeSync(file);
    db.exec("PRAGMA shrink_memory");
    expect(store.fault()).toBeUndefined();
    const failed = refusal(() => store.write((tx) => tx.publish("after", "policy", "{}", 0)));
    expect(failed.code).toBe("E_STORE_CORRUPT");
    expect(store.fault()?.code).toBe("E_STORE_CORRUPT");
    expect(refusal(() => store.write((tx) => tx.setChainHead("k", { n: 1, prev: "p" }))).code).toBe("E_STORE_CORRUPT");
    expect(store.chainHead("k")).toBeUndefined();
  });
});
