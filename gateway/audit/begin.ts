import { setImmediate } from "node:timers/promises";

import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { Clock } from "../ports.ts";
import type { Store } from "../store/store.ts";
import { NOTHING, type Audited } from "./audited.ts";
import { keepMark, readMark, type Mark } from "./mark.ts";
import { dropMarks, makeRound, type Round, type RoundProgress } from "./round.ts";

/** So long the event loop is kept at a time: who asks how far it is, and who says stop, is heard. */
const SLICE_MS = 25;
/** So long a start goes on with the whole log beyond what it needs: a small one is all of it audited before it is served. */
const FIRST_MS = 1000;

export interface BeginOptions {
  readonly crypto: Crypto;
  readonly store: Store;
  readonly clock: Clock;
  readonly vkey: string;
  /** Every signed checkpoint at hand. */
  readonly notes: readonly string[];
  /** Unix seconds. */
  readonly now: () => number;
  /** Milliseconds of a clock that nobody sets. */
  readonly ticks?: () => number;
  /** Ends it with the reason given. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (how: RoundProgress) => void;
  /** Told once where all of it has to be gone through before it is served. */
  readonly onWhole?: (why: WhyWhole) => void;
  /** {@link FIRST_MS} unless given. */
  readonly firstMs?: number;
  /** {@link FEW_BYTES} unless given. */
  readonly fewBytes?: number;
}

/** `new`: the store has no mark. `refused`: it is not one that this gateway's audit made of this store. */
export type WhyWhole = "new" | "refused" | "restored";

/** A store that may be served, and what is left to go through beside that. */
export interface Begun {
  readonly mark: Mark;
  /** In this order. The first may be under way. */
  readonly rounds: readonly Round[];
  /** The file's pages were not looked at. */
  readonly pagesDue: boolean;
}

/**
 * What has to be gone through before a gateway serves (docs/decisions/0018): everything after the mark, under every
 * checkpoint at hand; where there is no mark to build on, everything. Then as much of the whole log as takes no time.
 * @throws CountersignError `E_STORE_CORRUPT`; the reason of `signal`
 */
export async function auditToServe(options: BeginOptions): Promise<Begun> {
  const { crypto, store, vkey, notes, now, onWhole, firstMs = FIRST_MS } = options;
  const round = (from: Audited): Round => makeRound({ crypto, store, signed: { vkey, notes }, from });
  const from = trusted(options);
  if (typeof from === "string" && store.logSize() > 0) onWhole?.(from);
  try {
    const whole = typeof from === "string";
    const checkedAt = await checkedPages(whole ? 0 : from.pages_at, options);
    const pages_at = checkedAt ?? (whole ? 0 : from.pages_at);
    const end = await goThrough(round(whole ? NOTHING : from), options);
    let mark: Mark = { ...end, whole_at: whole ? now() : from.whole_at, pages_at };
    keep(store, vkey, mark, whole);
    const rounds = whole ? [] : [...unfinished(store, vkey).map(round), round(NOTHING)];
    const within = { ...options, until: (options.ticks ?? ticks)() + firstMs };
    let done = 0;
    for (const one of rounds) {
      const gone = await goThrough(one, within);
      if (gone === undefined) break;
      done++;
      mark = { ...gone, whole_at: now(), pages_at };
      keep(store, vkey, mark, done === rounds.length);
    }
    return { mark, rounds: rounds.slice(done), pagesDue: checkedAt === undefined };
  } catch (error) {
    if (error instanceof CountersignError && error.code === "E_STORE_CORRUPT") dropMarks(store);
    throw error;
  }
}

/** A file of this size is looked at in the time in which a process would be started for it. */
const FEW_BYTES = 64 * 1024 * 1024;
/** So long a store is served whose pages no audit beside serving got to look at. */
const PAGES_GOOD_S = 7 * 24 * 3600;

/** Now, where the pages were looked at; undefined where that is left to be done beside serving. */
async function checkedPages(at: number, options: BeginOptions): Promise<number | undefined> {
  const { store, clock, now, signal, fewBytes = FEW_BYTES } = options;
  const isFew = store.pageBytes() <= fewBytes;
  const sinceS = now() - at;
  // A clock that was set back says nothing of how long ago that was.
  if (!isFew && sinceS >= 0 && sinceS < PAGES_GOOD_S) return undefined;
  const found = isFew ? "unsure" : await store.checkPagesBeside(clock, signal ?? new AbortController().signal);
  signal?.throwIfAborted();
  // What another process says is wrong is looked at by this one as well.
  if (found !== "sound") store.checkPages();
  return now();
}

function trusted({ store, vkey }: BeginOptions): Mark | WhyWhole {
  // SECURITY: an older copy, whose mark is as old: it was put in place by a command that audited it, on another day.
  if (store.restored() !== undefined) return "restored";
  const standing = readMark(store, "mark", vkey);
  if (standing.kind === "kept") return standing.mark;
  return standing.kind === "none" ? "new" : "refused";
}

/** Where a round of an earlier process stopped. */
function unfinished(store: Store, vkey: string): readonly Audited[] {
  const standing = readMark(store, "round", vkey);
  return standing.kind === "kept" ? [standing.mark] : [];
}

function keep(store: Store, vkey: string, mark: Mark, isWholeDone: boolean): void {
  try {
    store.write((tx) => {
      keepMark(tx, "mark", vkey, mark);
      if (isWholeDone) tx.dropAuditMark("round");
    });
  } catch (error) {
    // Then the next start has more to go through.
    if (!(error instanceof CountersignError) || error.code !== "E_STORE_FULL") throw error;
  }
}

const ticks = (): number => performance.now();

type ThroughOptions = Pick<BeginOptions, "signal" | "onProgress" | "ticks">;

/**
 * Steps of a round with the event loop free between them. Undefined where time ran out: the round can be gone on with.
 * @throws what the round throws; the reason of the signal
 */
export async function goThrough(
  round: Round,
  options: ThroughOptions & { readonly until: number },
): Promise<Audited | undefined>;
export async function goThrough(round: Round, options: ThroughOptions): Promise<Audited>;
export async function goThrough(
  round: Round,
  { signal, onProgress, ticks: at = ticks, until = Infinity }: ThroughOptions & { readonly until?: number },
): Promise<Audited | undefined> {
  await setImmediate();
  for (let begun = at(); ;) {
    signal?.throwIfAborted();
    if (at() >= until) return undefined;
    const gone = round.step();
    if (gone !== undefined) return gone;
    if (at() - begun < SLICE_MS) continue;
    onProgress?.(round.progress());
    await setImmediate();
    begun = at();
  }
}
