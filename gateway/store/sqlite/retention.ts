import { CountersignError } from "#shared/protocol/error.ts";
import { TERMINAL_STATES } from "#shared/protocol/claims/receipt.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import type { ErasedPlace } from "../erased.ts";
import { requestIndex } from "../report-index.ts";
import type { HoldRow, RetentionReads, RetentionWrites, SubjectKeyRow } from "../retention.ts";
import type { RequestReads } from "../store.ts";
import { KNOWN_TIME, type Keyring } from "./keyring.ts";
import { patientDigest } from "./patient-digest.ts";
import { present, type Row, type Sql } from "./sql.ts";
import { emptyWriteAhead, unlessLater } from "./write-ahead.ts";

const keyOf = (row: Row): SubjectKeyRow => ({
  ...{ id: row.int("id"), name: row.text("name") },
  ...present("rid", row.maybeText("rid")),
  ...present("patient", row.maybeInt("patient")),
  ...present("revision", revisionOf(row)),
});

function revisionOf(row: Row): SubjectKeyRow["revision"] {
  const rev = row.maybeInt("rev");
  return rev === undefined ? undefined : { rev, digest: row.text("dig") };
}

const holdOf = (row: Row): HoldRow => ({
  ...{ name: row.text("name"), at: row.int("at"), record: row.text("record") },
  ...present("patient", row.maybeInt("patient")),
  ...present("rid", row.maybeText("rid")),
});

const FIELDS = "s.id, s.name, s.rid, s.patient, r.rev, r.dig";
const REVISION = "requests r ON r.rid = s.rid AND s.name = r.rid || '.' || r.rev";
const KEYS = `SELECT ${FIELDS} FROM subject_keys s LEFT JOIN ${REVISION} WHERE s.erased_at IS NULL AND`;
const UNSHOWN = `SELECT ${FIELDS}, s.record FROM subject_keys s JOIN ${REVISION}
  WHERE s.erased_at IS NOT NULL AND s.place IS NULL AND s.record IS NOT NULL ORDER BY s.id LIMIT ?`;
const ENDED = JSON.stringify([...TERMINAL_STATES]);
const ALLOWED = "allowed ";
/** Left by an erasure until the write-ahead file holds nothing of before. */
const ERASING = "erasing";

/** Until it is cut, also after a crash. */
export function markWriteAhead(sql: Sql): void {
  sql.run("INSERT INTO meta (name, value) VALUES (?, '') ON CONFLICT DO NOTHING", ERASING);
}

const isMarked = (sql: Sql): boolean => sql.get("SELECT 1 FROM meta WHERE name = ?", ERASING) !== undefined;

/**
 * A wrapped key that was overwritten may still stand in the write-ahead file, also after a crash.
 * @returns whether nothing of before is in it; false where a statement of this connection still reads from it, or the disk
 * has no room for what it holds: the mark stays, and it may be tried again
 */
export function cutWriteAhead(sql: Sql): boolean {
  if (!isMarked(sql)) return true;
  return unlessLater(() => {
    if (!emptyWriteAhead(sql)) return false;
    sql.run("DELETE FROM meta WHERE name = ?", ERASING);
    return true;
  });
}

export function retentionOf(
  sql: Sql,
  ring: Keyring,
  around: {
    readonly key: () => Uint8Array;
    readonly request: RequestReads["request"];
    readonly afterCommit: (fn: () => void) => void;
  },
): RetentionReads & RetentionWrites {
  const { key, request, afterCommit } = around;
  const digestOf = (ref: string): Uint8Array => patientDigest(key(), "ref", ref);

  /** What finds a revision by whom it is about, or by what an agent called it. */
  function forget({ name }: SubjectKeyRow): void {
    const found = sql.get(
      "SELECT n, rid, rev, iat FROM report_rows WHERE rid || '.' || rev = ? AND rid = ?",
      name,
      ridIn(name),
    );
    if (found === undefined) return;
    const [rid, rev] = [found.text("rid"), found.int("rev")];
    const row = request(rid, rev);
    if (row !== undefined && row.erased === undefined) {
      for (const digest of digestsIn(row.jws)) {
        const place = [digest, found.int("iat"), found.int("n")];
        sql.run("DELETE FROM report_patients WHERE patient = ? AND iat = ? AND n = ?", ...place);
      }
    }
    sql.run("UPDATE requests SET task_id = '', op_dig = '' WHERE rid = ? AND rev = ?", rid, rev);
  }

  /** Once for all of them: neither the feed nor its readers are in the order of requests. */
  function leaveFeed(rids: readonly string[]): void {
    sql.run(
      `DELETE FROM feed_audience WHERE seq IN (SELECT seq FROM feed
         WHERE request IN (SELECT dig FROM requests WHERE rid IN (SELECT value FROM json_each(?1)))
           OR event IN (SELECT jti FROM events WHERE rid IN (SELECT value FROM json_each(?1))))`,
      JSON.stringify([...new Set(rids)]),
    );
  }

  function digestsIn(jws: string): Uint8Array[] {
    try {
      const claims = readStored("request", jws);
      const { identifiers } = requestIndex(claims, undefined);
      return [
        ...(claims.patient === undefined ? [] : [digestOf(claims.patient.ref)]),
        ...identifiers.map((value) => patientDigest(key(), "identifier", value)),
      ];
    } catch (error) {
      if (error instanceof CountersignError) return [];
      throw error;
    }
  }

  return {
    patientKey: (ref) => sql.get("SELECT id FROM patient_keys WHERE patient = ?", digestOf(ref))?.int("id"),
    subjectKeys: (of) =>
      ("patient" in of
        ? sql.all(`${KEYS} s.patient = ? ORDER BY s.id`, of.patient)
        : sql.all(`${KEYS} s.rid = ? ORDER BY s.id`, of.rid)
      ).map(keyOf),
    subjectKeysBefore: (before, after, limit) =>
      sql.all(`${KEYS} s.since < ? AND s.id > ? ORDER BY s.id LIMIT ?`, before, after, limit).map(keyOf),
    isUnended({ name, rid }, before) {
      if (name.startsWith(ALLOWED)) {
        const id = name.slice(ALLOWED.length);
        return (
          sql.get("SELECT 1 FROM allowed_acts WHERE id = ? AND COALESCE(finished_at, ?2) >= ?2", id, before) !==
          undefined
        );
      }
      if (rid === undefined) return false;
      return (
        sql.get(
          `SELECT 1 FROM requests WHERE rid = ?1 AND (changed_at >= ?2 OR state NOT IN (SELECT value FROM json_each(?3)))
           UNION ALL SELECT 1 FROM report_rows WHERE rid = ?1 AND review = 1 LIMIT 1`,
          ...[rid, before, ENDED],
        ) !== undefined
      );
    },
    holds: () => sql.all("SELECT * FROM holds WHERE released_at IS NULL ORDER BY id").map(holdOf),
    unshownErasures: (limit) => sql.all(UNSHOWN, limit).map((row) => ({ ...keyOf(row), record: row.text("record") })),
    hasTraces: () => isMarked(sql),
    everyHold: () =>
      sql.all("SELECT * FROM holds ORDER BY id").map((row) => ({
        ...holdOf(row),
        ...present(
          "released",
          row.maybeInt("released_at") === undefined ? undefined : (row.maybeText("released") ?? ""),
        ),
      })),
    keyCounts() {
      const row = sql.one("SELECT COUNT(*) AS n, COUNT(erased_at) AS erased FROM subject_keys");
      return { kept: row.int("n") - row.int("erased"), erased: row.int("erased") };
    },
    knownTime() {
      const kept = sql.get("SELECT value FROM meta WHERE name = ?", KNOWN_TIME)?.text("value");
      // SECURITY: nothing is older or newer than what is no number, and every clock would be believed by it.
      if (kept !== undefined && !/^\d{1,12}$/.test(kept)) throw new CountersignError("E_STORE_CORRUPT");
      if (kept !== undefined) return { at: Number(kept), isKept: true };
      const signed = sql.get("SELECT at FROM checkpoints ORDER BY size DESC LIMIT 1")?.int("at");
      return signed === undefined ? undefined : { at: signed, isKept: false };
    },
    undoneErasures: () =>
      sql
        .all(
          `SELECT DISTINCT p.rowid, p.text FROM published p JOIN json_each(p.text, '$.keys') k
             JOIN subject_keys s ON s.name = k.value AND s.erased_at IS NULL WHERE p.kind = 'erasure'`,
        )
        .map((row) => row.text("text")),

    keepTime(at) {
      sql.run(
        "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        ...[KNOWN_TIME, String(at)],
      );
    },
    keepPatientKey: (ref, at) => ring.patientKey(digestOf(ref), at),
    addHold(hold) {
      sql.run(
        "INSERT INTO holds (name, patient, rid, at, record) VALUES (?,?,?,?,?)",
        ...[hold.name, hold.patient ?? null, hold.rid ?? null, hold.at, hold.record],
      );
    },
    releaseHold: (name, at, record) =>
      sql.run(
        "UPDATE holds SET released_at = ?, released = ? WHERE name = ? AND released_at IS NULL",
        ...[at, record, name],
      ) === 1,
    restateErasures(keys, record) {
      sql.run(
        `UPDATE subject_keys SET record = ?, place = k.value ->> 'place' FROM json_each(?) k
           WHERE subject_keys.id = k.value ->> 'id' AND erased_at IS NOT NULL`,
        ...[record, placesOf(keys)],
      );
      ring.forget();
      afterCommit(() => ring.forget());
    },
    eraseKeys(keys, at, record) {
      keys.forEach(forget);
      leaveFeed(keys.flatMap(({ rid }) => rid ?? []));
      const ids = JSON.stringify(keys.map(({ id }) => id));
      sql.run(
        `UPDATE subject_keys SET wrapped = NULL, erased_at = ?, record = ?, place = k.value ->> 'place'
           FROM json_each(?) k WHERE subject_keys.id = k.value ->> 'id'`,
        ...[at, record, placesOf(keys)],
      );
      sql.run(
        `UPDATE patient_keys SET wrapped = NULL, patient = NULL, erased_at = ?, record = ?
           WHERE erased_at IS NULL AND id IN (SELECT patient FROM subject_keys WHERE id IN (SELECT value FROM json_each(?)))
             AND NOT EXISTS (SELECT 1 FROM subject_keys s WHERE s.patient = patient_keys.id AND s.erased_at IS NULL)
             AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.patient = patient_keys.id AND h.released_at IS NULL)`,
        ...[at, record, ids],
      );
      markWriteAhead(sql);
      ring.forget();
      afterCommit(() => {
        ring.forget();
        cutWriteAhead(sql);
      });
    },
  };
}

const placesOf = (keys: readonly { readonly id: number; readonly place: ErasedPlace }[]): string =>
  JSON.stringify(keys.map(({ id, place }) => ({ id, place: JSON.stringify(place) })));

const ridIn = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf(".")));
