import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { added, code } from "./contract-fixtures.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cs-store-key-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (): string => join(folder, "gateway.sqlite");
const opened = (): Store => openSqliteStore(file(), { onFault: () => undefined });

describe("the store's key", () => {
  it("is made with the first opening, for its owner alone, and is not in the database", () => {
    opened().close();
    const key = readFileSync(join(folder, "store.key"), "latin1").trim();
    expect(Buffer.from(key, "base64url")).toHaveLength(32);
    const database = readFileSync(file());
    expect(database.includes(key)).toBe(false);
    expect(database.includes(Buffer.from(key, "base64url"))).toBe(false);
  });

  it("is never made anew beside a store that another one sealed, and another one is refused", () => {
    const store = opened();
    const { rid } = added(store);
    store.close();
    renameSync(join(folder, "store.key"), join(folder, "kept"));
    expect(code(opened)).toBe("E_STORE_KEY");
    expect(readdirSync(folder)).not.toContain("store.key");
    writeFileSync(join(folder, "store.key"), Buffer.alloc(32, 1).toString("base64url"));
    expect(code(opened)).toBe("E_STORE_KEY");
    writeFileSync(join(folder, "store.key"), "short");
    expect(code(opened)).toBe("E_STORE_KEY");
    renameSync(join(folder, "kept"), join(folder, "store.key"));
    const again = opened();
    expect(again.request(rid, 1)?.jws).toBe("h.p.s");
    again.close();
  });
});
