import { EVENT_NAMES } from "#shared/protocol/claims/event.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { STATEMENT_KINDS } from "#shared/protocol/claims/statement.ts";

import type { AnsweredStatement, AnswerRow, DecisionRow, EventRow } from "../rows.ts";
import type { DecisionReads, DecisionWrites } from "../store.ts";
import { withSealed, type Opened } from "../erased.ts";
import type { Keyring } from "./keyring.ts";
import type { ReportIndex } from "./report-index.ts";
import { isConflict, present, type Row, type Sql } from "./sql.ts";

const decisionMembers = (row: Row): Omit<DecisionRow, "jws" | "erased"> => ({
  dig: row.text("dig"),
  rid: row.text("rid"),
  rev: row.int("rev"),
  kid: row.text("kid"),
  sub: row.text("sub"),
  decision: row.text("decision"),
  iat: row.int("iat"),
  at: row.int("at"),
  live: row.int("live") === 1,
});

const answerMembers = (row: Row): Omit<AnswerRow, "jws" | "erased"> => ({
  kid: row.text("kid"),
  jti: row.text("jti"),
  dig: row.text("dig"),
  kind: row.oneOf("kind", ["decision", "statement"]),
  receipt: row.text("receipt"),
  result: row.oneOf("result", ["recorded", "rejected"]),
  at: row.int("at"),
  ...present("code", row.maybeText("code")),
  ...present("rid", row.maybeText("rid")),
  ...present("rev", row.maybeInt("rev")),
});

const eventMembers = (row: Row): Omit<EventRow, "jws" | "erased"> => ({
  jti: row.text("jti"),
  dig: row.text("dig"),
  name: row.oneOf("name", EVENT_NAMES),
  at: row.int("at"),
  ...present("rid", row.maybeText("rid")),
  ...present("rev", row.maybeInt("rev")),
});

const statementMembers = (row: Row): Omit<AnsweredStatement, "jws" | "erased"> => ({
  dig: row.text("dig"),
  kid: row.text("kid"),
  sub: row.text("sub"),
  kind: row.oneOf("kind", STATEMENT_KINDS),
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

const ANSWERED_TEXT = {
  decision: "SELECT sealed FROM decisions WHERE dig = ? AND kid = ?",
  statement: "SELECT sealed FROM statements WHERE dig = ? AND kid = ?",
};
const IS_STORED = {
  decision: "SELECT 1 FROM decisions WHERE dig = ? AND kid = ?",
  statement: "SELECT 1 FROM statements WHERE dig = ? AND kid = ?",
};

/** Where each object's text belongs; of an answer, what it answers. */
export const PLACE = {
  decision: (dig: string): string => `decisions ${dig}`,
  answer: (kid: string, jti: string, dig: string): string => `answers ${kid} ${jti} ${dig}`,
  event: (jti: string, dig: string): string => `events ${jti} ${dig}`,
  statement: (dig: string): string => `statements ${dig}`,
};

/** The one SET that may name a resource of the record. */
export const NAMES_RESOURCE = "task-completed";

export interface SqliteDecisions {
  /** A receipt by {@link answerName}. */
  readonly receiptText: (name: string) => string | undefined;
  readonly methods: DecisionReads & DecisionWrites;
  /** A SET by its `jti`. @throws CountersignError `E_STORE_ERASED` */
  readonly eventText: (jti: string) => string | undefined;
}

export function decisionsOf(sql: Sql, index: ReportIndex, ring: Keyring): SqliteDecisions {
  const decisionOf = (row: Row): DecisionRow =>
    withSealed(decisionMembers(row), () => ring.open(row.bytes("sealed"), PLACE.decision(row.text("dig"))));
  /** What was answered is a decision or a statement of the store, unless it was refused. */
  function answeredText({ dig, kind, kid }: Pick<AnswerRow, "dig" | "kind" | "kid">): Opened {
    const row = sql.get(ANSWERED_TEXT[kind], dig, kid);
    if (row === undefined) throw new CountersignError("E_STORE_CORRUPT", "What a stored answer answers is missing.");
    return ring.open(row.bytes("sealed"), PLACE[kind](dig));
  }
  function answerOf(row: Row): AnswerRow {
    const members = answerMembers(row);
    return withSealed(members, () => {
      const own = row.maybeBytes("sealed");
      return own === undefined
        ? answeredText(members)
        : ring.open(own, PLACE.answer(members.kid, members.jti, members.dig));
    });
  }
  function eventOf(row: Row): EventRow {
    const sealed = row.maybeBytes("sealed");
    const place = PLACE.event(row.text("jti"), row.text("dig"));
    return withSealed(eventMembers(row), () => (sealed === undefined ? row.text("jws") : ring.open(sealed, place)));
  }
  const statementOf = (row: Row): AnsweredStatement =>
    withSealed(statementMembers(row), () => ring.open(row.bytes("sealed"), PLACE.statement(row.text("dig"))));
  const methods: DecisionReads & DecisionWrites = {
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
      // Once for both: the answer to what was recorded is to that very text.
      const isStored = sql.get(IS_STORED[a.kind], a.dig, a.kid) !== undefined;
      const sealed = isStored
        ? null
        : ring.seal({ ...a, own: `answer ${a.kid} ${a.jti}` }, PLACE.answer(a.kid, a.jti, a.dig), a.jws);
      try {
        sql.run(
          `INSERT INTO answers (kid, jti, dig, kind, jws, sealed, receipt, result, code, rid, rev, at)
             VALUES (?,?,?,?,'',?,?,?,?,?,?,?)`,
          ...[a.kid, a.jti, a.dig, a.kind, sealed, a.receipt, a.result, a.code ?? null, a.rid ?? null, a.rev ?? null],
          a.at,
        );
        if (a.result === "rejected" && a.rid !== undefined && a.rev !== undefined) index.rejection(a.rid, a.rev);
      } catch (error) {
        if (isConflict(error, "answers.kid")) throw new CountersignError("E_JTI_REUSE", undefined, { cause: error });
        throw error;
      }
    },
    addDecision(d) {
      const sealed = ring.seal({ ...d, own: `decision ${d.dig}` }, PLACE.decision(d.dig), d.jws);
      try {
        sql.run(
          `INSERT INTO decisions (dig, rid, rev, kid, sub, decision, jws, sealed, iat, at, live)
             VALUES (?,?,?,?,?,?,'',?,?,?,?)`,
          ...[d.dig, d.rid, d.rev, d.kid, d.sub, d.decision, sealed, d.iat, d.at, d.live ? 1 : 0],
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
      const sealed = ring.seal({ ...s, own: `statement ${s.dig}` }, PLACE.statement(s.dig), s.jws);
      sql.run(
        `INSERT INTO statements (dig, kid, sub, kind, jws, sealed, jti, rid, rev, about, at)
           VALUES (?,?,?,?,'',?,?,?,?,?,?)`,
        ...[s.dig, s.kid, s.sub, s.kind, sealed, s.jti, s.rid ?? null, s.rev ?? null, s.about ?? null, s.at],
      );
      index.statement(s);
    },
    addEvent(e) {
      const sealed =
        e.name === NAMES_RESOURCE ? ring.seal({ ...e, own: `event ${e.jti}` }, PLACE.event(e.jti, e.dig), e.jws) : null;
      sql.run(
        "INSERT INTO events (jti, dig, name, jws, sealed, rid, rev, at) VALUES (?,?,?,?,?,?,?,?)",
        ...[e.jti, e.dig, e.name, sealed === null ? e.jws : "", sealed, e.rid ?? null, e.rev ?? null, e.at],
      );
    },
  };
  return {
    methods,
    receiptText(name) {
      const [kid = "", jti = ""] = name.split(" ");
      return sql.get("SELECT receipt FROM answers WHERE kid = ? AND jti = ?", kid, jti)?.text("receipt");
    },
    eventText(jti) {
      const row = sql.get("SELECT * FROM events WHERE jti = ?", jti);
      return row && eventOf(row).jws;
    },
  };
}
