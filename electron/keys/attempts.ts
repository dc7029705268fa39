import { readFile } from "node:fs/promises";

import { CountersignError } from "#shared/protocol/error.ts";

import type { Clock } from "../clock.ts";
import { isMissing, removeFile, replaceFile } from "../journal/durable.ts";

/**
 * Limits wrong PINs, also across restarts: the attempt is on the disk before it is made. It slows down a person at the
 * keyboard; who can copy the files can guess without it (SECURITY.md).
 */
export interface Attempts {
  /**
   * Counts an attempt.
   * @throws CountersignError `E_CLI_PIN_LOCKED` while a delay runs, `E_CLI_DISK` where it cannot be counted: the attempt must
   * not be made
   */
  begin(): Promise<Attempt>;
}

/** What came of an attempt; a wrong PIN stays counted. @throws CountersignError `E_CLI_DISK` */
export interface Attempt {
  /** The PIN was right. */
  succeeded(): Promise<void>;
  /** Nobody looked at the PIN, because what it would open could not be read: it was no guess. */
  notJudged(): Promise<void>;
}

/** Seconds to wait after the n-th wrong PIN in a row. */
const DELAYS_S = [0, 0, 5, 15, 60, 300, 900, 1800, 3600];
const delayMs = (failures: number): number => 1000 * (DELAYS_S[Math.min(failures, DELAYS_S.length) - 1] ?? 0);

interface Count {
  readonly failures: number;
  /** Unix milliseconds of this computer. */
  readonly notBefore: number;
}

export function makeAttempts(file: string, clock: Clock): Attempts {
  return {
    async begin() {
      const before = await onDisk(read(file));
      const { failures, notBefore } = before;
      // SECURITY: a clock set back must not lock a person out for ever, nor free them: at most the full delay again.
      const wait = Math.min(notBefore - clock.nowMs(), delayMs(failures));
      if (wait > 0) throw locked(wait);
      const next = failures + 1;
      const count: Count = { failures: next, notBefore: clock.nowMs() + delayMs(next) };
      await write(count);
      return {
        succeeded: () => onDisk(removeFile(file)),
        notJudged: () => (failures === 0 ? onDisk(removeFile(file)) : write(before)),
      };
    },
  };

  function write(count: Count): Promise<void> {
    return onDisk(replaceFile(file, Buffer.from(JSON.stringify(count))));
  }
}

/** SECURITY: where attempts cannot be counted no PIN is tried; it is the disk that is at fault, and that is said. */
async function onDisk<T>(step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (cause) {
    throw new CountersignError("E_CLI_DISK", CANNOT_COUNT, { cause });
  }
}
const CANNOT_COUNT =
  "Your PIN cannot be checked: the disk of this computer is full or failing. Free some space, or use another workstation.";

async function read(file: string): Promise<Count> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (isMissing(error)) return { failures: 0, notBefore: 0 };
    throw error;
  }
  // SECURITY: an unreadable count is a high one, not none.
  const worst: Count = { failures: DELAYS_S.length, notBefore: 0 };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("failures" in value) || !("notBefore" in value)) return worst;
    const { failures, notBefore } = value;
    const valid = Number.isSafeInteger(failures) && Number.isFinite(notBefore);
    return valid && typeof failures === "number" && typeof notBefore === "number" ? { failures, notBefore } : worst;
  } catch {
    return worst;
  }
}

function locked(waitMs: number): CountersignError {
  const seconds = Math.ceil(waitMs / 1000);
  const text = seconds < 60 ? `${String(seconds)} s` : `${String(Math.ceil(seconds / 60))} min`;
  return new CountersignError("E_CLI_PIN_LOCKED", `Too many wrong PINs. Try again in ${text}.`);
}
