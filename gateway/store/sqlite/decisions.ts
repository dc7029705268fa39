import { EVENT_NAMES } from "#shared/protocol/claims/event.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { STATEMENT_KINDS } from "#shared/protocol/claims/statement.ts";

import type { AnsweredStatement, AnswerRow, DecisionRow, EventRow } from "../rows.ts";
import type { DecisionReads, DecisionWrites } from "../store.ts";
import type { ReportIndex } from "./report-index.ts";
import { isConflict, present, type Row, type Sql } from "./sql.ts";

const decisionOf = (row: Row): DecisionRow => ({
  dig: row.text("dig"),
  rid: row.text("rid"),
  rev: row.int("rev"),
  kid: row.text("kid"),
  sub: row.text("sub"),
  decision: row.text("decision"),
  jws: row.text("jws"),
  iat: row.int("iat"),
  at: row.int("at"),
  live: row.int("live") === 1,
});

const answerOf = (row: Row): AnswerRow => ({
  kid: row.text("kid"),
  jti: row.text("jti"),
  dig: row.text("dig"),
  kind: row.oneOf("kind", ["decision", "statement"]),
  jws: row.text("jws"),
  receipt: row.text("receipt"),
  result: row.oneOf("result", ["recorded", "rejected"]),
  at: row.int("at"),
  ...present("code", row.maybeText("code")),
  ...present("rid", row.maybeText("rid")),
  ...present("rev", row.maybeInt("rev")),
});

const eventOf = (row: Row): EventRow => ({
  jti: row.text("jti"),
  dig: row.text("dig"),
  name: row.oneOf("name", EVENT_NAMES),
  jws: row.text("jws"),
  at: row.int("at"),
  ...present("rid", row.maybeText("rid")),
  ...present("rev", row.maybeInt("rev")),
});

const statementOf = (row: Row): AnsweredStatement => ({
  dig: row.text("dig"),
  kid: row.text("kid"),
  sub: row.text("sub"),
  kind: row.oneOf("kind", STATEMENT_KINDS),
  jws: row.text("jws"),
  jti: row.text("jti"),
  receipt: row.text("receipt"),
  at: row.int("at"),
  ...present("rid", row.maybeText("rid")),
  ...present("rev", row.maybeInt("rev")),
  ...present("about", row.maybeText("about")),
});

/** The answer to a statement is found by its author's key and its own id. */
const ANSWERED = `SELECT s.*, a.receipt FROM statements s JOIN answers a
  ON a.kid = s.kid AND a.jti = s.jti`;

export function decisionsOf(sql: Sql, index: ReportIndex): DecisionReads & DecisionWrites {
  return {
    answer(kid, jti) {
      const row = sql.get("SELECT * FROM answers WHERE kid = ? AND jti = ?", kid, jti);
      return row && answerOf(row);
    },
    decisions: (rid, rev) =>
      sql.all("SELECT * FROM decisions WHERE rid = ? AND rev = ? ORDER BY n", rid, rev).map(decisionOf),
    decisionByDigest(dig) {
      const row = sql.get("SELECT * FROM decisions WHERE dig = ?", dig);
      return row && decisionOf(row);
    },
    liveApprovalsOf: (kid) =>
      sql
        .all(
          `SELECT d.* FROM decisions d JOIN requests r USING (rid, rev)
             WHERE d.kid = ? AND d.live = 1 AND d.decision = 'approve' AND r.state IN ('partial', 'approved')
             ORDER BY d.n`,
          kid,
        )
        .map(decisionOf),
    lastRecorded(kid) {
      const row = sql.get(
        "SELECT * FROM answers WHERE kid = ? AND kind = 'decision' AND result = 'recorded' ORDER BY rowid DESC LIMIT 1",
        kid,
      );
      return row && answerOf(row);
    },
    answersFor: (rid) => sql.all("SELECT * FROM answers WHERE rid = ? ORDER BY at, rowid", rid).map(answerOf),
    chainHead(kid) {
      const row = sql.get("SELECT n, prev FROM chain_heads WHERE kid = ?", kid);
      return row && { n: row.int("n"), prev: row.text("prev") };
    },
    statementsOn: (rid) => sql.all(`${ANSWERED} WHERE s.rid = ? ORDER BY s.at, s.rowid`, rid).map(statementOf),
    statementsAbout: (about, kinds, most) =>
      sql
        .all(
          `${ANSWERED} WHERE s.about = ? AND s.kind IN (SELECT value FROM json_each(?)) ORDER BY s.at DESC, s.rowid DESC LIMIT ?`,
          ...[about, JSON.stringify(kinds), most],
        )
        .map(statementOf)
        .reverse(),
    statement(dig) {
      const row = sql.get(`${ANSWERED} WHERE s.dig = ?`, dig);
      return row && statementOf(row);
    },
    events: (rid) => sql.all("SELECT * FROM events WHERE rid = ? ORDER BY n", rid).map(eventOf),

    addAnswer(a) {
      try {
        sql.run(
          `INSERT INTO answers (kid, jti, dig, kind, jws, receipt, result, code, rid, rev, at)
             VALUES (?,?,?,?,?,?,?,?,?,?,?)`,
          ...[a.kid, a.jti, a.dig, a.kind, a.jws, a.receipt, a.result, a.code ?? null, a.rid ?? null, a.rev ?? null],
          a.at,
        );
        if (a.result === "rejected" && a.rid !== undefined && a.rev !== undefined) index.rejection(a.rid, a.rev);
      } catch (error) {
        if (isConflict(error, "answers.kid")) throw new CountersignError("E_JTI_REUSE", undefined, { cause: error });
        throw error;
      }
    },
    addDecision(d) {
      try {
        sql.run(
          `INSERT INTO decisions (dig, rid, rev, kid, sub, decision, jws, iat, at, live) VALUES (?,?,?,?,?,?,?,?,?,?)`,
          ...[d.dig, d.rid, d.rev, d.kid, d.sub, d.decision, d.jws, d.iat, d.at, d.live ? 1 : 0],
        );
        index.decision(d);
      } catch (error) {
        if (isConflict(error, "decisions.sub")) {
          throw new CountersignError("E_ALREADY_DECIDED", undefined, { cause: error });
        }
        if (isConflict(error, "decisions.kid"))
          throw new CountersignError("E_SOD_SAME_KEY", undefined, { cause: error });
        throw error;
      }
    },
    endDecision(dig) {
      sql.run("UPDATE decisions SET live = 0 WHERE dig = ?", dig);
    },
    setChainHead(kid, head) {
      sql.run(
        "INSERT INTO chain_heads (kid, n, prev) VALUES (?,?,?) ON CONFLICT (kid) DO UPDATE SET n = excluded.n, prev = excluded.prev",
        ...[kid, head.n, head.prev],
      );
    },
    addStatement(s) {
      sql.run(
        "INSERT INTO statements (dig, kid, sub, kind, jws, jti, rid, rev, about, at) VALUES (?,?,?,?,?,?,?,?,?,?)",
        ...[s.dig, s.kid, s.sub, s.kind, s.jws, s.jti, s.rid ?? null, s.rev ?? null, s.about ?? null, s.at],
      );
      index.statement(s);
    },
    addEvent(e) {
      sql.run(
        "INSERT INTO events (jti, dig, name, jws, rid, rev, at) VALUES (?,?,?,?,?,?,?)",
        ...[e.jti, e.dig, e.name, e.jws, e.rid ?? null, e.rev ?? null, e.at],
      );
    },
  };
}
