import { CREDIT_EXEMPT } from "#shared/protocol/messages.ts";

import type { Feed, FeedEvent, SnapshotItem } from "../core.ts";
import { coalesce } from "./coalesce.ts";

const BATCH = 128;

/** Where a pump puts what it sends. */
export interface FeedSink {
  /** With `seq`: in its place. Without: an early copy or a snapshot item, which does not move the cursor. */
  event(type: string, body: Readonly<Record<string, unknown>>, seq?: number): void;
  snapshotEnd(count: number, head: number): void;
  /** True while the socket holds more unsent bytes than its soft limit. */
  lagging(): boolean;
  /** False when even what may overtake has to wait for the socket. */
  room(): boolean;
}

export interface PumpStart {
  readonly sub: string;
  readonly kid: string;
  readonly credit: number;
  /** Last `seq` the client has; the feed goes on after it. */
  readonly after: number;
  /** Present when the client starts from a snapshot taken together with `after`. */
  readonly snapshot?: readonly SnapshotItem[];
  /** False for events the subscription leaves out; those that close something are never asked about. */
  readonly wants?: (event: FeedEvent) => boolean;
}

type Phase =
  { readonly kind: "snapshot"; readonly items: readonly SnapshotItem[]; next: number } | { readonly kind: "live" };

/**
 * One subscription: sends a person's feed in order, as far as credit and the socket allow, and lets what reduces risk
 * overtake (protocol.md 3.4.4). It pulls from the stored feed, so a slow reader costs a cursor, not a queue.
 */
export class FeedPump {
  readonly #feed: Pick<Feed, "read">;
  readonly #sink: FeedSink;
  readonly #start: PumpStart;
  #phase: Phase;
  #credit: number;
  /** Last event sent in its place, or left out. */
  #position: number;
  /** Up to here exempt events were sent early. */
  #early: number;
  /** The reader fell behind: older revisions are dropped until it has caught up. */
  #behind = false;

  constructor(feed: Pick<Feed, "read">, sink: FeedSink, start: PumpStart) {
    this.#feed = feed;
    this.#sink = sink;
    this.#start = start;
    this.#credit = start.credit;
    this.#position = start.after;
    this.#early = start.after;
    this.#phase =
      start.snapshot === undefined ? { kind: "live" } : { kind: "snapshot", items: start.snapshot, next: 0 };
  }

  /** Highest `seq` the client can have stored. */
  get position(): number {
    return this.#position;
  }

  grant(n: number): void {
    this.#credit += n;
    this.pump();
  }

  /** Sends what can be sent now. Called after a commit, a grant and whenever the socket has drained. */
  pump(): void {
    if (this.#sendSnapshot() && this.#sendInOrder()) return;
    this.#sendEarly();
  }

  /** True when there is no snapshot, or it is complete. */
  #sendSnapshot(): boolean {
    const phase = this.#phase;
    if (phase.kind === "live") return true;
    for (; phase.next < phase.items.length; phase.next++) {
      const item = phase.items[phase.next];
      if (item === undefined) continue;
      if (this.#credit <= 0 || this.#sink.lagging()) return false;
      this.#credit--;
      this.#sink.event("action.pending", { ...item.pending, snapshot: true });
      if (item.progress !== undefined) this.#sink.event("quorum.progress", item.progress);
    }
    this.#sink.snapshotEnd(phase.items.length, this.#position);
    this.#phase = { kind: "live" };
    return true;
  }

  /** True when everything there is was sent. */
  #sendInOrder(): boolean {
    for (;;) {
      const events = this.#feed.read(this.#start.sub, this.#position, BATCH, this.#start.kid);
      if (events.length === 0) {
        this.#behind = false;
        return true;
      }
      for (const event of this.#behind ? coalesce(events) : events) {
        if (this.#wanted(event) && !this.#sendOne(event)) return false;
        this.#position = event.seq;
      }
      this.#position = Math.max(this.#position, events.at(-1)?.seq ?? 0);
    }
  }

  #wanted(event: FeedEvent): boolean {
    return CREDIT_EXEMPT.has(event.type) || (this.#start.wants?.(event) ?? true);
  }

  /** False when the event has to wait. */
  #sendOne(event: FeedEvent): boolean {
    if (this.#sink.lagging()) {
      this.#behind = true;
      return false;
    }
    if (!CREDIT_EXEMPT.has(event.type)) {
      if (this.#credit <= 0) return false;
      this.#credit--;
    }
    this.#sink.event(event.type, event.body, event.seq);
    return true;
  }

  /**
   * SECURITY: a withdrawal, expiry, outcome or receipt never waits behind held events (protocol.md 3.4.4, T-35): it is
   * sent at once without its place, and again in its place later.
   */
  #sendEarly(): void {
    this.#early = Math.max(this.#early, this.#position);
    for (;;) {
      const events = this.#feed.read(this.#start.sub, this.#early, BATCH, this.#start.kid);
      if (events.length === 0) return;
      for (const event of events) {
        // A long backlog must not cut off the reader it is for; the rest follows when the socket has drained.
        if (!this.#sink.room()) return;
        this.#early = event.seq;
        if (CREDIT_EXEMPT.has(event.type)) this.#sink.event(event.type, event.body);
      }
    }
  }
}
