import { constants } from "node:fs";
import { open, readdir, rename, unlink } from "node:fs/promises";
import path from "node:path";

import { CountersignError } from "#shared/protocol/error.ts";

import { makeFolder, readWhole, removeFile, syncFolder, writeAt } from "./durable.ts";
import { encodeRecord } from "./fields.ts";
import { decodeDecision, type DecisionRecord } from "./record.ts";
import type { Seal } from "./seal.ts";

/**
 * Decisions that were signed and have no verified receipt: one sealed, fsynced file each, named by its place in the
 * chain, so that they go out in order (reliability.md 2.3).
 */
export interface Outbox {
  /** Undelivered decisions, by place in the chain. */
  entries(): readonly DecisionRecord[];
  /**
   * Takes the room a decision needs before anything is signed (reliability.md D2).
   * @throws CountersignError `E_CLI_DISK` when the disk is full or failed
   */
  reserve(): Promise<Reservation>;
  /** Forgets a decision whose receipt is in the journal. */
  remove(entry: DecisionRecord): Promise<void>;
}

export interface Reservation {
  /** Returns once the file and its name are on the disk. @throws CountersignError `E_CLI_DISK`, `E_FMT_SIZE` */
  commit(entry: DecisionRecord): Promise<void>;
  /** Gives the room back; nothing was signed. */
  abandon(): Promise<void>;
}

/** A request JWS has at most 192 KiB, a decision 48 KiB; the rest is for credentials and the template. */
const ROOM = 384 * 1024;
const NAME = /^(\d{10})-[0-9a-f-]{36}\.out$/;
const RESERVED = "reserved.tmp";

const nameOf = (entry: DecisionRecord) => `${String(entry.n).padStart(10, "0")}-${entry.jti}.out`;
const failed = (cause: unknown) =>
  new CountersignError("E_CLI_DISK", "The disk is full or failed. Nothing was sent.", { cause });

/**
 * Opens the folder. A file that does not open is moved to `quarantine` and told to `onDamage`, never skipped silently.
 * @throws Error of the system where a file cannot be read just now: it holds its place in the chain, and without it another
 * decision would take that
 */
export async function openOutbox(
  folder: string,
  quarantine: string,
  seal: Seal,
  onDamage: (file: string) => void,
): Promise<Outbox> {
  await makeFolder(folder);
  const found = new Map<string, DecisionRecord>();
  for (const name of (await readdir(folder)).sort()) {
    const file = path.join(folder, name);
    if (name === RESERVED) {
      await unlink(file);
      continue;
    }
    const bytes = NAME.test(name) ? await readWhole(file) : undefined;
    try {
      if (!bytes) throw new CountersignError("E_CLI_JOURNAL");
      const entry = decodeDecision(seal.open(bytes, `outbox/${name}`));
      if (nameOf(entry) !== name) throw new CountersignError("E_CLI_JOURNAL");
      found.set(name, entry);
    } catch {
      await makeFolder(quarantine);
      await rename(file, path.join(quarantine, name));
      await syncFolder(quarantine);
      onDamage(name);
    }
  }
  await syncFolder(folder);

  const reserve = async (): Promise<Reservation> => {
    const file = path.join(folder, RESERVED);
    const handle = await open(file, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, 0o600).catch(
      (cause: unknown) => {
        throw failed(cause);
      },
    );
    try {
      await handle.writeFile(Buffer.alloc(ROOM));
      await handle.sync();
    } catch (cause) {
      await handle.close();
      await unlink(file).catch(() => undefined);
      throw failed(cause);
    }
    /**
     * The person is told that nothing was sent, so nothing may be found and sent later: what is in the file goes first, then
     * its name, each as far as the disk still does what it is told.
     */
    const takeBack = async (name: string): Promise<void> => {
      const content = [() => handle.truncate(0), () => handle.sync(), () => handle.close()];
      const steps = [...content, () => unlink(name), () => syncFolder(folder)];
      for (const step of steps) await step().catch(() => undefined);
    };
    return {
      async commit(entry) {
        const name = nameOf(entry);
        const bytes = seal.seal(encodeRecord(entry), `outbox/${name}`);
        // Not the disk's fault, and not said as one.
        if (bytes.length > ROOM) throw new CountersignError("E_FMT_SIZE", "The decision is too large to keep.");
        try {
          await writeAt(handle, bytes, 0);
          await handle.truncate(bytes.length);
          await handle.sync();
          await rename(file, path.join(folder, name));
          await syncFolder(folder);
        } catch (cause) {
          await takeBack(path.join(folder, name));
          throw failed(cause);
        }
        found.set(name, entry);
        await handle.close();
      },
      async abandon() {
        await handle.close();
        await unlink(file).catch(() => undefined);
      },
    };
  };

  return {
    entries: () => [...found.keys()].sort().flatMap((name) => found.get(name) ?? []),
    reserve,
    async remove(entry) {
      const name = nameOf(entry);
      await removeFile(path.join(folder, name));
      found.delete(name);
    },
  };
}
