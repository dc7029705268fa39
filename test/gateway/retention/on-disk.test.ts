import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterEach, beforeEach, expect, it } from "vitest";

import { makeKeeper } from "../../../gateway/retention/keeper.ts";
import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { crypto } from "../device.ts";
import { added, AT, code } from "../store/contract-fixtures.ts";

/** What an erasure leaves in the files, and an older copy of the keys. */

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cs-erased-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (): string => join(folder, "gateway.sqlite");
const opened = (): Store => openSqliteStore(file(), { onFault: () => undefined });
const keeperOf = (store: Store) =>
  makeKeeper({
    ...{ store, crypto, kid: "k", now: () => AT, randomText: () => "text", years: 10, onErased: () => undefined },
    records: { leaf: () => 0 },
  });

/** Wrapped keys by their names, of a store that nobody has open. */
function keys(): Map<string, Uint8Array> {
  const db = new DatabaseSync(file());
  const rows = db.prepare("SELECT name, wrapped FROM subject_keys UNION SELECT name, wrapped FROM patient_keys").all();
  db.close();
  return new Map(rows.map(({ name, wrapped }) => [String(name), wrapped as Uint8Array]));
}

it("overwrites the keys in the database and in the write-ahead file, and what finds the patient", () => {
  let store = opened();
  const r = added(store, { patient: "Patient/one", jws: "one's" });
  const kept = added(store, { patient: "Patient/two", jws: "two's" });
  store.write((tx) => tx.moveRequest(r.rid, 1, ["open"], "denied", AT));
  store.close();
  const before = keys();
  expect(before.size).toBe(4);
  store = opened();
  expect(keeperOf(store).erase({ patient: "Patient/one" }, { order: "1", by: "dpo" }).keys).toBe(1);
  const bytes = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
  // Not a part of one either: what is shorter is written over the beginning of it.
  const parts = (wrapped: Uint8Array) =>
    Array.from({ length: wrapped.length - 7 }, (_, i) => wrapped.subarray(i, i + 8));
  const found = [...before]
    .filter(([, wrapped]) => parts(wrapped).some((part) => bytes.includes(Buffer.from(part))))
    .map(([name]) => name);
  expect(found).toHaveLength(2);
  expect(found).toContain(`${kept.rid}.1`);
  expect(found).not.toContain(`${r.rid}.1`);
  expect(store.patientKey("Patient/one")).toBeUndefined();
  // Whoever comes back has another key.
  expect(added(store, { patient: "Patient/one", jws: "new" }).rid).not.toBe(r.rid);
  expect(store.patientKey("Patient/one")).toBeDefined();
  expect(code(() => store.request(r.rid, 1)?.jws)).toBe("E_STORE_ERASED");
  store.close();
});

it("leaves the newest events of the feed that anybody is told, as many as were asked for", () => {
  const store = opened();
  const asked = Array.from({ length: 5 }, () => {
    const { rid, dig, jws, aud } = added(store, { patient: "Patient/one" });
    const body = { jws, urgency: "high" };
    store.write((tx) => {
      tx.moveRequest(rid, 1, ["open"], "denied", AT);
      tx.addFeedEvent({ type: "action.pending", body, request: dig, aud: [...aud, "urn:second"], at: AT });
    });
    return { rid, aud };
  });
  for (const i of [1, 4]) keeperOf(store).erase({ rid: asked[i]?.rid ?? "" }, { order: "1", by: "dpo" });
  // SECURITY: who is told from memory would otherwise miss what lies before the newest.
  expect(store.feedNewest(2).map(({ seq }) => seq)).toEqual([3, 4]);
  expect(store.feedNewest(9).map(({ seq }) => seq)).toEqual([1, 3, 4]);
  expect(store.feedNewest(1)[0]?.aud.toSorted()).toEqual([...(asked[3]?.aud ?? []), "urn:second"].toSorted());
  expect(store.feedAfter({ aud: ["urn:second"], sub: "urn:p" }, 0, 9).map(({ seq }) => seq)).toEqual([1, 3, 4]);
  store.close();
});

it("is repeated where an older copy brought the keys back", () => {
  let store = opened();
  const r = added(store, { patient: "Patient/one", jws: "one's" });
  store.write((tx) => tx.moveRequest(r.rid, 1, ["open"], "denied", AT));
  store.close();
  const before = keys();
  store = opened();
  keeperOf(store).erase({ rid: r.rid }, { order: "1", by: "dpo" });
  store.close();
  const db = new DatabaseSync(file());
  for (const [name, wrapped] of before) {
    const back = (table: string) =>
      db.prepare(`UPDATE ${table} SET wrapped = ?, erased_at = NULL WHERE name = ?`).run(wrapped, name);
    for (const table of ["subject_keys", "patient_keys"]) back(table);
  }
  db.close();
  store = opened();
  expect(store.request(r.rid, 1)?.jws).toBe("one's");
  expect(keeperOf(store).repeat()).toBe(1);
  expect(code(() => store.request(r.rid, 1)?.jws)).toBe("E_STORE_ERASED");
  expect(keeperOf(store).repeat()).toBe(0);
  store.close();
});
