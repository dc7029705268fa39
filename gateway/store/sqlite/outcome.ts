import type { Opened } from "../erased.ts";
import type { ExecutionOutcome } from "../rows.ts";
import { ownJson, type Row } from "./sql.ts";

/** How it ended stands in the row for whoever counts; what the hospital's system said is sealed. */
export const OUTCOME_KINDS = ["done", "refused", "unknown"] as const;

export const statusOf = (outcome: ExecutionOutcome): number | null =>
  outcome.kind === "unknown" ? null : outcome.status;

/** Columns `kind`, `status` and `sealed`; undefined while it has not ended. Of an erased one only how it ended is left. */
export function outcomeOf(row: Row, open: (sealed: Uint8Array) => Opened): ExecutionOutcome | undefined {
  const sealed = row.maybeBytes("sealed");
  if (sealed === undefined) return undefined;
  const opened = open(sealed);
  if (typeof opened === "string") return ownJson<ExecutionOutcome>(opened);
  const kind = row.oneOf("kind", OUTCOME_KINDS);
  return kind === "unknown" ? { kind, why: "" } : { kind, status: row.int("status"), body: "" };
}
