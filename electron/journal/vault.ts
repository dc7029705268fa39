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

const UNREADABLE =
  "Your decisions on this computer cannot be read or written just now. Nothing was moved or changed. Tell IT, and sign in again once it is mended. Until then use another workstation.";

/**
 * Opens a person's vault. Damage is never fatal and never silent: the damaged file is kept in `quarantine/` and named.
 * @throws CountersignError `E_CLI_JOURNAL` when the folder cannot be written, or one of its files not be read just now: nothing
 * was moved, and the next opening finds it again
 */
export async function openVault(options: VaultOptions): Promise<{ vault: Vault; damage: readonly Damage[] }> {
  const { folder, secret, random } = options;
  const quarantine = path.join(folder, "quarantine");
  const damage: Damage[] = [];
  const files = new Set<FrameFile>();
  try {
    await makeFolder(folder);
    const seal = makeSeal(deriveKey(secret, "journal"), random);
    const journalTable = new JournalTable();
    const memoryTable = new MemoryTable();
    const journalFile = await openWhole("journal", seal, (bytes, i) => {
      journalTable.apply(decodeJournal(bytes), i);
    });
    files.add(journalFile);
    const memoryFile = await openWhole("memory", seal, (bytes) => {
      memoryTable.apply(decodeMemory(bytes));
    }).then((whole) => compact(whole, memoryTable, seal));
    files.add(memoryFile);
    const outbox = await openOutbox(path.join(folder, "outbox"), quarantine, seal, (file) => {
      damage.push({ file, what: "outbox" });
    });
    const vault: Vault = {
      outbox,
      journal: makeJournal(journalTable, journalFile),
      memory: makeMemory(memoryTable, memoryFile),
      close,
    };
    return { vault, damage };
  } catch (cause) {
    await close();
    if (cause instanceof CountersignError) throw cause;
    throw new CountersignError("E_CLI_JOURNAL", UNREADABLE, { cause });
  }

  async function close(): Promise<void> {
    await Promise.all([...files].map((file) => file.close()));
  }

  async function openWhole(
    what: "journal" | "memory",
    seal: Seal,
    visit: (bytes: Uint8Array, index: number) => void,
  ): Promise<FrameFile> {
    const file = fileOf(what);
    if (options.existing && !(await exists(file))) damage.push({ file: path.basename(file), what });
    const isDamaged = (): void => void damage.push({ file: path.basename(file), what });
    try {
      return await openFrames(file, seal, random, visit, async (whole) => {
        await makeFolder(quarantine);
        await replaceFile(path.join(quarantine, await freeName(what)), whole);
        isDamaged();
      });
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      // Not even the beginning can be read: the whole file is set aside and a new one begun.
      await makeFolder(quarantine);
      await rename(file, path.join(quarantine, await freeName(what)));
      await syncFolder(quarantine);
      await syncFolder(folder);
      isDamaged();
      return openFrames(file, seal, random, visit, damagedAnew);
    }
  }

  /**
   * Rewrites the memory when most of it has run out, so that it does not grow for ever. Where there is no room for that it
   * goes on as it is: nobody is kept from their work by it.
   */
  async function compact(frames: FrameFile, table: MemoryTable, seal: Seal): Promise<FrameFile> {
    const living = table.living(options.now);
    if (frames.size < 1024 || living.length * 2 > frames.size) return frames;
    const file = fileOf("memory");
    const next = `${file}.next`;
    try {
      await removeFile(next);
      const fresh = await openFrames(next, seal, random, () => undefined, damagedAnew);
      await fresh.append(living.map(encodeRecord)).finally(() => fresh.close());
    } catch {
      await removeFile(next).catch(() => undefined);
      return frames;
    }
    await frames.close();
    await rename(next, file);
    await syncFolder(folder);
    return openFrames(file, seal, random, () => undefined, damagedAnew);
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

/** A file that was written a moment ago cannot be damaged already: the disk lies, and nothing more is kept on it. */
const damagedAnew = (): Promise<void> => Promise.reject(new CountersignError("E_CLI_DISK"));

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
