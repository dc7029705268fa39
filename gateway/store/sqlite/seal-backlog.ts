import type { DatabaseSync } from "node:sqlite";

import { CountersignError } from "#shared/protocol/error.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { ACCESS_FORMAT } from "../../agents/access-log.ts";
import type { AllowedAct } from "../../requests/allowed-act.ts";
import type { ExecutionOutcome } from "../rows.ts";
import { ALLOWED_PLACE, allowedKey } from "./allowed.ts";
import { NAMES_RESOURCE, PLACE } from "./decisions.ts";
import { executionPlace } from "./executions.ts";
import { hiddenUnder } from "./hidden.ts";
import type { Keyring, Whose } from "./keyring.ts";
import { statusOf } from "./outcome.ts";
import { patientDigest } from "./patient-digest.ts";
import { publishedPlace } from "./registry.ts";
import { requestPlace } from "./requests.ts";
import { ownJson, type Row, type Sql } from "./sql.ts";

/** Rows that are sealed, of all that were there. */
export type SealProgress = (done: number, total: number) => void;

export interface SealBacklog {
  readonly ring: Keyring;
  /** What patients' digests are made with. */
  readonly key: () => Uint8Array;
  readonly onProgress: SealProgress | undefined;
}

/** Rows of one transaction: an interrupted opening goes on where it was. */
const BATCH = 500;

/**
 * Seals what a version before stored in the clear, once, before anything else is done with a store; then writes the whole
 * file anew, so that no page that was given up long ago holds any of it.
 * @throws CountersignError `E_STORE_FULL`: writing it anew takes as much room again
 */
export function sealBacklog(db: DatabaseSync, sql: Sql, backlog: SealBacklog): void {
  const begun = sql.get("SELECT stage, done FROM seal_backlog");
  if (begun === undefined) return;
  const hidden = hiddenUnder(backlog.key);
  db.function("hidden", (kind, text) => hidden(kind === "key" ? "key" : "asked", String(text)));
  const stages = stagesOf(sql, backlog);
  const sizes = stages.map(({ table }) => sql.one(`SELECT COUNT(*) AS n FROM ${table}`).int("n"));
  const total = sizes.reduce((sum, n) => sum + n, 0);
  const under = stages[begun.int("stage")];
  // A table that is done as a whole is not begun, and has no numbers of rows to ask for.
  const doneUnder =
    under === undefined || under.whole !== undefined
      ? 0
      : sql.one(`SELECT COUNT(*) AS n FROM ${under.table} WHERE rowid <= ?`, begun.int("done")).int("n");
  let sealed = sizes.slice(0, begun.int("stage")).reduce((sum, n) => sum + n, doneUnder);
  for (let stage = begun.int("stage"); stage < stages.length; stage++) {
    const { table, seal, whole } = stages[stage] ?? { table: "", seal: () => undefined };
    for (let isMore = true; isMore;) {
      isMore = inTransaction(db, sql, () => {
        if (whole !== undefined) {
          whole();
          sealed += sizes[stage] ?? 0;
          sql.run("UPDATE seal_backlog SET stage = ?, done = 0", stage + 1);
          return false;
        }
        const done = sql.one("SELECT done FROM seal_backlog").int("done");
        const rows = sql.all(
          `SELECT rowid AS at_row, * FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT ?`,
          done,
          BATCH,
        );
        rows.forEach(seal);
        const last = rows.at(-1)?.int("at_row");
        if (last === undefined) sql.run("UPDATE seal_backlog SET stage = ?, done = 0", stage + 1);
        else sql.run("UPDATE seal_backlog SET done = ?", last);
        sealed += rows.length;
        return last !== undefined;
      });
      backlog.onProgress?.(sealed, total);
    }
  }
  // SECURITY: pages that were free before were never overwritten, and the write-ahead file has what stood there.
  sql.run("VACUUM");
  // What is not cut now is cut by the next opening, which finds the backlog still there.
  if (sql.one("PRAGMA wal_checkpoint(TRUNCATE)").int("busy") !== 0) throw new CountersignError("E_STORE_LOCKED");
  sql.run("DELETE FROM seal_backlog");
}

function inTransaction<T>(db: DatabaseSync, sql: Sql, work: () => T): T {
  sql.run("BEGIN IMMEDIATE");
  try {
    const result = work();
    sql.run("COMMIT");
    return result;
  } catch (error) {
    if (db.isTransaction) sql.run("ROLLBACK");
    throw error;
  }
}

interface Stage {
  readonly table: string;
  readonly seal: (row: Row) => void;
  /** Instead of row by row, where a table has no numbers of rows. */
  readonly whole?: () => void;
}

/** Requests first: the others are sealed under their keys. */
function stagesOf(sql: Sql, { ring, key }: SealBacklog): readonly Stage[] {
  const hidden = hiddenUnder(key);
  const digest = (patient: string | undefined): Uint8Array | undefined =>
    patient === undefined ? undefined : patientDigest(key(), "ref", patient);
  const signed = (row: Row, whose: Whose, place: string): Uint8Array => ring.seal(whose, place, row.text("jws"));
  const about = (row: Row, own: string): Whose => ({
    ...{ rid: row.maybeText("rid"), rev: row.maybeInt("rev"), own, at: row.int("at") },
  });
  const keep = (table: string, sealed: Uint8Array, row: Row): void => {
    sql.run(`UPDATE ${table} SET sealed = ?, jws = '' WHERE rowid = ?`, sealed, row.int("at_row"));
  };

  return [
    {
      table: "requests",
      seal(row) {
        const [rid, rev, at] = [row.text("rid"), row.int("rev"), row.int("iat")];
        ring.addRequest(rid, rev, at, digest(patientOf(row.text("jws"))));
        keep("requests", signed(row, { rid, rev, own: "", at }, requestPlace(row.text("dig"))), row);
        sql.run(
          "UPDATE requests SET task_id = ?, op_dig = ? WHERE rowid = ?",
          ...[hidden("task", row.text("task_id")), hidden("operation", row.text("op_dig")), row.int("at_row")],
        );
      },
    },
    {
      table: "decisions",
      seal(row) {
        const dig = row.text("dig");
        keep("decisions", signed(row, about(row, `decision ${dig}`), PLACE.decision(dig)), row);
      },
    },
    {
      table: "answers",
      seal(row) {
        const [kid, jti] = [row.text("kid"), row.text("jti")];
        const place = PLACE.answer(kid, jti, row.text("dig"));
        keep("answers", signed(row, about(row, `answer ${kid} ${jti}`), place), row);
      },
    },
    {
      table: "statements",
      seal(row) {
        const dig = row.text("dig");
        keep("statements", signed(row, about(row, `statement ${dig}`), PLACE.statement(dig)), row);
      },
    },
    {
      table: "events",
      seal(row) {
        if (row.text("name") !== NAMES_RESOURCE) return;
        const jti = row.text("jti");
        keep("events", signed(row, about(row, `event ${jti}`), PLACE.event(jti, row.text("dig"))), row);
      },
    },
    { table: "executions", seal: (row) => sealExecution(sql, ring, row) },
    { table: "allowed_acts", seal: (row) => sealAllowed(sql, ring, digest, row) },
    {
      table: "idempotency",
      seal: () => undefined,
      whole: () =>
        void sql.run("UPDATE idempotency SET key = hidden('key', key), fingerprint = hidden('asked', fingerprint)"),
    },
    { table: "published", seal: (row) => sealAccess(sql, ring, digest, row) },
    {
      table: "exports",
      seal: (row) =>
        void sql.run(
          "UPDATE exports SET said = json_remove(said, '$.purpose.text') WHERE rowid = ?",
          row.int("at_row"),
        ),
    },
  ];
}

/** SECURITY: the start-up audit says what is wrong with a stored object; here it only must not be half understood. */
function patientOf(jws: string): string | undefined {
  try {
    return readStored("request", jws).patient?.ref;
  } catch (error) {
    if (error instanceof CountersignError) return undefined;
    throw error;
  }
}

function sealExecution(sql: Sql, ring: Keyring, row: Row): void {
  const text = row.maybeText("outcome");
  if (text === undefined) return;
  const execId = row.text("exec_id");
  const outcome = ownJson<ExecutionOutcome>(text);
  const whose = { rid: row.text("rid"), rev: row.int("rev"), own: `execution ${execId}`, at: row.int("started_at") };
  sql.run(
    "UPDATE executions SET outcome = NULL, kind = ?, status = ?, sealed = ? WHERE rowid = ?",
    ...[outcome.kind, statusOf(outcome), ring.seal(whose, executionPlace(execId), text), row.int("at_row")],
  );
}

type Digest = (patient: string | undefined) => Uint8Array | undefined;

function sealAllowed(sql: Sql, ring: Keyring, digest: Digest, row: Row): void {
  const [id, act, at] = [row.text("id"), row.text("act"), row.int("started_at")];
  const whose = { own: allowedKey(id), at, patient: digest(ownJson<AllowedAct>(act).patient) };
  const text = row.maybeText("outcome");
  const outcome = text === undefined ? undefined : ownJson<ExecutionOutcome>(text);
  sql.run("UPDATE allowed_acts SET key = hidden('key', key) WHERE rowid = ? AND key IS NOT NULL", row.int("at_row"));
  sql.run(
    "UPDATE allowed_acts SET what = hidden('asked', what), act = '', sealed_act = ?, outcome = NULL, kind = ?, status = ?, sealed = ? WHERE rowid = ?",
    ...[ring.seal(whose, ALLOWED_PLACE.act(id), act), outcome?.kind ?? null],
    ...[outcome === undefined ? null : statusOf(outcome)],
    ...[text === undefined ? null : ring.seal(whose, ALLOWED_PLACE.outcome(id), text), row.int("at_row")],
  );
}

/** Records of what agents read name whom it was about, and people's words of why they looked may; no other published text does. */
function sealAccess(sql: Sql, ring: Keyring, digest: Digest, row: Row): void {
  if (row.text("kind") !== "access") return;
  const [dig, text, at] = [row.text("dig"), row.text("text"), row.int("at")];
  const { format, patient, purpose } = ownJson<{
    readonly format?: string;
    readonly patient?: string;
    readonly purpose?: { readonly text?: string };
  }>(text);
  if (format !== ACCESS_FORMAT && purpose?.text === undefined) return;
  const sealed = ring.seal({ own: `published ${dig}`, at, patient: digest(patient) }, publishedPlace(dig), text);
  sql.run("UPDATE published SET text = '', sealed = ? WHERE rowid = ?", sealed, row.int("at_row"));
}
