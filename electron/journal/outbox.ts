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
  /** It has not left this computer, on any start: known of what was kept with `waits`, and of nothing else. */
  waits(entry: DecisionRecord): boolean;
  /** Durable before it is sent: from now on nobody knows whether the gateway has it. @throws CountersignError `E_CLI_DISK` */
  sends(entry: DecisionRecord): Promise<void>;
  /** Forgets a decision whose receipt is in the journal. */
  remove(entry: DecisionRecord): Promise<void>;
}

export interface Reservation {
  /**
   * Returns once the file and its name are on the disk.
   * @param waits it cannot be sent now: a mark beside it says so until it is
   * @throws CountersignError `E_CLI_DISK`, `E_FMT_SIZE`
   */
  commit(entry: DecisionRecord, waits?: boolean): Promise<void>;
  /** Gives the room back; nothing was signed. */
  abandon(): Promise<void>;
}

/** A request JWS has at most 192 KiB, a decision 48 KiB; the rest is for credentials and the template. */
const ROOM = 384 * 1024;
const NAME = /^(\d{10})-[0-9a-f-]{36}\.out$/;
const RESERVED = "reserved.tmp";
const WAITS = ".waits";

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
  const marks = makeMarks(folder, seal);
  for (const name of (await readdir(folder)).sort()) {
    if (name.endsWith(WAITS)) {
      await marks.read(name);
      continue;
    }
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
  await marks.tidy(found);
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
      async commit(entry, waits = false) {
        const name = nameOf(entry);
        const bytes = seal.seal(encodeRecord(entry), `outbox/${name}`);
        // Not the disk's fault, and not said as one.
        if (bytes.length > ROOM) throw new CountersignError("E_FMT_SIZE", "The decision is too large to keep.");
        try {
          if (waits) await marks.make(name);
          await writeAt(handle, bytes, 0);
          await handle.truncate(bytes.length);
          await handle.sync();
          await rename(file, path.join(folder, name));
          await syncFolder(folder);
        } catch (cause) {
          await takeBack(path.join(folder, name));
          await marks.remove(name).catch(() => undefined);
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
    waits: (entry) => marks.has(nameOf(entry)),
    async sends(entry) {
      await marks.remove(nameOf(entry)).catch((cause: unknown) => {
        throw failed(cause);
      });
    },
    async remove(entry) {
      const name = nameOf(entry);
      await marks.remove(name);
      await removeFile(path.join(folder, name));
      found.delete(name);
    },
  };
}

/**
 * Marks of decisions that were never sent. A decision without one may have been, which is what is said where nothing is known;
 * so a mark is written before its decision is, is gone before that is sent, and one that is lost or damaged is none.
 */
function makeMarks(folder: string, seal: Seal) {
  const marked = new Set<string>();
  const fileOf = (name: string): string => path.join(folder, `${name}${WAITS}`);
  return {
    has: (name: string): boolean => marked.has(name),
    /** Whatever is wrong with it, it is no decision and nobody's loss. */
    async read(file: string): Promise<void> {
      const name = file.slice(0, -WAITS.length);
      try {
        const bytes = await readWhole(path.join(folder, file));
        if (bytes && seal.open(bytes, `outbox/${file}`).length === 0) marked.add(name);
      } catch {
        marked.delete(name);
      }
    },
    async tidy(decisions: ReadonlyMap<string, DecisionRecord>): Promise<void> {
      for (const file of (await readdir(folder)).filter((one) => one.endsWith(WAITS))) {
        const name = file.slice(0, -WAITS.length);
        if (marked.has(name) && decisions.has(name)) continue;
        marked.delete(name);
        await unlink(path.join(folder, file)).catch(() => undefined);
      }
    },
    /** Durable with the folder, which is flushed for the decision's own name. */
    async make(name: string): Promise<void> {
      const handle = await open(fileOf(name), "w", 0o600);
      try {
        await handle.writeFile(seal.seal(new Uint8Array(), `outbox/${name}${WAITS}`));
        await handle.sync();
      } finally {
        await handle.close();
      }
      marked.add(name);
    },
    async remove(name: string): Promise<void> {
      if (!marked.has(name)) return;
      await removeFile(fileOf(name));
      marked.delete(name);
    },
  };
}
