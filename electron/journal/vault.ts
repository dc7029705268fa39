import { rename, stat } from "node:fs/promises";
import path from "node:path";

import { CountersignError } from "#shared/protocol/error.ts";

import type { RandomBytes } from "../clock.ts";
import { isMissing, makeFolder, removeFile, replaceFile, syncFolder } from "./durable.ts";
import { encodeRecord } from "./fields.ts";
import { openFrames, type FrameFile } from "./frame-file.ts";
import { JournalTable, makeJournal, type Journal } from "./journal.ts";
import { decodeMemory, makeMemory, MemoryTable, type Memory } from "./memory.ts";
import { openOutbox, type Outbox } from "./outbox.ts";
import { decodeJournal } from "./record.ts";
import { deriveKey, makeSeal, type Seal } from "./seal.ts";

/** Everything one person keeps on this computer: outbox, journal and memory, sealed under a key from their secret. */
export interface Vault {
  readonly outbox: Outbox;
  readonly journal: Journal;
  readonly memory: Memory;
  close(): Promise<void>;
}

/** A file that could not be read whole. The readable part is in use; the damaged file is in the quarantine folder. */
export interface Damage {
  readonly file: string;
  readonly what: "journal" | "memory" | "outbox";
}

export interface VaultOptions {
  readonly folder: string;
  /** 32 bytes from the person's unlocked secret; may be wiped by the caller afterwards. */
  readonly secret: Uint8Array;
  readonly random: RandomBytes;
  /** Seconds, to drop memory that has run out. */
  readonly now: number;
  /** False on the first opening, right after enrolment: later a missing file is damage too. */
  readonly existing: boolean;
}

/**
 * Opens a person's vault. Damage is never fatal and never silent: the damaged file is kept in `quarantine/` and named.
 * @throws CountersignError `E_CLI_JOURNAL` when the folder cannot be written
 */
export async function openVault(options: VaultOptions): Promise<{ vault: Vault; damage: readonly Damage[] }> {
  const { folder, secret, random } = options;
  const quarantine = path.join(folder, "quarantine");
  const damage: Damage[] = [];
  try {
    await makeFolder(folder);
    const seal = makeSeal(deriveKey(secret, "journal"), random);
    const journalTable = new JournalTable();
    const memoryTable = new MemoryTable();
    const opened = {
      journal: await openWhole("journal", seal, (bytes, i) => {
        journalTable.apply(decodeJournal(bytes), i);
      }),
      memory: await openWhole("memory", seal, (bytes) => {
        memoryTable.apply(decodeMemory(bytes));
      }),
    };
    const memoryFile = await compact(opened.memory, memoryTable, seal);
    const outbox = await openOutbox(path.join(folder, "outbox"), quarantine, seal, (file) => {
      damage.push({ file, what: "outbox" });
    });
    const vault: Vault = {
      outbox,
      journal: makeJournal(journalTable, opened.journal),
      memory: makeMemory(memoryTable, memoryFile),
      async close() {
        await Promise.all([opened.journal.close(), memoryFile.close()]);
      },
    };
    return { vault, damage };
  } catch (cause) {
    if (cause instanceof CountersignError) throw cause;
    throw new CountersignError("E_CLI_JOURNAL", "The folder of your decisions cannot be read or written.", { cause });
  }

  async function openWhole(
    what: "journal" | "memory",
    seal: Seal,
    visit: (bytes: Uint8Array, index: number) => void,
  ): Promise<FrameFile> {
    const file = fileOf(what);
    if (options.existing && !(await exists(file))) damage.push({ file: path.basename(file), what });
    try {
      const { file: frames, damaged } = await openFrames(file, seal, random, visit);
      if (damaged) {
        await makeFolder(quarantine);
        await replaceFile(path.join(quarantine, await freeName(what)), damaged);
        damage.push({ file: path.basename(file), what });
      }
      return frames;
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      // Not even the beginning can be read: the whole file is set aside and a new one begun.
      await makeFolder(quarantine);
      await rename(file, path.join(quarantine, await freeName(what)));
      await syncFolder(folder);
      damage.push({ file: path.basename(file), what });
      return (await openFrames(file, seal, random, visit)).file;
    }
  }

  /** Rewrites the memory when most of it has run out, so that it does not grow for ever. */
  async function compact(frames: FrameFile, table: MemoryTable, seal: Seal): Promise<FrameFile> {
    const living = table.living(options.now);
    if (frames.size < 1024 || living.length * 2 > frames.size) return frames;
    await frames.close();
    const file = fileOf("memory");
    const next = `${file}.next`;
    await removeFile(next);
    const { file: fresh } = await openFrames(next, seal, random, () => undefined);
    await fresh.append(living.map(encodeRecord));
    await fresh.close();
    await rename(next, file);
    await syncFolder(folder);
    return (await openFrames(file, seal, random, () => undefined)).file;
  }

  function fileOf(what: "journal" | "memory"): string {
    return path.join(folder, `${what}.csj`);
  }

  async function freeName(what: string): Promise<string> {
    for (let i = 1; ; i++) {
      const name = `${what}-${String(i)}.csj`;
      if (!(await exists(path.join(quarantine, name)))) return name;
    }
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
