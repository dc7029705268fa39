import type { ExecutionOutcome, ExecutionRow, TokenRow } from "../rows.ts";
import type { ExecutionReads, ExecutionWrites, TokenReads, TokenWrites } from "../store.ts";
import type { Keyring } from "./keyring.ts";
import { outcomeOf, statusOf } from "./outcome.ts";
import { present, type Row, type Sql } from "./sql.ts";

/** Where an execution's outcome belongs. */
export const executionPlace = (execId: string): string => `executions ${execId}`;

export function executionsOf(sql: Sql, ring: Keyring): ExecutionReads & ExecutionWrites {
  const executionOf = (row: Row): ExecutionRow => ({
    exec_id: row.text("exec_id"),
    rid: row.text("rid"),
    rev: row.int("rev"),
    started_at: row.int("started_at"),
    ...present("finished_at", row.maybeInt("finished_at")),
    ...present(
      "outcome",
      outcomeOf(row, (sealed) => ring.open(sealed, executionPlace(row.text("exec_id")))),
    ),
  });
  function sealedOutcome(execId: string, outcome: ExecutionOutcome, at: number): Uint8Array | null {
    const row = sql.get("SELECT rid, rev FROM executions WHERE exec_id = ? AND finished_at IS NULL", execId);
    if (row === undefined) return null;
    const whose = { rid: row.text("rid"), rev: row.int("rev"), own: `execution ${execId}`, at };
    return ring.seal(whose, executionPlace(execId), JSON.stringify(outcome));
  }
  return {
    execution(execId) {
      const row = sql.get("SELECT * FROM executions WHERE exec_id = ?", execId);
      return row && executionOf(row);
    },
    executionsToRecover: () =>
      sql.all("SELECT * FROM executions WHERE finished_at IS NULL ORDER BY exec_id").map(executionOf),

    startExecution(rid, rev, execId, at) {
      // SECURITY: NoBypassWrite and at most one start, protocol.md 3.11: state and remaining uses in one statement.
      const moved = sql.run(
        `UPDATE requests SET state = 'executing', uses_left = uses_left - 1, changed_at = ?
           WHERE rid = ? AND rev = ? AND state = 'approved' AND uses_left > 0`,
        ...[at, rid, rev],
      );
      if (moved !== 1) return false;
      sql.run("INSERT INTO executions (exec_id, rid, rev, started_at) VALUES (?,?,?,?)", ...[execId, rid, rev, at]);
      return true;
    },
    finishExecution(execId, outcome, at) {
      const sealed = sealedOutcome(execId, outcome, at);
      if (sealed === null) return false;
      sql.run(
        "UPDATE executions SET finished_at = ?, kind = ?, status = ?, sealed = ? WHERE exec_id = ?",
        ...[at, outcome.kind, statusOf(outcome), sealed, execId],
      );
      sql.run(
        `UPDATE requests SET state = ?, changed_at = ? WHERE state = 'executing'
           AND (rid, rev) = (SELECT rid, rev FROM executions WHERE exec_id = ?)`,
        ...[outcome.kind === "done" ? "completed" : "failed", at, execId],
      );
      return true;
    },
  };
}

const tokenOf = (row: Row): TokenRow => ({
  jti: row.text("jti"),
  rid: row.text("rid"),
  rev: row.int("rev"),
  idx: row.int("idx"),
  exp: row.int("exp"),
  uses_left: row.int("uses_left"),
  ...present("revoked_at", row.maybeInt("revoked_at")),
  ...present("reason", row.maybeText("reason")),
});

export function tokensOf(sql: Sql): TokenReads & TokenWrites {
  return {
    token(jti) {
      const row = sql.get("SELECT * FROM tokens WHERE jti = ?", jti);
      return row && tokenOf(row);
    },
    tokensOf: (rid) => sql.all("SELECT * FROM tokens WHERE rid = ? ORDER BY idx", rid).map(tokenOf),
    tokensAlive: (now) => sql.all("SELECT * FROM tokens WHERE exp > ? ORDER BY idx", now).map(tokenOf),

    addToken: (t) =>
      sql
        .one(
          "INSERT INTO tokens (jti, rid, rev, exp, uses_left) VALUES (?,?,?,?,?) RETURNING idx",
          ...[t.jti, t.rid, t.rev, t.exp, t.uses],
        )
        .int("idx"),
    useToken: (jti, now) =>
      sql.run(
        "UPDATE tokens SET uses_left = uses_left - 1 WHERE jti = ? AND uses_left > 0 AND revoked_at IS NULL AND exp > ?",
        ...[jti, now],
      ) === 1,
    revokeToken: (jti, reason, at) =>
      sql.run("UPDATE tokens SET revoked_at = ?, reason = ? WHERE jti = ? AND revoked_at IS NULL", at, reason, jti) ===
      1,
  };
}
