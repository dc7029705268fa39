import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { Clock } from "../ports.ts";
import type { Store } from "../store/store.ts";
import type { Logger } from "../transport/logger.ts";
import { NOTHING, type Audited } from "./audited.ts";
import type { Begun } from "./begin.ts";
import { foundAt } from "./finding.ts";
import { keepMark } from "./mark.ts";
import { dropMarks, makeRound, type Round, type RoundProgress } from "./round.ts";

/** So long the event loop is kept at a time, and at least so long it is left alone: a twentieth of one core at most. */
const SLICE_MS = 0.5;
const LEAST_PAUSE_MS = 10;
const PAUSES_PER_SLICE = 19;
/** A kill loses no more of a round. */
const KEEP_EVERY_MS = 30_000;
/** What was appended is gone through so soon: that much a start after a kill has to. */
const TAIL_EVERY_MS = 60_000;
const DAY_MS = 24 * 3600 * 1000;

export interface BesideOptions {
  readonly crypto: Crypto;
  readonly store: Store;
  readonly vkey: string;
  /** Every signed checkpoint at hand, asked at the beginning of each round. */
  readonly notes: () => readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly begun: Begun;
  /** Milliseconds of a clock that nobody sets. */
  readonly ticks?: () => number;
}

export interface BesideAudit {
  /** How far the round is; undefined between two. */
  progress(): RoundProgress | undefined;
  /** When a whole audit ended last, Unix seconds. */
  wholeAt(): number;
  close(): void;
}

/**
 * Goes through the whole log and store beside serving, at each start and once a day, a few rows at a time; what was appended
 * since, every minute. What it finds wrong condemns the store: nothing is read, acknowledged or proved from then on, the
 * gateway is not ready and ends, and the next start goes through everything before it serves (docs/decisions/0018).
 */
export function auditBeside(options: BesideOptions): BesideAudit {
  const { crypto, store, vkey, notes, clock, logger, begun, ticks = () => performance.now() } = options;
  const waiting = [...begun.rounds];
  let { mark } = begun;
  let wholeBegunMs = clock.nowMs();
  let current: { readonly round: Round; readonly isWhole: boolean; readonly fromMs: number } | undefined;
  let keptMs = clock.nowMs();
  let { pagesDue } = begun;
  const closing = new AbortController();
  let cancel = (): void => undefined;

  const later = (ms: number, act: () => void): void => {
    cancel = clock.after(ms, () => guarded(act));
  };

  function guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      // A write that failed has broken it already, and says so itself.
      if (store.fault()?.code !== "E_STORE_CORRUPT") condemn(error);
    }
  }

  /** SECURITY: in one turn of the event loop: nothing is answered between what was found and that nothing more is. */
  function condemn(error: unknown, during = "read"): void {
    const { step = during, place = current?.round.done() ?? 0 } = foundAt(error) ?? {};
    const name = error instanceof Error ? error.name : typeof error;
    logger.error("log.damaged", { code: "E_STORE_CORRUPT", step, place, error: name });
    current = undefined;
    dropMarks(store);
    const isFound = error instanceof CountersignError && error.code === "E_STORE_CORRUPT";
    store.condemn(isFound ? error : new CountersignError("E_STORE_CORRUPT", undefined, { cause: error }));
  }

  function next(): void {
    const fromMs = clock.nowMs();
    const isDue = fromMs - wholeBegunMs >= DAY_MS;
    if (isDue || pagesDue) void checkPages();
    const order = { crypto, store, signed: { vkey, notes: notes() } };
    const whole = waiting.shift() ?? (isDue ? makeRound({ ...order, from: NOTHING }) : undefined);
    if (whole === undefined && store.logSize() === mark.size) {
      later(TAIL_EVERY_MS, next);
      return;
    }
    if (isDue) wholeBegunMs = fromMs;
    current = { round: whole ?? makeRound({ ...order, from: mark }), isWhole: whole !== undefined, fromMs };
    current.round.gently();
    slice();
  }

  /** By a process of its own; where that could not be, with the next round. */
  async function checkPages(): Promise<void> {
    pagesDue = false;
    try {
      const found = await store.checkPagesBeside(clock, closing.signal);
      if (closing.signal.aborted) return;
      // What another process says is wrong is looked at by this one as well.
      if (found === "damaged") store.checkPages();
      if (found === "sound") mark = { ...mark, pages_at: Math.floor(clock.nowMs() / 1000) };
      else logger.warn("log.pages-unsure");
    } catch (error) {
      if (!closing.signal.aborted && store.fault()?.code !== "E_STORE_CORRUPT") condemn(error, "pages");
    }
  }

  function slice(): void {
    if (current === undefined) return;
    const from = ticks();
    for (;;) {
      const gone = current.round.step();
      const spent = ticks() - from;
      if (gone !== undefined) {
        end(gone);
        return;
      }
      if (spent < SLICE_MS) continue;
      later(Math.max(LEAST_PAUSE_MS, spent * PAUSES_PER_SLICE), goOn);
      return;
    }
  }

  function goOn(): void {
    // Something else has broken it, and the process ends.
    if (store.fault()?.code === "E_STORE_CORRUPT") return;
    if (current?.isWhole === true && clock.nowMs() - keptMs >= KEEP_EVERY_MS) keepRound();
    slice();
  }

  function keepRound(): void {
    const at = current?.isWhole === true ? current.round.at() : undefined;
    keptMs = clock.nowMs();
    if (at === undefined || current === undefined) return;
    write(() => store.write((tx) => keepMark(tx, "round", vkey, { ...mark, ...at })));
    logger.info("log.auditing", { beside: true, ...current.round.progress() });
  }

  function end(gone: Audited): void {
    if (current === undefined) return;
    const { isWhole, fromMs } = current;
    current = undefined;
    const nowMs = clock.nowMs();
    mark = { ...mark, ...gone, ...(isWhole ? { whole_at: Math.floor(nowMs / 1000) } : {}) };
    write(() =>
      store.write((tx) => {
        keepMark(tx, "mark", vkey, mark);
        if (isWhole) tx.dropAuditMark("round");
      }),
    );
    if (isWhole) logger.info("log.audited", { entries: gone.size, seconds: Math.round((nowMs - fromMs) / 1000) });
    later(waiting.length > 0 ? LEAST_PAUSE_MS : TAIL_EVERY_MS, next);
  }

  later(LEAST_PAUSE_MS, next);
  return {
    progress: () => (current?.isWhole === true ? current.round.progress() : undefined),
    wholeAt: () => mark.whole_at,
    close() {
      cancel();
      closing.abort();
      if (store.fault() === undefined) keepRound();
      current = undefined;
    },
  };
}

/** A full disk keeps nothing of the audit, and the audit goes on. */
function write(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof CountersignError) || error.code !== "E_STORE_FULL") throw error;
  }
}
