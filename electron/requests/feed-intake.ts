import type { FeedMessage } from "../connection/feed.ts";
import type { TrustedGateway } from "../connection/trusted-gateway.ts";
import type { Memory, MemoryRecord } from "../journal/memory.ts";
import type { Journal } from "../journal/journal.ts";
import type { Outbox } from "../journal/outbox.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import { isFinal, isOpen, lastMine, type Held } from "./held.ts";
import { placeRevision, REMEMBER_S, takeRequest, type IntakeParts } from "./intake.ts";
import type { Revision } from "./revision.ts";
import { follows, sideAfter, verifyEvent, type SignedEvent } from "./signed-event.ts";
import type { Table } from "./table.ts";

export interface FeedIntakeParts extends IntakeParts {
  readonly table: Table;
  readonly journal: Journal;
  readonly outbox: Pick<Outbox, "entries">;
  readonly memory: Memory;
  readonly nowS: () => number;
  readonly gateway: () => TrustedGateway | undefined;
  /** Fetches a template of the site's own; resolves when it is there, or never will be. */
  readonly fetchTemplate: (tplDig: string) => Promise<boolean>;
}

export interface FeedIntakeEvents {
  /** Refused by C1–C7, or a signed event that does not verify: counted for IT, never listed. */
  onRefused(code: ErrorCode, name?: { readonly rid: string; readonly rev: number }): void;
  /** The request on the screen may have become another. */
  onReplaced(held: Held, deadlineOnly: boolean): void;
  onArrived(held: Held): void;
}

/** Applies what the gateway signed to what this computer holds. Each call resolves once it is on the disk. */
export interface FeedIntake {
  request(jws: string): Promise<void>;
  event(jws: string): Promise<void>;
  viewing(rid: string, by: string, state: string): void;
  /** A snapshot begins: what it does not hold is not confirmed when it ends. */
  beginSnapshot(): void;
  /** @returns requests to ask the gateway about (protocol.md 3.4.4) */
  endSnapshot(): readonly Held[];
  /** The gateway is vouched for anew, or no longer: what is open is judged by that, C1 to C14. */
  judgeAgain(): void;
  /** Events known from the journal are not kept twice. */
  knows(event: SignedEvent): void;
  /** A decision about this request is in the journal: what was heard of it before its receipt came joins it there. */
  decisionKept(reqDig: string): void;
}

const MAX_KNOWN = 10_000;

export function makeFeedIntake(parts: FeedIntakeParts, events: FeedIntakeEvents): FeedIntake {
  const { crypto, table, memory, journal, outbox } = parts;
  const known = new Set<string>();
  /** By request: who waits for a decision of mine about it to be in the journal. */
  const early = new Map<string, (() => void)[]>();
  let inSnapshot: Set<string> | undefined;

  const remember = (jti: string): void => {
    known.add(jti);
    if (known.size > MAX_KNOWN) for (const oldest of [...known].slice(0, MAX_KNOWN / 2)) known.delete(oldest);
  };

  async function request(jws: string): Promise<void> {
    const gateway = parts.gateway();
    if (!gateway) return;
    const now = parts.nowS();
    const taken = takeRequest(parts, gateway, jws, now);
    switch (taken.kind) {
      case "ignored":
        return;
      case "refused": {
        const { code, rid, rev } = taken;
        events.onRefused(code, rid === undefined ? undefined : { rid, rev: rev ?? 0 });
        return;
      }
      case "listed": {
        const { revision, learned } = taken;
        inSnapshot?.add(revision.rid);
        const placed = placeRevision(table.get(revision.rid), revision, gateway.iss, now);
        table.put(placed.held);
        if (placed.kind === "new") events.onArrived(placed.held);
        if (placed.kind === "revised" || placed.kind === "deadline") {
          events.onReplaced(placed.held, placed.kind === "deadline");
        }
        void lookUpTemplate(gateway, revision);
        await memory.learn(learned);
        return;
      }
      default:
        taken satisfies never;
    }
  }

  /** Quarantined only because its template, which the directory vouches for, is not here yet: fetched and read again. */
  async function lookUpTemplate(gateway: TrustedGateway, { verdict, content }: Revision): Promise<void> {
    const isMissing = verdict.kind === "quarantined" && verdict.code === "E_DSP_TEMPLATE";
    if (!isMissing) return;
    const { claims, jws } = content();
    const { tpl_dig } = claims.display;
    if (!gateway.claims.templates.includes(tpl_dig) || parts.templates.fetched(tpl_dig)) return;
    if (await parts.fetchTemplate(tpl_dig)) await request(jws);
  }

  async function event(jws: string): Promise<void> {
    const gateway = parts.gateway();
    if (!gateway) return;
    let signed: SignedEvent;
    try {
      signed = verifyEvent(crypto, gateway, jws);
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      events.onRefused(error.code);
      return;
    }
    const side = sideAfter(signed);
    if (side) {
      table.change(signed.rid, (held) => {
        // SECURITY: a SET acts only on the revision its req_dig names, protocol.md 3.21.
        const acts = held.revision.digest === signed.req_dig && follows(side, held.side);
        return acts ? { ...held, side, confirmed: true } : held;
      });
    }
    if (known.has(signed.jti)) return;
    remember(signed.jti);
    const now = parts.nowS();
    const ended: readonly MemoryRecord[] =
      side && (isFinal(side) || side.kind === "approved")
        ? [{ t: "ended", iss: gateway.iss, digest: signed.req_dig, until: now + REMEMBER_S }]
        : [];
    await memory.learn(ended);
    // What came of a decision can be heard before its receipt, after a connection that broke in between.
    if (!journal.isAbout(signed.req_dig) && outbox.entries().some(({ req_dig }) => req_dig === signed.req_dig)) {
      await new Promise<void>((kept) => early.set(signed.req_dig, [...(early.get(signed.req_dig) ?? []), kept]));
    }
    if (journal.isAbout(signed.req_dig)) {
      await journal.append([{ t: "event", req_dig: signed.req_dig, jws, at: now }]);
    }
  }

  function judgeAgain(): void {
    const gateway = parts.gateway();
    if (!gateway) return;
    for (const held of table.all().filter((one) => isOpen(one.side))) {
      const taken = takeRequest(parts, gateway, held.revision.content().jws, parts.nowS());
      if (taken.kind === "listed") table.put({ ...held, revision: taken.revision });
      // It was listed when its key was good: it stays to be read and denied until a signed word closes it (3.21).
      else if (taken.kind === "refused" && taken.code === "E_GW_KEY") {
        const verdict = { kind: "quarantined", code: taken.code, findings: [] } as const;
        table.put({ ...held, revision: { ...held.revision, verdict } });
      }
    }
  }

  return {
    request,
    event,
    judgeAgain,
    viewing(rid, by, state) {
      table.change(rid, (held) => {
        const others = held.viewing.filter((sub) => sub !== by);
        return { ...held, viewing: state === "opened" && by !== parts.me.sub ? [...others, by] : others };
      });
    },
    beginSnapshot() {
      inSnapshot = new Set();
    },
    endSnapshot() {
      const present = inSnapshot ?? new Set<string>();
      inSnapshot = undefined;
      const missing = table.all().filter((held) => !present.has(held.key.rid) && !isFinal(held.side));
      for (const held of missing) {
        if (isOpen(held.side) && lastMine(held)?.kind !== "sending") {
          table.change(held.key.rid, (now) => ({ ...now, confirmed: false }));
        }
      }
      return missing;
    },
    knows: (signed) => {
      remember(signed.jti);
    },
    decisionKept(reqDig) {
      const waiting = early.get(reqDig) ?? [];
      early.delete(reqDig);
      for (const kept of waiting) kept();
    },
  };
}

/** The signed parts of a feed message, in the order in which they are applied. */
export async function applyFeed(
  intake: FeedIntake,
  message: FeedMessage,
  other: {
    receipt(jws: string): Promise<void>;
    checkpoint(note: string): void;
    keyChanged(jws: string): void;
    /** Something is to be asked anew: the message says nothing itself. */
    rulesChanged(): void;
  },
): Promise<void> {
  switch (message.type) {
    case "action.pending":
      return intake.request(message.body.jws);
    case "action.updated":
      // The new revision first: the event then only closes the old one.
      await intake.request(message.body.jws);
      return intake.event(message.body.set);
    case "action.withdrawn":
    case "action.expired":
    case "action.resolved":
    case "quorum.progress":
    case "task.event":
      return intake.event(message.body.set);
    case "decision.receipt":
      return other.receipt(message.body.jws);
    case "action.viewing":
      intake.viewing(message.body.rid, message.body.by, message.body.state);
      return;
    case "log.checkpoint":
      other.checkpoint(message.body.note);
      return;
    case "policy.updated":
      other.rulesChanged();
      return;
    case "action.claimed":
    case "template.updated":
      // Advisory: a claim stops nobody, and policy and templates come with the requests themselves.
      return;
    case "keys.updated":
      if (message.body.set !== undefined) other.keyChanged(message.body.set);
      return;
    default:
      message satisfies never;
  }
}
