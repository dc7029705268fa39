import { CREDIT_EXEMPT, type GatewayType } from "#shared/protocol/messages.ts";

import type { Incoming } from "./wire.ts";

/** Where the feed stands: everything up to here was applied (protocol.md 3.4.4). Kept by the link between sockets. */
export interface Cursor {
  readonly epoch: string;
  readonly seq: number;
}

export const cursorText = (cursor: Cursor | undefined): string | null =>
  cursor ? `${cursor.epoch}:${String(cursor.seq)}` : null;

/** Messages that carry news; everything else is an answer or about the connection. */
const FEED_TYPES = [
  "action.pending",
  "action.updated",
  "action.withdrawn",
  "action.expired",
  "action.resolved",
  "action.claimed",
  "action.viewing",
  "quorum.progress",
  "decision.receipt",
  "task.event",
  "log.checkpoint",
  "policy.updated",
  "template.updated",
  "keys.updated",
] as const satisfies readonly GatewayType[];
export type FeedType = (typeof FEED_TYPES)[number];
export type FeedMessage = Extract<Incoming, { type: FeedType }>;

export const isFeed = (message: Incoming): message is FeedMessage => FEED_TYPES.some((type) => type === message.type);

/** What the gateway counts against our credit: events in their place and snapshot items; not presence, not what is exempt. */
const isCounted = ({ type, seq }: FeedMessage): boolean =>
  !CREDIT_EXEMPT.has(type) && (seq !== undefined || type === "action.pending");

export const CREDIT = 256;
const RETURN_CREDIT_AT = 128;
/** As many events back it is known which came: more are never on their way at once (protocol.md 3.4.4, credit). */
const REMEMBERED = 2 * CREDIT;

export interface FeedHooks {
  /** Applies one message and resolves when what must not be forgotten is on the disk. */
  apply(message: FeedMessage): Promise<void>;
  sendCredit(n: number): void;
  /** Everything up to `seq` is durable. */
  acknowledge(seq: number): void;
  /**
   * The epoch changed under us, or an event came after one that follows it: the sequence is not to be relied on, and what
   * is open must be asked for anew (reliability.md B4).
   */
  resync(): void;
}

/** Follows one subscription: once and in order, credit returned, acknowledgements only after the disk has it. */
export class Feed {
  readonly #hooks: FeedHooks;
  readonly #epoch: string;
  #cursor: Cursor | undefined;
  #consumed = 0;
  /** Of this subscription, the newest: what comes again is told from what was overtaken. */
  readonly #came = new Set<number>();
  #from = 0;
  /** Seqs in order of arrival, until durable. */
  readonly #unacknowledged: { seq: number; durable: boolean }[] = [];

  constructor(epoch: string, cursor: Cursor | undefined, hooks: FeedHooks) {
    this.#epoch = epoch;
    this.#cursor = cursor;
    this.#from = cursor?.seq ?? 0;
    this.#hooks = hooks;
  }

  get cursor(): Cursor | undefined {
    return this.#cursor;
  }

  take(message: FeedMessage): void {
    if (isCounted(message)) this.#count();
    const { seq, epoch } = message;
    if (seq === undefined || epoch === undefined) {
      // A snapshot item, a presence notice, or an exempt event that overtook others: it comes again in its place.
      // What could not be applied, because the connection was given up meanwhile, comes again on the next one too.
      this.#hooks.apply(message).catch(() => undefined);
      return;
    }
    if (epoch !== this.#epoch) {
      this.#hooks.resync();
      return;
    }
    if (this.#cursor && seq <= this.#cursor.seq) {
      // Places of others are missing in what I am sent, so only what comes late shows that something was missing.
      if (seq > this.#from && !this.#came.has(seq)) this.#hooks.resync();
      return;
    }
    this.#cursor = { epoch, seq };
    this.#remember(seq);
    const entry = { seq, durable: false };
    this.#unacknowledged.push(entry);
    this.#hooks.apply(message).then(
      () => {
        entry.durable = true;
        this.#acknowledge();
      },
      // Not durable: never acknowledged, so the gateway keeps it and sends it again after a restart.
      () => undefined,
    );
  }

  /** `snapshot.end`: everything addressed to me was sent; news follows from `head`. */
  endSnapshot(head: number): void {
    if (!this.#cursor || head > this.#cursor.seq) this.#cursor = { epoch: this.#epoch, seq: head };
    this.#from = Math.max(this.#from, head);
  }

  #remember(seq: number): void {
    this.#came.add(seq);
    if (this.#came.size <= REMEMBERED) return;
    for (const oldest of this.#came) {
      this.#came.delete(oldest);
      this.#from = Math.max(this.#from, oldest);
      return;
    }
  }

  #count(): void {
    this.#consumed++;
    if (this.#consumed < RETURN_CREDIT_AT) return;
    this.#hooks.sendCredit(this.#consumed);
    this.#consumed = 0;
  }

  #acknowledge(): void {
    let upto: number | undefined;
    while (this.#unacknowledged[0]?.durable) upto = this.#unacknowledged.shift()?.seq;
    if (upto !== undefined) this.#hooks.acknowledge(upto);
  }
}
