import { CountersignError } from "#shared/protocol/error.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import type { Clock } from "../clock.ts";
import type { Memory, PromisedEntry } from "../journal/memory.ts";

/** Within what the log promises an entry (MMD, protocol.md 3.16), and the way there and back. */
const PROMISE_MS = 70_000;
const LOOK_MS = 10_000;
/** Of one log. One erasure has one entry, however many rows it is of; each is asked for every {@link LOOK_MS}. */
const MOST = 32;
/** Answers that say: the log does not have it. Anything else is about the connection. */
const NOT_THERE: ReadonlySet<ErrorCode> = new Set(["E_LOG_PENDING", "E_LOG_PROOF", "E_LOG_RANGE"]);

/**
 * A gateway's word that an erasure is not in its log yet, held against the log (docs/decisions/0016). The word is kept with
 * the exact entry it was given for, so that neither another time nor another entry for the same row renews it, and the entry
 * is asked for here, whether or not somebody looks at the row again.
 */
export interface LogPromises {
  /**
   * Keeps the word before anybody is shown it.
   * @returns false where it is not to be waited for: an earlier word was not made good in time, or there are too many of them
   */
  take(promised: PromisedEntry): Promise<boolean>;
  /** Asks for what is open: a connection has begun. */
  look(): Promise<void>;
  stop(): void;
}

export function makeLogPromises(parts: {
  readonly clock: Clock;
  readonly memory: Pick<Memory, "promised">;
  readonly iss: string;
  /** Key of the gateway's log; undefined where nothing is connected. */
  readonly vkey: () => string | undefined;
  /** Durable. */
  readonly learn: (records: Parameters<Memory["learn"]>[0]) => Promise<void>;
  /** @throws CountersignError where the log does not prove that it has exactly this entry */
  readonly prove: (entry: string) => Promise<unknown>;
  readonly accuse: (promised: PromisedEntry) => Promise<void>;
}): LogPromises {
  const { clock, memory, iss, learn } = parts;
  /** When each was first heard; one of an earlier start counts from this one. SECURITY: never by the gateway's own clock. */
  const heard = new Map<string, number>();
  const began = clock.elapsedMs();
  let key: string | undefined;
  let looking: Promise<void> = Promise.resolve();
  let cancel: (() => void) | undefined;
  let isOver = false;

  function open(): readonly PromisedEntry[] {
    // The rows of a connection that has just ended are still of its log.
    key = parts.vkey() ?? key;
    return key === undefined ? [] : memory.promised(iss, key);
  }

  const isDue = ({ entry }: PromisedEntry): boolean => clock.elapsedMs() - (heard.get(entry) ?? began) >= PROMISE_MS;
  const isOverdue = (): boolean => open().some(isDue);

  async function settle(promised: PromisedEntry): Promise<void> {
    try {
      await parts.prove(promised.entry);
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      if (!NOT_THERE.has(error.code) || !isDue(promised)) return;
      isOver = true;
      await parts.accuse(promised);
      return;
    }
    if (key !== undefined)
      await learn([{ t: "promised", iss, vkey: key, ...promised, isKept: 1 }]).catch(() => undefined);
    heard.delete(promised.entry);
  }

  async function lookOnce(): Promise<void> {
    for (const promised of open()) {
      // The rest is asked for in its turn; of a log that is no longer believed nothing is.
      if (isOver || parts.vkey() === undefined) return;
      await settle(promised);
    }
  }

  function look(): Promise<void> {
    looking = looking.then(lookOnce);
    schedule();
    return looking;
  }

  function schedule(): void {
    if (isOver || cancel !== undefined || open().length === 0) return;
    cancel = clock.after(LOOK_MS, () => {
      cancel = undefined;
      void look();
    });
  }

  return {
    async take(promised) {
      if (isOverdue()) await look();
      if (isOver || isOverdue()) return false;
      if (open().some(({ entry }) => entry === promised.entry)) return true;
      if (open().length >= MOST) await look();
      if (key === undefined || open().length >= MOST) return false;
      heard.set(promised.entry, clock.elapsedMs());
      try {
        await learn([{ t: "promised", iss, vkey: key, ...promised, isKept: 0 }]);
      } catch {
        // SECURITY: a word that the next start would not know of is not taken.
        return false;
      }
      schedule();
      return true;
    },
    look,
    stop() {
      isOver = true;
      cancel?.();
    },
  };
}
