import { isAddressed } from "#shared/protocol/verify/eligibility.ts";

import type { Feed, FeedEvent } from "../core.ts";
import type { People } from "../decisions/people.ts";
import type { EventRow, NewFeedEvent, RequestRow } from "../store/rows.ts";
import type { Store, StoreTx } from "../store/store.ts";

/** Kept at least this long and this many (protocol.md 3.4.4). */
const KEEP_S = 72 * 3600;
const KEEP_EVENTS = 10_000;
const PRUNE_EVERY = 500;
/** Newest events held in memory: a reader that keeps up never asks the store. */
const RING = 2048;

export interface WritableFeed extends Feed {
  /** Stores an event in the caller's transaction; its readers are woken after the commit. */
  publish(tx: StoreTx, event: NewFeedEvent): void;
  /** Drops what is held in memory: something in the store was erased. */
  forget(): void;
}

interface Held extends NewFeedEvent {
  readonly seq: number;
}

/** Every approver's feed over one stored sequence (protocol.md 3.4.4, 3.22). */
export function makeFeed(options: {
  readonly iss: string;
  readonly store: Store;
  readonly people: People;
}): WritableFeed {
  const { iss, store, people } = options;
  const listeners = new Set<(sub: string) => void>();
  let ring: Held[] | undefined;
  /** Everything after this `seq` is in the ring. */
  let ringAfter = 0;

  /** Who comes back after a restart is told from memory as well: thousands do so at once (reliability.md R11). */
  function filled(): readonly Held[] {
    if (ring === undefined) {
      ring = [...store.feedNewest(RING)];
      ringAfter = ring.length < RING ? store.feedPrunedTo() : (ring[0]?.seq ?? 1) - 1;
    }
    return ring;
  }

  function keep(held: Held): void {
    // The store has it already: whoever reads next takes it from there, or took it a moment ago with others of its commit.
    if (ring === undefined || (ring.at(-1)?.seq ?? 0) >= held.seq) return;
    ring.push(held);
    if (ring.length <= RING * 2) return;
    ring = ring.slice(-RING);
    ringAfter = (ring[0]?.seq ?? 1) - 1;
  }

  function fromRing(
    held: readonly Held[],
    { sub, after, limit, kid }: { sub: string; after: number; limit: number; kid: string | undefined },
  ): FeedEvent[] {
    const mine = new Set(people.audienceOf(sub));
    const out: FeedEvent[] = [];
    for (let i = firstAfter(held, after); i < held.length && out.length < limit; i++) {
      const one = held[i];
      if (one?.aud.some((value) => mine.has(value)) && isFor(one, sub, kid)) {
        out.push({ seq: one.seq, type: one.type, body: one.body });
      }
    }
    return out;
  }

  return {
    epoch: store.feedEpoch(),
    head: () => store.feedHead(),
    retained: (_sub, seq) => seq >= store.feedPrunedTo(),
    read(sub, after, limit, kid) {
      const held = filled();
      if (after >= ringAfter) return fromRing(held, { sub, after, limit, kid });
      const reader = { aud: people.audienceOf(sub), sub, ...(kid === undefined ? {} : { kid }) };
      return store.feedAfter(reader, after, limit).map(({ seq, type, body }) => ({ seq, type, body }));
    },
    snapshot: (session) =>
      store
        .requestsIn(["open", "partial"])
        .filter(({ aud }) => isAddressed({ aud: [...aud], iss }, { sub: session.sub, pools: session.cred.pools }))
        .map((row) => {
          const progress = row.state === "partial" ? progressOf(store, row) : undefined;
          return { pending: { jws: row.jws, urgency: row.risk }, ...(progress && { progress: { set: progress.jws } }) };
        }),
    forget() {
      ring = undefined;
    },
    onEvents(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    publish(tx, event) {
      const seq = tx.addFeedEvent(event);
      if (seq % PRUNE_EVERY === 0) tx.pruneFeed(event.at - KEEP_S, KEEP_EVENTS);
      tx.afterCommit(() => {
        keep({ ...event, seq });
        for (const sub of people.addressed(event.aud)) for (const listener of listeners) listener(sub);
      });
    },
  };
}

const progressOf = (store: Store, { rid, rev }: RequestRow): EventRow | undefined =>
  store.events(rid).findLast((event) => event.rev === rev && event.name === "quorum-progress");

function isFor({ except, only_kid }: NewFeedEvent, sub: string, kid: string | undefined): boolean {
  if (only_kid !== undefined && kid !== undefined && only_kid !== kid) return false;
  return except?.sub !== sub || (kid !== undefined && except.kid !== kid);
}

/** Index of the first held event with a greater `seq`: they are in order. */
function firstAfter(ring: readonly Held[], seq: number): number {
  let [low, high] = [0, ring.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ring[middle]?.seq ?? 0) > seq) high = middle;
    else low = middle + 1;
  }
  return low;
}
