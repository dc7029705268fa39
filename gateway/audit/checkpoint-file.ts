import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/**
 * The newest checkpoint beside the database, not in it: a database put back from a backup, or one that silently lost its
 * tail, is then seen at start (reliability.md, finding 4).
 */
export interface CheckpointFile {
  read(): string | undefined;
  /** Durable when it returns: written apart, fsynced, renamed, folder fsynced. */
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
    write(note) {
      const fresh = `${path}.new`;
      const file = openSync(fresh, "w", 0o600);
      try {
        writeSync(file, note);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(fresh, path);
      syncFolder(dirname(path));
    },
  };
}

function syncFolder(folder: string): void {
  // Windows cannot open a folder to flush it; NTFS keeps the rename in its own journal.
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
