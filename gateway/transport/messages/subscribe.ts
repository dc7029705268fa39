import { poolUri } from "#shared/protocol/names.ts";
import { RISKS, type Risk } from "#shared/protocol/claims/request.ts";
import { clientBodies } from "#shared/protocol/messages.ts";

import type { Feed, FeedEvent, Session, SnapshotItem } from "../../core.ts";
import { requestOf } from "../coalesce.ts";
import { FeedPump, type PumpStart } from "../feed-pump.ts";
import type { Peer } from "../peer.ts";
import { audienceOf } from "../presence.ts";
import { whenReady } from "./route.ts";

const POOL = "pool:";
const PAGE = 256;

/** `subscribe` → `subscribed`, then the feed: resumed after a cursor, or from a snapshot (protocol.md 3.4.4). */
export const subscribe = whenReady(clientBodies.subscribe, (peer, body, re, live) => {
  const { core, clock, presence } = peer.around;
  const { session } = live;
  const audience = chosenAudience(core.iss, session, body.feeds);
  if (audience === undefined) {
    peer.fail(re, "E_FEED");
    return;
  }
  const riskMin = riskOf(body.filter?.risk_min);
  if (riskMin === "unknown") {
    peer.fail(re, "E_CLM_SHAPE");
    return;
  }
  const head = core.feed.head(session.sub);
  const resumed = resumeAfter(core.feed, session.sub, body.cursor, head);
  const wants = narrowing(audience, audienceOf(core.iss, session), riskMin);
  const start: PumpStart = {
    sub: session.sub,
    kid: session.kid,
    credit: body.credit,
    after: resumed ?? head,
    ...(resumed === undefined ? { snapshot: snapshotOf(core.feed, session, wants) } : {}),
    ...(wants === undefined ? {} : { wants }),
  };
  const pump = new FeedPump(core.feed, sinkOf(peer, core.feed.epoch), start);
  peer.state = { ...live, kind: peer.state.kind === "draining" ? "draining" : "ready", pump };
  const mode = resumed === undefined ? "snapshot" : "resume";
  const last = resumed === undefined ? head : lastMissed(core.feed, session, resumed, wants);
  peer.answer(re, "subscribed", { epoch: core.feed.epoch, head: last, mode });
  for (const claim of presence.standing(audience, Math.floor(clock.nowMs() / 1000))) peer.send("action.claimed", claim);
  pump.pump();
});

/** `credit`: room for `n` more events. */
export const credit = whenReady(clientBodies.credit, (peer, body, re, live) => {
  if (live.pump === undefined) peer.fail(re, "E_FEED");
  else live.pump.grant(body.n);
});

/** `ack`: everything up to here is stored durably. Nothing is deleted for it (retention is by age and count). */
export const ack = whenReady(clientBodies.ack, (peer, body, re, live) => {
  if (live.pump === undefined) peer.fail(re, "E_FEED");
  else if (body.upto > live.pump.position) peer.fail(re, "E_CLM_SHAPE");
});

/** URIs of the feeds asked for; undefined when one of them is unknown or not this person's. */
function chosenAudience(iss: string, session: Session, feeds: readonly string[]): readonly string[] | undefined {
  const uris: string[] = [];
  for (const feed of feeds) {
    const pool = feed.startsWith(POOL) ? feed.slice(POOL.length) : undefined;
    // SECURITY: a feed is authorised by the directory's credential, never by the asker (OWASP: per-message authorisation).
    if (feed === "me") uris.push(session.sub);
    else if (pool !== undefined && session.cred.pools.includes(pool)) uris.push(poolUri(iss, pool));
    else return undefined;
  }
  return uris;
}

/** Where to go on, or undefined when only a snapshot is safe: another epoch, a gap, or a cursor from the future. */
function resumeAfter(feed: Feed, sub: string, cursor: string | null, head: number): number | undefined {
  if (cursor === null) return undefined;
  const [epoch, text] = cursor.split(":");
  const seq = Number(text);
  if (epoch !== feed.epoch || !Number.isSafeInteger(seq) || seq > head || !feed.retained(sub, seq)) return undefined;
  return seq;
}

/**
 * Where what a reader missed ends: its own last event, never the head of everybody's sequence, which it may not reach for
 * hours. A client is live when it has got this far (protocol.md 3.22: `seq` is per approver).
 */
function lastMissed(feed: Feed, { sub, kid }: Session, after: number, wants: PumpStart["wants"]): number {
  let last = after;
  for (let position = after; ;) {
    const page = feed.read(sub, position, PAGE, kid);
    for (const event of page) if (wants?.(event) !== false) last = event.seq;
    const end = page.at(-1);
    if (end === undefined) return last;
    position = end.seq;
  }
}

function riskOf(text: string | undefined): Risk | "unknown" | undefined {
  if (text === undefined) return undefined;
  return RISKS.find((risk) => risk === text) ?? "unknown";
}

/** Undefined where the subscription takes everything. Only events that offer a request are left out. */
function narrowing(
  chosen: readonly string[],
  all: readonly string[],
  riskMin: Risk | undefined,
): ((event: Pick<FeedEvent, "type" | "body">) => boolean) | undefined {
  if (riskMin === undefined && all.every((uri) => chosen.includes(uri))) return undefined;
  const least = riskMin === undefined ? 0 : RISKS.indexOf(riskMin);
  return (event) => {
    const claims = requestOf(event);
    if (claims === undefined) return true;
    return RISKS.indexOf(claims.action.risk) >= least && claims.aud.some((uri) => chosen.includes(uri));
  };
}

function snapshotOf(
  feed: Feed,
  session: Session,
  wants: ((event: Pick<FeedEvent, "type" | "body">) => boolean) | undefined,
): readonly SnapshotItem[] {
  const items = feed.snapshot(session);
  return wants === undefined ? items : items.filter(({ pending }) => wants({ type: "action.pending", body: pending }));
}

function sinkOf(peer: Peer, epoch: string): ConstructorParameters<typeof FeedPump>[1] {
  return {
    event: (type, body, seq) => peer.send(type, body, seq === undefined ? undefined : { seq, epoch }),
    snapshotEnd: (count, head) => peer.send("snapshot.end", { count, head }),
    lagging: () => peer.lagging(),
    room: () => peer.room(),
  };
}
