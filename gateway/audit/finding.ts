import { CountersignError } from "#shared/protocol/error.ts";

/** Where the audit met what is wrong: ids and figures only, for a log line. */
export interface FoundAt {
  /** Which comparison failed. */
  readonly step: "length" | "pages" | "root" | "checkpoint" | "entry" | "request" | "decision" | "statement" | "hold";
  /** Entry of the log from 0; of what has no entry its place among its kind; of a length, root or checkpoint its size. */
  readonly place: number;
}

export const damaged = (what: string, at: FoundAt): CountersignError =>
  new CountersignError(
    "E_STORE_CORRUPT",
    `The data folder is damaged: ${what}. No request is issued and nothing is signed. Restore the newest backup, or keep this folder as evidence and start with an empty one and a new log key.`,
    { cause: at },
  );

export const rollback = (what: string, at: FoundAt): CountersignError =>
  new CountersignError(
    "E_STORE_CORRUPT",
    `ROLLBACK DETECTED: ${what}. An older copy of the data folder is in place, or it was changed. No request is issued and nothing is signed. Put the newest copy back; clients would refuse this log.`,
    { cause: at },
  );

/** Undefined for what the audit did not find itself, such as a page that SQLite cannot read. */
export function foundAt(error: unknown): FoundAt | undefined {
  const cause: unknown = error instanceof CountersignError ? error.cause : undefined;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the two functions above alone give such a cause
  return typeof cause === "object" && cause !== null && "step" in cause ? (cause as FoundAt) : undefined;
}
