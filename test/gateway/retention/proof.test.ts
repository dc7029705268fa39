import { DatabaseSync } from "node:sqlite";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { dig } from "#shared/protocol/digest.ts";
import type { ItemVerdict } from "#shared/protocol/evidence/verify-item.ts";
import { verifyItem } from "#shared/protocol/evidence/verify-item.ts";
import type { HistoryItem } from "#shared/reports/items.ts";

import { auditLog } from "../../../gateway/audit/self-audit.ts";
import { makeKeeper, type Keeper } from "../../../gateway/retention/keeper.ts";
import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import { crypto } from "../device.ts";
import { code } from "../store/contract-fixtures.ts";
import { TO_VERSION_10 } from "../store/version-10.ts";
import { ask, makeWard, type Ward } from "../reports/ward.ts";

/** What a gateway hands over with a row that it erased shows that its log ordered it (docs/decisions/0016). */

let ward: Ward;
beforeEach(async () => {
  ward = await makeWard();
});
afterEach(() => {
  ward.world.close();
});

const ORDER = { order: "2026/17 about Gareth Evans", by: "the data protection officer" };

function keeper(now = ward.world.now): Keeper {
  const { store, records } = ward.world.core;
  const randomText = (bytes: number): string =>
    globalThis.crypto.getRandomValues(Buffer.alloc(bytes)).toString("base64url");
  const onErased = (): void => void ward.world.core.events.emit("erased");
  return makeKeeper({ store, records, crypto, kid: ward.world.signer.kid, now, randomText, years: 10, onErased });
}

/** Rows that the auditor is told were erased; with a checkpoint over all that was written. */
function erasedRows(): readonly HistoryItem[] {
  ward.world.clock.advance(1000);
  const { items } = ask(ward, ward.people.auditor, "history", {});
  return items.filter(({ withheld }) => withheld?.reason === "erased");
}

function judge(item: HistoryItem | undefined): ItemVerdict {
  const { authority, core, now } = ward.world;
  const pins = { directory: authority.directory.jwk, gateways: [core.credential], templates: [], status: [] };
  return verifyItem(item, { ...pins, now: now() }, crypto, { builtinTemplates });
}

describe("an erased row of the history", () => {
  it("comes with the log's entry, and with nothing of the order, of who gave it or of what else was erased", () => {
    keeper().erase({ rid: ward.denied }, ORDER);
    const [row] = erasedRows();
    expect(judge(row)).toMatchObject({ code: "E_STORE_ERASED", outcome: "denied", erasure: { why: "order" } });
    expect(JSON.parse(row?.withheld?.erasure?.entry ?? "")).toMatchObject({ t: "config", out: "erased" });
    expect(JSON.stringify(row)).not.toMatch(/Gareth|2026\/17|data protection/);
  });

  it("is proven in a whole round of retention, each row by itself and none by another's proof", () => {
    const later = (): number => ward.world.now() + Math.ceil(11 * 365.25 * 24 * 3600);
    keeper(later).runBatch(0, false);
    const rows = erasedRows();
    expect(rows.length).toBeGreaterThan(1);
    const records = rows.map(({ withheld }) => withheld?.erasure?.covers?.record);
    expect(new Set(records).size).toBe(1);
    for (const row of rows) {
      expect(judge(row)).toMatchObject({ code: "E_STORE_ERASED", erasure: { why: "retention" } });
      const others = rows.filter((other) => other !== row);
      for (const { rid } of others) expect(JSON.stringify(row)).not.toContain(rid);
      const { withheld } = row;
      const [stranger] = others;
      if (withheld === undefined || stranger?.withheld === undefined) throw new Error("not erased");
      const swapped = { ...row, withheld: { ...withheld, erasure: stranger.withheld.erasure } };
      expect(judge(swapped)).toMatchObject({ kind: "not_valid", step: "erasure", code: "E_LOG_ERASURE" });
    }
  });

  it("waits for the checkpoint that signs for it, and says so", () => {
    ward.world.clock.advance(1000);
    keeper().erase({ rid: ward.denied }, ORDER);
    const { items } = ask(ward, ward.people.auditor, "history", { filter: { states: ["denied"] } });
    const row = items.find(({ rid }) => rid === ward.denied);
    expect(judge(row)).toMatchObject({ kind: "cannot_check", step: "erasure logged", code: "E_LOG_PENDING" });
  });
});

describe("what was erased before records had a list", () => {
  it("is recorded anew by the update, under the time of that, and then proved as any other", () => {
    const { core, now, signer } = ward.world;
    core.store.write((tx) => {
      const keys = tx.subjectKeys({ rid: ward.denied });
      const said = { why: "order", ...ORDER, keys: keys.map(({ name }) => name), nonce: "n" };
      const text = JSON.stringify({ format: "countersign-erasure/1", at: now(), ...said });
      const record = dig(crypto, text);
      tx.publish(record, "erasure", text, now());
      core.records.leaf(tx, { t: "config", obj: record, kid: signer.kid });
      tx.eraseKeys(
        keys.map((key) => ({ ...key, place: { salt: "", index: 0, path: [] } })),
        now(),
        record,
      );
    });
    ward.world.reopen({}, toVersion8);
    expect(keeper().repeat()).toBe(0);
    const [unshown] = erasedRows();
    expect(judge(unshown)).toMatchObject({ kind: "cannot_check", step: "erasure", code: "E_STORE_ERASED_UNSHOWN" });
    ward.world.clock.advance(5000);
    const at = now();
    expect([keeper().restate(), keeper().restate()]).toEqual([1, 0]);
    const [row] = erasedRows();
    expect(row?.withheld?.at).toBe(at);
    expect(row?.withheld).toMatchObject({ reason: "erased", erasure: { proof: expect.any(String) as string } });
    expect(JSON.stringify(row)).not.toMatch(/Gareth|2026\/17|data protection/);
    expect(judge(row)).toMatchObject({
      kind: "cannot_check",
      code: "E_STORE_ERASED",
      erasure: { at, why: "restated" },
    });
    // What it was erased at is still what an agent is told, and the next start finds it sound.
    expect(code(() => ward.world.core.store.request(ward.denied, 1)?.jws)).toBe("E_STORE_ERASED");
    ward.world.reopen({}, (file) => expect(audit(file)).toBe("no error"));
  });
});

describe("the audit of a start", () => {
  it("takes what the log ordered, and nothing that has another's word for it", () => {
    for (const rid of [ward.other, ward.denied]) keeper().erase({ rid }, ORDER);
    ward.world.reopen({}, (file) => {
      for (const column of ["place", "record"]) {
        const put = exchange(file, column, ward.denied);
        const value = put(`(SELECT ${column} FROM subject_keys WHERE rid = '${ward.other}')`);
        expect(audit(file), column).toBe("E_STORE_CORRUPT");
        put("?", value);
        expect(audit(file), column).toBe("no error");
      }
    });
    expect(erasedRows()).toHaveLength(2);
  });
});

/** What the audit of a start says of the store. */
function audit(file: string): string {
  const store = openSqliteStore(file);
  try {
    return code(() => auditLog(crypto, store, { vkey: ward.world.registration.log.vkey, notes: [] }));
  } finally {
    store.close();
  }
}

/** Sets a column of the key of a request; gives what was there. */
const exchange =
  (file: string, column: string, rid: string) =>
  (to: string, ...values: readonly string[]): string => {
    const db = new DatabaseSync(file);
    const before = String(db.prepare(`SELECT ${column} AS was FROM subject_keys WHERE rid = ?`).get(rid)?.["was"]);
    db.prepare(`UPDATE subject_keys SET ${column} = ${to} WHERE rid = ?`).run(...values, rid);
    db.close();
    return before;
  };

/** As the version before left it. */
function toVersion8(file: string): void {
  const db = new DatabaseSync(file);
  db.exec(TO_VERSION_10);
  db.exec("ALTER TABLE subject_keys DROP COLUMN place; DROP TABLE key_change; PRAGMA user_version = 8");
  db.close();
}
