import { closeSync, openSync } from "node:fs";
import { backup, type DatabaseSync } from "node:sqlite";

import { CountersignError } from "#shared/protocol/error.ts";

import { storeError } from "./sql.ts";

/** Pages at a time: some 4 MB, between which what comes in is answered. */
const STEP_PAGES = 1000;

/** How far a copy is, in pages of the database. */
export type CopyProgress = (copied: number, total: number) => void;

/**
 * Copies an open database as it is at one moment, while it goes on being written to through the same connection: it is
 * locked for every other. `to` must not exist; it is for its owner alone.
 * @throws CountersignError `E_STORE_FULL`, `E_STORE_READONLY` about the copy, never about the database
 */
export async function copyDatabase(db: DatabaseSync, to: string, onProgress: CopyProgress): Promise<void> {
  try {
    closeSync(openSync(to, "wx", 0o600));
    await backup(db, to, {
      rate: STEP_PAGES,
      progress: ({ totalPages, remainingPages }) => onProgress(totalPages - remainingPages, totalPages),
    });
  } catch (cause) {
    throw copyError(storeError(cause), to);
  }
}

function copyError(error: unknown, to: string): unknown {
  const code = codeOf(error);
  if (code === "E_STORE_FULL" || code === "ENOSPC") {
    return new CountersignError("E_STORE_FULL", `There is no room for ${to}. The gateway's own data is untouched.`);
  }
  if (["E_STORE_READONLY", "EACCES", "EPERM", "EROFS", "ENOENT", "EEXIST"].includes(code)) {
    const why = `${to} cannot be written by the account that runs the gateway, or is there already`;
    return new CountersignError("E_STORE_READONLY", `${why}. The gateway's own data is untouched.`, { cause: error });
  }
  return error;
}

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");
