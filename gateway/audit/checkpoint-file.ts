import { readFileSync } from "node:fs";

import { replaceFile } from "../store/replace-file.ts";

/**
 * The newest checkpoint beside the database, not in it: a database put back from a backup, or one that silently lost its
 * tail, is then seen at start (reliability.md, finding 4).
 */
export interface CheckpointFile {
  read(): string | undefined;
  /** Durable when it returns. */
  write(note: string): void;
}

export function checkpointFile(path: string): CheckpointFile {
  return {
    read() {
      try {
        return readFileSync(path, "utf8");
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
        throw error;
      }
    },
    write: (note) => replaceFile(path, note),
  };
}
