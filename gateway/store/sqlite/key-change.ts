import { randomBytes } from "node:crypto";

import { CountersignError } from "#shared/protocol/error.ts";

import type { KeyChangeReads, KeyChangeWrites } from "../key-change.ts";
import { KEY_BYTES, openBytes, sealBytes, takeKey } from "../seal/cipher.ts";
import { patientPlace, subjectPlace } from "./keyring.ts";
import { cutWriteAhead, markWriteAhead } from "./retention.ts";
import type { Row, Sql } from "./sql.ts";
import type { StoreKeys } from "./store-keys.ts";

/** Rows looked at for each key that is wrapped: most keys are below a patient's, and passed over. */
const LOOKED_AT = 20;

export interface KeyChangeAround {
  /** Writes anew what else the store's key seals. */
  readonly sealAnew: () => void;
  /** No key that was unwrapped is kept: patients have others. */
  readonly forget: () => void;
  readonly afterCommit: (fn: () => void) => void;
}

export function keyChangeOf(sql: Sql, keys: StoreKeys, around: KeyChangeAround): KeyChangeReads & KeyChangeWrites {
  const { sealAnew, forget, afterCommit } = around;

  /**
   * A patient gets another key, and what is below it is wrapped with that. SECURITY: the old one was there for whoever had
   * the store's key and a copy of the database, and would open what comes. Returns how many were wrapped.
   */
  function patient(row: Row): number {
    const [id, name] = [row.int("id"), row.text("name")];
    const old = takeOld(patientPlace(name), row.bytes("wrapped"));
    if (old === undefined) return 0;
    const below = sql.all("SELECT id, name, wrapped FROM subject_keys WHERE patient = ? AND wrapped IS NOT NULL", id);
    const fresh = randomBytes(KEY_BYTES);
    sql.run("UPDATE patient_keys SET wrapped = ? WHERE id = ?", keys.wrap(patientPlace(name), fresh), id);
    const [from, to] = [takeKey(old), takeKey(fresh)];
    for (const one of below) {
      const place = subjectPlace(one.text("name"));
      rewrite(one, (wrapped) => sealBytes(to, place, openBytes(from, place, wrapped)));
    }
    return below.length + 1;
  }

  function alone(row: Row): number {
    const place = subjectPlace(row.text("name"));
    const key = takeOld(place, row.bytes("wrapped"));
    if (key === undefined) return 0;
    rewrite(row, () => keys.wrap(place, key));
    key.fill(0);
    return 1;
  }

  function rewrite(row: Row, anew: (wrapped: Uint8Array) => Buffer): void {
    sql.run("UPDATE subject_keys SET wrapped = ? WHERE id = ?", anew(row.bytes("wrapped")), row.int("id"));
  }

  /** Undefined for what was made since the change began. */
  function takeOld(place: string, wrapped: Uint8Array): Buffer | undefined {
    const old = keys.unwrapOld(place, wrapped);
    if (old === undefined) keys.unwrap(place, wrapped).fill(0);
    return old;
  }

  const stages = [
    { table: "patient_keys", which: "wrapped IS NOT NULL", wrap: patient },
    { table: "subject_keys", which: "wrapped IS NOT NULL AND patient IS NULL", wrap: alone },
  ] as const;

  return {
    keyChange() {
      const row = sql.get("SELECT wrapped FROM key_change");
      return row && { wrapped: row.int("wrapped") };
    },
    isStoreKey: (key) => keys.is(key),
    isNextKey: (key) => keys.isNext(key),
    beginKeyChange: (next) => keys.begin(next),
    wrapAnew(most) {
      const begun = sql.one("SELECT stage, done, wrapped FROM key_change");
      let [stage, done, wrapped] = [begun.int("stage"), begun.int("done"), 0];
      for (let looked = 0; wrapped < most && looked < most * LOOKED_AT; looked += most) {
        const at = stages[stage];
        if (at === undefined) break;
        const { table, which, wrap } = at;
        const upto = done + most;
        for (const row of sql.all(
          `SELECT * FROM ${table} WHERE id > ? AND id <= ? AND ${which} ORDER BY id`,
          done,
          upto,
        )) {
          wrapped += wrap(row);
          done = row.int("id");
          if (wrapped >= most) break;
        }
        if (wrapped >= most) break;
        done = upto;
        if (done < sql.one(`SELECT COALESCE(MAX(id), 0) AS id FROM ${table}`).int("id")) continue;
        stage++;
        done = 0;
      }
      sql.run("UPDATE key_change SET stage = ?, done = ?, wrapped = wrapped + ?", stage, done, wrapped);
      forget();
      return stages[stage] !== undefined;
    },
    endKeyChange() {
      if (stages[sql.one("SELECT stage FROM key_change").int("stage")] !== undefined) {
        throw new CountersignError("E_INTERNAL", "The change of the store's key is not done.");
      }
      sealAnew();
      keys.end();
      markWriteAhead(sql);
      afterCommit(() => {
        keys.drop();
        cutWriteAhead(sql);
      });
    },
  };
}
