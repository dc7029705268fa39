import { RISKS } from "#shared/protocol/claims/request.ts";
import { REQUEST_STATES, TERMINAL_STATES } from "#shared/protocol/claims/receipt.ts";

import type { RequestRow } from "../rows.ts";
import type { RequestReads, RequestWrites } from "../store.ts";
import { patientDigest } from "./patient-digest.ts";
import { withSealed } from "../erased.ts";
import { hiddenUnder } from "./hidden.ts";
import type { Keyring } from "./keyring.ts";
import type { ReportIndex } from "./report-index.ts";
import { isConflict, ownJson, present, type Row, type Sql } from "./sql.ts";

/** Where a request's text belongs. */
export const requestPlace = (dig: string): string => `requests ${dig}`;

/** What {@link membersOf} and the text need, and not the rest: each value of a row takes its time. */
const COLUMNS = [
  ...[
    "rid",
    "rev",
    "dig",
    "iat",
    "exp",
    "submit_by",
    "grant_exp",
    "nonce",
    "agent",
    "task_idx",
    "action",
    "aud",
    "need",
  ],
  ...["risk", "state", "changed_at", "execute_at", "uses_left", "grant_until", "text"],
]
  .map((name) => `r.${name}`)
  .join(", ");
const SELECT = `SELECT ${COLUMNS} FROM requests r`;
/** Put together once: a text that is new each time is looked for letter by letter. */
const BY = {
  revision: `${SELECT} WHERE rid = ? AND rev = ?`,
  rid: `${SELECT} WHERE rid = ? ORDER BY rev DESC LIMIT 1`,
  digest: `${SELECT} WHERE dig = ?`,
  state: `${SELECT} WHERE state = ? ORDER BY iat, rid`,
};

const membersOf = (row: Row): Omit<RequestRow, "jws" | "erased"> => ({
  rid: row.text("rid"),
  rev: row.int("rev"),
  dig: row.text("dig"),
  iat: row.int("iat"),
  exp: row.int("exp"),
  submit_by: row.int("submit_by"),
  grant_exp: row.int("grant_exp"),
  nonce: row.text("nonce"),
  agent: row.text("agent"),
  task_idx: row.int("task_idx"),
  action: row.text("action"),
  aud: ownJson<string[]>(row.text("aud")),
  need: row.int("need"),
  risk: row.oneOf("risk", RISKS),
  state: row.oneOf("state", REQUEST_STATES),
  changed_at: row.int("changed_at"),
  uses_left: row.int("uses_left"),
  ...present("execute_at", row.maybeInt("execute_at")),
  ...present("grant_until", row.maybeInt("grant_until")),
});

const MOVABLE = REQUEST_STATES.filter((state) => !TERMINAL_STATES.has(state));

const CURRENT = "NOT EXISTS (SELECT 1 FROM requests newer WHERE newer.rid = r.rid AND newer.rev > r.rev)";

/** Revisions of the requests of which any is about a patient, with whom each is addressed to. */
const OF_PATIENT = `(SELECT DISTINCT i.rid FROM report_patients p JOIN report_rows i ON i.n = p.n WHERE p.patient = ?) of
  CROSS JOIN report_rows v ON v.rid = of.rid
  CROSS JOIN request_audience a ON a.iat = v.iat AND a.rid = v.rid AND a.rev = v.rev`;
const ABOUT_PATIENT = `AND EXISTS (SELECT 1 FROM report_rows i JOIN report_patients p ON p.iat = i.iat AND p.n = i.n
  WHERE i.rid = r.rid AND i.rev = r.rev AND p.patient = ?)`;

/** A request waits no longer than a day, and for a while more where it was extended (protocol.md 3.5, 3.20). */
const LONGEST_LIFE_S = 2 * 24 * 3600;

type Whose = Parameters<RequestReads["asksBy"]>[0];

type AsksFrom = readonly [from: string, which: string, value: string | Uint8Array, iat: string];

function asksFrom(whose: Whose, key: () => Uint8Array): AsksFrom {
  if ("agent" in whose) return ["requests r", "r.agent = ?", whose.agent, "r.iat"];
  if ("patient" in whose) {
    const digest = patientDigest(key(), "ref", whose.patient);
    return ["report_patients p JOIN report_rows r ON r.n = p.n", "p.patient = ?", digest, "p.iat"];
  }
  return ["request_audience a JOIN requests r ON r.rid = a.rid AND r.rev = a.rev", "a.aud = ?", whose.aud, "a.iat"];
}

export function requestsOf(
  sql: Sql,
  index: ReportIndex,
  key: () => Uint8Array,
  ring: Keyring,
): RequestReads & RequestWrites {
  const hidden = hiddenUnder(key);
  const requestOf = (row: Row): RequestRow =>
    withSealed(membersOf(row), () => ring.open(sealedOf(row), requestPlace(row.text("dig"))));
  function sealedOf(row: Row): Uint8Array {
    const text = row.maybeInt("text");
    return text === undefined
      ? sql.one("SELECT sealed FROM requests WHERE dig = ?", row.text("dig")).bytes("sealed")
      : sql.one("SELECT sealed FROM request_texts WHERE n = ?", text).bytes("sealed");
  }
  const about = (patient: string | undefined): Uint8Array[] =>
    patient === undefined ? [] : [patientDigest(key(), "ref", patient)];
  const one = (row: Row | undefined): RequestRow | undefined => (row ? requestOf(row) : undefined);
  return {
    request: (rid, rev) => one(sql.get(BY.revision, rid, rev)),
    currentRequest: (rid) => one(sql.get(BY.rid, rid)),
    requestByDigest: (dig) => one(sql.get(BY.digest, dig)),
    requestsIn: (states) => states.flatMap((state) => sql.all(BY.state, state).map(requestOf)),
    requestsFor: ({ aud, from, to, limit, rid, state, patient, before }) =>
      sql
        .all(
          `${SELECT} JOIN (
             SELECT a.rid, MAX(a.rev) AS rev FROM ${patient === undefined ? "request_audience a" : OF_PATIENT}
             WHERE a.aud IN (SELECT value FROM json_each(?)) AND a.iat >= ? AND a.iat < ? AND (? IS NULL OR a.rid = ?)
             GROUP BY a.rid
           ) mine ON mine.rid = r.rid AND mine.rev = r.rev
           WHERE (r.iat, r.rid) < (?, ?) AND (? IS NULL OR r.state = ?) ${patient === undefined ? "" : ABOUT_PATIENT}
           ORDER BY r.iat DESC, r.rid DESC LIMIT ?`,
          ...about(patient),
          ...[JSON.stringify(aud), from, to, rid ?? null, rid ?? null],
          ...[before?.iat ?? Number.MAX_SAFE_INTEGER, before?.rid ?? "", state ?? null, state ?? null],
          ...about(patient),
          limit,
        )
        .map(requestOf),
    requestsOfTask: (agent, taskId) =>
      sql
        .all(
          `${SELECT} WHERE agent = ? AND task_id = ? AND ${CURRENT} ORDER BY task_idx, iat, rid`,
          agent,
          hidden("task", taskId),
        )
        .map(requestOf),
    operationHistory(opDig) {
      const row = sql.one(
        `SELECT COUNT(DISTINCT rid) AS asked, COUNT(DISTINCT CASE WHEN state = 'denied' THEN rid END) AS denied,
           MAX(CASE WHEN state = 'denied' THEN changed_at END) AS last FROM requests WHERE op_dig = ?`,
        hidden("operation", opDig),
      );
      return {
        asked: row.int("asked"),
        denied: row.int("denied"),
        ...present("last_denied_at", row.maybeInt("last")),
      };
    },
    asksBy(whose, since) {
      const [from, which, value, iat] = asksFrom(whose, key);
      const row = sql.one(
        `SELECT COUNT(CASE WHEN r.iat >= ? THEN 1 END) AS asked, MIN(CASE WHEN r.iat >= ? THEN r.iat END) AS oldest,
           COUNT(CASE WHEN r.state IN ('open', 'partial') THEN 1 END) AS waiting
           FROM ${from} WHERE ${which} AND ${iat} >= ?`,
        ...[since, since, value, since - LONGEST_LIFE_S],
      );
      return { asked: row.int("asked"), waiting: row.int("waiting"), ...present("oldest", row.maybeInt("oldest")) };
    },
    denialsOf(agent, since) {
      const row = sql.one(
        `SELECT COUNT(*) AS count, MAX(changed_at) AS last FROM requests
           WHERE agent = ? AND iat >= ? AND state = 'denied' AND changed_at >= ?`,
        ...[agent, since - LONGEST_LIFE_S, since],
      );
      return { count: row.int("count"), ...present("last", row.maybeInt("last")) };
    },
    nonceConsumed: (nonce) => sql.get("SELECT 1 FROM nonces WHERE nonce = ?", nonce) !== undefined,
    idempotent(agent, used, fingerprint) {
      const row = sql.get(
        "SELECT rid, fingerprint FROM idempotency WHERE agent = ? AND key = ?",
        ...[agent, hidden("key", used)],
      );
      return row && { rid: row.text("rid"), isSame: row.text("fingerprint") === hidden("asked", fingerprint) };
    },

    addRequest(r, at) {
      ring.addRequest(r.rid, r.rev, r.iat, about(r.patient)[0]);
      const whose = { rid: r.rid, rev: r.rev, own: "", at: r.iat };
      const sealed = ring.seal(whose, requestPlace(r.dig), r.jws);
      const text = sql.one("INSERT INTO request_texts (sealed) VALUES (?) RETURNING n", sealed).int("n");
      sql.run(
        `INSERT INTO requests (rid, rev, dig, jws, text, iat, exp, submit_by, grant_exp, nonce, agent, task_id, task_idx,
           op_dig, action, aud, need, risk, state, changed_at)
           VALUES (?,?,?,'',?,?,?,?,?,?,?,?,?,?,?,?,?,?,'open',?)`,
        ...[r.rid, r.rev, r.dig, text, r.iat, r.exp, r.submit_by, r.grant_exp],
        ...[r.nonce, r.agent, hidden("task", r.task_id), r.task_idx, hidden("operation", r.op_dig), r.action],
        ...[JSON.stringify(r.aud), r.need, r.risk, at],
      );
      for (const aud of new Set(r.aud)) {
        sql.run("INSERT INTO request_audience (aud, iat, rid, rev) VALUES (?,?,?,?)", aud, r.iat, r.rid, r.rev);
      }
      index.request(r, at);
    },
    moveRequest(rid, rev, from, to, at) {
      // SECURITY: TerminalIrreversibility, protocol.md 3.11: whatever a caller says, an ended request stays ended.
      const allowed = MOVABLE.map((state) => (from.includes(state) ? state : ""));
      return (
        sql.run(
          `UPDATE requests SET state = ?, changed_at = ? WHERE rid = ? AND rev = ?
             AND state IN (${MOVABLE.map(() => "?").join(", ")})`,
          ...[to, at, rid, rev, ...allowed],
        ) === 1
      );
    },
    approveRequest: (rid, rev, grant, at) =>
      sql.run(
        `UPDATE requests SET state = 'approved', changed_at = ?, execute_at = ?, uses_left = ?, grant_until = ?
           WHERE rid = ? AND rev = ? AND state IN ('open', 'partial')`,
        ...[at, grant.execute_at, grant.uses, grant.grant_until, rid, rev],
      ) === 1,
    consumeNonce(nonce, rid, rev, at) {
      try {
        sql.run("INSERT INTO nonces (nonce, rid, rev, at) VALUES (?,?,?,?)", nonce, rid, rev, at);
        return true;
      } catch (error) {
        if (isConflict(error, "nonces.nonce")) return false;
        throw error;
      }
    },
    keepIdempotencyKey(agent, used, entry, at) {
      sql.run(
        "INSERT INTO idempotency (agent, key, rid, fingerprint, at) VALUES (?,?,?,?,?)",
        ...[agent, hidden("key", used), entry.rid, hidden("asked", entry.fingerprint), at],
      );
    },
  };
}
