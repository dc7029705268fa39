import type { DatabaseSync } from "node:sqlite";

import { CountersignError } from "#shared/protocol/error.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { decisionIndex, requestIndex } from "../report-index.ts";
import type { RequestIndex } from "../rows.ts";
import { reportIndex, REVIEW } from "./report-index.ts";
import { ownJson, type Row, type Sql } from "./sql.ts";

/** Requests of one transaction: an interrupted opening goes on where it was. */
const BATCH = 500;

/**
 * Takes requests of before the index over into it, once, before anything else is done with a store. What was signed says
 * it all but how much there was to read, which is not drawn again: those requests are judged by no reading time.
 */
export function indexBacklog(db: DatabaseSync, sql: Sql, key: () => Uint8Array): void {
  for (;;) {
    const done = sql.get("SELECT done FROM report_backlog")?.int("done");
    if (done === undefined) return;
    sql.run("BEGIN IMMEDIATE");
    try {
      const rows = sql.all(
        "SELECT rowid AS at_row, * FROM requests WHERE rowid > ? ORDER BY rowid LIMIT ?",
        done,
        BATCH,
      );
      for (const row of rows) takeOver(sql, key, row);
      const last = rows.at(-1)?.int("at_row");
      if (last === undefined) sql.run("DELETE FROM report_backlog");
      else sql.run("UPDATE report_backlog SET done = ?", last);
      sql.run("COMMIT");
    } catch (error) {
      if (db.isTransaction) sql.run("ROLLBACK");
      throw error;
    }
  }
}

function takeOver(sql: Sql, key: () => Uint8Array, row: Row): void {
  const index = reportIndex(sql, key);
  const [rid, rev] = [row.text("rid"), row.int("rev")];
  const about = understood(row.text("jws"));
  index.request(
    {
      ...{ rid, rev, dig: row.text("dig"), jws: row.text("jws"), iat: row.int("iat"), exp: row.int("exp") },
      ...{ submit_by: row.int("submit_by"), grant_exp: row.int("grant_exp"), nonce: row.text("nonce") },
      ...{ agent: row.text("agent"), task_id: row.text("task_id"), task_idx: row.int("task_idx") },
      ...{ op_dig: row.text("op_dig"), action: row.text("action"), aud: ownJson<string[]>(row.text("aud")) },
      ...{ need: row.int("need"), risk: row.oneOf("risk", ["low", "moderate", "high", "critical"]) },
      ...about,
    },
    row.int("changed_at"),
  );
  for (const d of sql.all("SELECT * FROM decisions WHERE rid = ? AND rev = ? ORDER BY n", rid, rev)) {
    index.decision({
      ...{ dig: d.text("dig"), rid, rev, kid: d.text("kid"), sub: d.text("sub"), decision: d.text("decision") },
      ...{ jws: d.text("jws"), iat: d.int("iat"), at: d.int("at"), live: d.int("live") === 1 },
      ...understoodDecision(d.text("jws")),
    });
  }
  if (sql.get("SELECT 1 FROM answers WHERE rid = ? AND rev = ? AND result = 'rejected'", rid, rev)) {
    index.rejection(rid, rev);
  }
  // The trigger fills in what follows from the state, and no reference of a patient stays in the row.
  sql.run("UPDATE requests SET state = state, patient = '' WHERE rid = ? AND rev = ?", rid, rev);
  const said = sql.get(
    "SELECT kind FROM statements WHERE rid = ? AND kind IN ('flag-decision', 'close-review') ORDER BY rowid DESC LIMIT 1",
    rid,
  );
  if (said === undefined) return;
  const review = said.text("kind") === "flag-decision" ? REVIEW.open : REVIEW.closed;
  sql.run(
    "UPDATE report_rows SET review = ?1 WHERE rid = ?2 AND rev = (SELECT MAX(rev) FROM requests WHERE rid = ?2)",
    ...[review, rid],
  );
}

/** SECURITY: the start-up audit says what is wrong with a stored object; here it only must not be half understood. */
function understood(jws: string): { readonly patient?: string; readonly index?: RequestIndex } {
  try {
    const claims = readStored("request", jws);
    return {
      index: requestIndex(claims, undefined),
      ...(claims.patient === undefined ? {} : { patient: claims.patient.ref }),
    };
  } catch (error) {
    if (error instanceof CountersignError) return {};
    throw error;
  }
}

function understoodDecision(jws: string) {
  try {
    return { index: decisionIndex(readStored("decision", jws)) };
  } catch (error) {
    if (error instanceof CountersignError) return {};
    throw error;
  }
}
