import type { AllowedAct } from "../../requests/allowed-act.ts";
import type { AllowedReads, AllowedRow, AllowedWrites } from "../allowed.ts";
import type { ExecutionOutcome } from "../rows.ts";
import { ownJson, present, type Row, type Sql } from "./sql.ts";

function rowOf(row: Row): AllowedRow {
  const outcome = row.maybeText("outcome");
  return {
    ...{ act: ownJson<AllowedAct>(row.text("act")), what: row.text("what"), dig: row.text("dig") },
    started_at: row.int("started_at"),
    ...present("finished_at", row.maybeInt("finished_at")),
    ...present("outcome", outcome === undefined ? undefined : ownJson<ExecutionOutcome>(outcome)),
  };
}

export function allowedOf(sql: Sql): AllowedReads & AllowedWrites {
  const one = (row: Row | undefined): AllowedRow | undefined => row && rowOf(row);
  return {
    allowedAct: (id) => one(sql.get("SELECT * FROM allowed_acts WHERE id = ?", id)),
    allowedByKey: (agent, key) => one(sql.get("SELECT * FROM allowed_acts WHERE agent = ? AND key = ?", agent, key)),
    allowedToRecover: () =>
      sql.all("SELECT * FROM allowed_acts WHERE finished_at IS NULL ORDER BY id").map((row) => rowOf(row)),
    // SECURITY: one start under one key, as a constraint and not as a check before it.
    startAllowed: ({ act, what, dig }, at) =>
      sql.run(
        `INSERT INTO allowed_acts (id, agent, key, what, act, dig, started_at) VALUES (?,?,?,?,?,?,?)
           ON CONFLICT DO NOTHING`,
        ...[act.id, act.agent.sub, act.idempotency_key ?? null, what, JSON.stringify(act), dig, at],
      ) === 1,
    finishAllowed: (id, outcome, at) =>
      sql.run(
        "UPDATE allowed_acts SET finished_at = ?, outcome = ? WHERE id = ? AND finished_at IS NULL",
        ...[at, JSON.stringify(outcome), id],
      ) === 1,
    freeAllowedKey: (id) => void sql.run("UPDATE allowed_acts SET key = NULL WHERE id = ?", id),
  };
}
