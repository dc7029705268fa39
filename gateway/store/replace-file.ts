import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Replaces a file, or makes it, for its owner alone. Durable and whole when it returns, the old text until then: written
 * apart, fsynced, renamed, folder fsynced.
 */
export function replaceFile(path: string, text: string): void {
  const fresh = `${path}.new`;
  writeDurably(fresh, text, "w", 0o600);
  renameSync(fresh, path);
  syncFolder(dirname(path));
}

/** Makes a file that was not there, durable and whole when it returns; where that fails it is not there afterwards either. */
export function makeFile(path: string, text: string, mode: number): void {
  writeDurably(path, text, "wx", mode);
  syncFolder(dirname(path));
}

function writeDurably(path: string, text: string, flag: "w" | "wx", mode: number): void {
  const file = openSync(path, flag, mode);
  try {
    // One write may take less than it was given, as on a disk that is nearly full: this goes on until all is there.
    writeFileSync(file, text);
    fsyncSync(file);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Makes a file's content durable. */
export function syncFile(path: string): void {
  const handle = openSync(path, "r+");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Makes the folder's entries durable: what was made, renamed or removed in it. */
export function syncFolder(folder: string): void {
  // Windows cannot open a folder to flush it; NTFS keeps the rename in its own journal.
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
