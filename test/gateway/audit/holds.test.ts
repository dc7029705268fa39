import { readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

import { afterEach, beforeEach, expect, it } from "vitest";

import { auditLog } from "../../../gateway/audit/self-audit.ts";
import { makeKeeper, type Keeper } from "../../../gateway/retention/keeper.ts";
import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import { crypto } from "../device.ts";
import { makeWard, type Ward } from "../reports/ward.ts";
import { code } from "../store/contract-fixtures.ts";
import { PATIENT } from "../world.ts";

/** A legal hold that somebody at the database took away is found before anything of it can be erased. */

const SAID = { reason: "file 4711", by: "legal" };

let ward: Ward;
beforeEach(async () => {
  ward = await makeWard();
});
afterEach(() => ward.world.close());

function keeper(): Keeper {
  const { store, records } = ward.world.core;
  const randomText = (bytes: number): string =>
    globalThis.crypto.getRandomValues(Buffer.alloc(bytes)).toString("base64url");
  const { now, signer } = ward.world;
  const job = { years: 10, onErased: () => undefined };
  return makeKeeper({ store, records, crypto, kid: signer.kid, now, randomText, ...job });
}

/** What the audit of a start says after each change was made to the closed database, each by itself. */
function auditAfter(changes: readonly string[]): string[] {
  const said: string[] = [];
  ward.world.reopen({}, (file) => {
    const audit = (): string => {
      const store = openSqliteStore(file);
      try {
        return code(() => auditLog(crypto, store, { vkey: ward.world.registration.log.vkey, notes: [] }));
      } finally {
        store.close();
      }
    };
    expect(audit()).toBe("no error");
    const sound = readFileSync(file);
    for (const change of changes) {
      const db = new DatabaseSync(file);
      db.exec(change);
      db.close();
      said.push(audit());
      writeFileSync(file, sound);
    }
  });
  return said;
}

it("a hold that was deleted, released, put on something else or renamed is damage", () => {
  const other = keeper().hold({ rid: ward.other }, SAID);
  keeper().hold({ rid: ward.denied }, SAID);
  keeper().hold({ patient: PATIENT }, SAID);
  keeper().hold({ patient: "Patient/somebody-else" }, SAID);
  keeper().release(other, SAID);
  const ofOther = `(SELECT released FROM holds WHERE name = '${other}')`;
  const standing = `rid = '${ward.denied}'`;
  const changes = [
    `DELETE FROM holds WHERE ${standing}`,
    `UPDATE holds SET released_at = 9, released = 'sha-256:none' WHERE ${standing}`,
    `UPDATE holds SET released_at = 9 WHERE ${standing}`,
    `UPDATE holds SET released_at = 9, released = ${ofOther} WHERE ${standing}`,
    `UPDATE holds SET rid = '${ward.approved}' WHERE ${standing}`,
    `UPDATE holds SET rid = NULL, patient = 1 WHERE ${standing}`,
    `UPDATE holds SET name = 'another' WHERE ${standing}`,
    `UPDATE holds SET patient = (SELECT MAX(patient) FROM holds) WHERE patient IS NOT NULL`,
    `UPDATE holds SET record = (SELECT record FROM holds WHERE name = '${other}') WHERE ${standing}`,
  ];
  expect(auditAfter(changes)).toEqual(changes.map(() => "E_STORE_CORRUPT"));
});

it("holds that stand, were released, and whose records were erased afterwards are as the log has them", () => {
  const name = keeper().hold({ patient: PATIENT }, SAID);
  keeper().hold({ rid: ward.other }, SAID);
  keeper().release(name, SAID);
  keeper().erase({ rid: ward.denied }, { order: "1", by: "dpo" });
  expect(auditAfter(["UPDATE holds SET at = at"])).toEqual(["no error"]);
});
