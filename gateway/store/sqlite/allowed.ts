import type { AllowedAct } from "../../requests/allowed-act.ts";
import type { AllowedReads, AllowedRow, AllowedWrites } from "../allowed.ts";
import { readable } from "../erased.ts";
import type { ExecutionOutcome } from "../rows.ts";
import { hiddenUnder } from "./hidden.ts";
import type { Keyring } from "./keyring.ts";
import { outcomeOf, statusOf } from "./outcome.ts";
import { patientDigest } from "./patient-digest.ts";
import { ownJson, present, type Row, type Sql } from "./sql.ts";

/** Where an allowed act and its outcome belong. */
export const ALLOWED_PLACE = {
  act: (id: string): string => `allowed_acts act ${id}`,
  outcome: (id: string): string => `allowed_acts outcome ${id}`,
};

/** Name of the key of its own that an act has. */
export const allowedKey = (id: string): string => `allowed ${id}`;

export function allowedOf(sql: Sql, ring: Keyring, key: () => Uint8Array): AllowedReads & AllowedWrites {
  const hidden = hiddenUnder(key);
  function rowOf(row: Row): AllowedRow {
    const id = row.text("id");
    const outcome = outcomeOf(row, (sealed) => ring.open(sealed, ALLOWED_PLACE.outcome(id)));
    return {
      act: ownJson<AllowedAct>(readable(ring.open(row.bytes("sealed_act"), ALLOWED_PLACE.act(id)))),
      isSame: (what) => row.text("what") === hidden("asked", what),
      ...{ dig: row.text("dig"), started_at: row.int("started_at") },
      ...present("finished_at", row.maybeInt("finished_at")),
      ...present("outcome", outcome),
    };
  }
  const one = (row: Row | undefined): AllowedRow | undefined => row && rowOf(row);
  function sealed(place: string, id: string, value: AllowedAct | ExecutionOutcome, at: number, patient?: string) {
    const about = patient === undefined ? undefined : patientDigest(key(), "ref", patient);
    return ring.seal({ own: allowedKey(id), at, patient: about }, place, JSON.stringify(value));
  }
  return {
    allowedAct: (id) => one(sql.get("SELECT * FROM allowed_acts WHERE id = ?", id)),
    allowedByKey: (agent, used) =>
      one(sql.get("SELECT * FROM allowed_acts WHERE agent = ? AND key = ?", agent, hidden("key", used))),
    allowedToRecover: () =>
      sql.all("SELECT * FROM allowed_acts WHERE finished_at IS NULL ORDER BY id").map((row) => rowOf(row)),
    // SECURITY: one start under one key, as a constraint and not as a check before it.
    startAllowed: ({ act, what, dig }, at) =>
      sql.run(
        `INSERT INTO allowed_acts (id, agent, key, what, act, sealed_act, dig, started_at) VALUES (?,?,?,?,'',?,?,?)
           ON CONFLICT DO NOTHING`,
        ...[act.id, act.agent.sub, act.idempotency_key === undefined ? null : hidden("key", act.idempotency_key)],
        hidden("asked", what),
        ...[sealed(ALLOWED_PLACE.act(act.id), act.id, act, at, act.patient), dig, at],
      ) === 1,
    finishAllowed: (id, outcome, at) =>
      sql.get("SELECT 1 FROM allowed_acts WHERE id = ? AND finished_at IS NULL", id) !== undefined &&
      sql.run(
        "UPDATE allowed_acts SET finished_at = ?, kind = ?, status = ?, sealed = ? WHERE id = ?",
        ...[at, outcome.kind, statusOf(outcome), sealed(ALLOWED_PLACE.outcome(id), id, outcome, at), id],
      ) === 1,
    freeAllowedKey: (id) => void sql.run("UPDATE allowed_acts SET key = NULL WHERE id = ?", id),
  };
}
