import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import path from "node:path";

import { CountersignError } from "#shared/protocol/error.ts";

import type { Clock } from "../ports.ts";
import { syncFolder } from "./replace-file.ts";
import type { Store } from "./store.ts";

/** Room for what ends things on a full disk: some thousand leaves with their events, and a checkpoint. */
export const RESERVE_BYTES = 4 * 1024 * 1024;
const RESERVE_FILE = "reserve";
const CHUNK_BYTES = 1024 * 1024;
const LOOK_AGAIN_MS = 5000;

/** Room that is kept in the data folder for a full disk (reliability.md D1). */
export interface Reserve {
  /** Why nothing new is accepted; undefined while there is room. */
  fault(): CountersignError | undefined;
  /** The disk was full: gives the room free, and takes it back by itself once there is enough for twice as much. */
  release(): void;
  close(): void;
}

export interface ReserveOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly bytes?: number;
  readonly onChange: (isFull: boolean) => void;
}

/** Makes the reserve where it is not there. On a disk that is full already it starts released. */
export function keepReserve({ folder, clock, onChange, bytes = RESERVE_BYTES }: ReserveOptions): Reserve {
  const file = path.join(folder, RESERVE_FILE);
  let isFull = false;
  let cancel: (() => void) | undefined;

  function release(): void {
    rmSync(file, { force: true });
    if (isFull) return;
    isFull = true;
    cancel = clock.after(LOOK_AGAIN_MS, lookAgain);
    onChange(true);
  }

  function lookAgain(): void {
    if (!hasRoom()) {
      cancel = clock.after(LOOK_AGAIN_MS, lookAgain);
      return;
    }
    isFull = false;
    cancel = undefined;
    onChange(false);
  }

  function hasRoom(): boolean {
    try {
      const { bavail, bsize } = statfsSync(folder);
      return bavail * bsize >= 2 * bytes && make(file, bytes);
    } catch {
      // A folder that cannot be looked at has no room either.
      return false;
    }
  }

  if (!isThere(file, bytes) && !make(file, bytes)) release();
  return {
    fault: () => (isFull ? new CountersignError("E_STORE_FULL") : undefined),
    release,
    close: () => cancel?.(),
  };
}

/**
 * The store, for a disk that may be full: what begins something new is refused from the first commit that failed until
 * there is room again, so the reserve is left for what ends what was begun.
 */
export function withReserve(store: Store, reserve: Reserve): Store {
  let depth = 0;
  const within = <T>(fn: () => T): T => {
    depth++;
    try {
      return fn();
    } catch (error) {
      if (isNoRoom(error)) reserve.release();
      throw error;
    } finally {
      depth--;
    }
  };
  return {
    ...store,
    write(fn) {
      const fault = depth === 0 ? reserve.fault() : undefined;
      if (fault) throw fault;
      return within(() => store.write(fn));
    },
    writeReserved(fn) {
      const wasFull = reserve.fault() !== undefined;
      try {
        return within(() => store.write(fn));
      } catch (error) {
        // Nothing of it is stored, and now there is room that was not there before.
        if (depth > 0 || wasFull || !isNoRoom(error)) throw error;
        return within(() => store.write(fn));
      }
    },
    fault: () => store.fault() ?? reserve.fault(),
    close() {
      reserve.close();
      store.close();
    },
  };
}

/** SQLite's word for it, or the file system's own about a file beside the database. */
const isNoRoom = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "E_STORE_FULL" || error.code === "ENOSPC");

function isThere(file: string, bytes: number): boolean {
  return statSync(file, { throwIfNoEntry: false })?.size === bytes;
}

/** False when there is no room for it. Random, so that no file system can keep it without its blocks. */
function make(file: string, bytes: number): boolean {
  const fresh = `${file}.new`;
  try {
    const handle = openSync(fresh, "w", 0o600);
    try {
      for (let left = bytes; left > 0; left -= CHUNK_BYTES) writeSync(handle, randomBytes(Math.min(left, CHUNK_BYTES)));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(fresh, file);
    syncFolder(path.dirname(file));
    return isThere(file, bytes);
  } catch (error) {
    rmSync(fresh, { force: true });
    if (isNoRoom(error)) return false;
    throw error;
  }
}
