import { encodeBase64url } from "#shared/protocol/base64url.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { CLOSE, type GatewayBody } from "#shared/protocol/messages.ts";
import { isErrorCode, type ErrorCode } from "#shared/protocol/registry.ts";

import type { Clock, RandomBytes } from "../clock.ts";
import type { UnlockedKey } from "../keys/unlocked-key.ts";
import { CREDIT, cursorText, Feed, isFeed, type Cursor, type FeedMessage } from "./feed.ts";
import type { GatewayClock } from "./gateway-clock.ts";
import { authBody, helloBody, verifyChallenge, type ClientInfo, type Me } from "./handshake.ts";
import { startHeartbeat, type Heartbeat } from "./heartbeat.ts";
import type { Closed, SocketFactory } from "./socket.ts";
import type { PinnedDirectory, TrustedGateway } from "./trusted-gateway.ts";
import { openWire, type Incoming, type Wire } from "./wire.ts";

/** From opening to `ready` (protocol.md 3.4.1), and for each answer on the way. */
const HANDSHAKE_MS = 10_000;
const ACK_MS = 500;
const DRAIN_GRACE_MS = 1_000;

export interface SessionParts {
  readonly crypto: Crypto;
  readonly sockets: SocketFactory;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly newId: () => string;
  readonly time: GatewayClock;
  readonly client: ClientInfo;
  readonly endpoint: URL;
  readonly directory: PinnedDirectory;
  readonly iss: string;
  readonly me: Me & { readonly pools: readonly string[] };
  /** The person's key, or undefined while locked: then a session can live on but not begin. */
  readonly key: () => UnlockedKey | undefined;
}

/** What the gateway said when it accepted us. */
export interface Ready {
  readonly gateway: TrustedGateway;
  readonly chain: GatewayBody<"ready">["chain"];
  readonly checkpoint?: string;
  readonly features: readonly string[];
}

export type Progress = "catching_up" | "live" | "stale" | "draining";

export interface SessionEnd {
  readonly closed: Closed;
  /** Why we ended it, or what the gateway said before it closed. */
  readonly fault?: ErrorCode;
  /** The other side had shown that it is the enrolled gateway, before it said any of this. */
  readonly wasProved: boolean;
  readonly wasReady: boolean;
  readonly drainMs?: number;
}

export interface SessionEvents {
  onReady(ready: Ready): void;
  onProgress(progress: Progress): void;
  onSnapshot(phase: "begin" | "end"): void;
  onFeed(message: FeedMessage): Promise<void>;
  onCursor(cursor: Cursor | undefined): void;
  onEnd(end: SessionEnd): void;
}

export interface Session {
  readonly wire: Wire;
  /** The gateway has accepted us: before that it takes nothing but the handshake (protocol.md 3.4.1). */
  readonly isReady: boolean;
  probe(): void;
  /** Asks for everything that is open again, over this connection. */
  askAnew(): void;
  close(): void;
}

/**
 * One socket from opening to closing: mutual proof, subscription, feed, heartbeat (protocol.md 3.4). It never reconnects;
 * the link does. Every callback belongs to this socket alone.
 */
export function openSession(parts: SessionParts, cursor: Cursor | undefined, events: SessionEvents): Session {
  const { clock, crypto, time } = parts;
  let gateway: TrustedGateway | undefined;
  let sid = "";
  let feed: Feed | undefined;
  let head = 0;
  let snapshotOpen = false;
  let early: Incoming[] = [];
  let heartbeat: Heartbeat | undefined;
  let progress: Progress | undefined;
  let stale = false;
  let ready = false;
  let fault: ErrorCode | undefined;
  let drainMs: number | undefined;
  let ackTimer: (() => void) | undefined;
  let ackUpto = 0;
  let ended = false;

  const handshakeTimer = clock.after(HANDSHAKE_MS, () => {
    fail("E_CLI_OFFLINE");
  });

  const wire = openWire(parts.endpoint, parts, {
    onOpen() {
      begin().catch((error: unknown) => {
        fail(error instanceof CountersignError ? error.code : "E_INTERNAL");
      });
    },
    onPong() {
      heartbeat?.pong();
    },
    onMessage: receive,
    onClosed(closed) {
      ended = true;
      handshakeTimer();
      heartbeat?.stop();
      ackTimer?.();
      events.onEnd({
        closed,
        wasProved: gateway !== undefined,
        wasReady: ready,
        ...(fault === undefined ? {} : { fault }),
        ...(drainMs === undefined ? {} : { drainMs }),
      });
    },
  });

  function fail(code: ErrorCode): void {
    if (ended) return;
    fault ??= code;
    wire.terminate();
  }

  function advance(next: Progress): void {
    if (ended || progress === next) return;
    progress = next;
    events.onProgress(stale && next === "live" ? "stale" : next);
  }

  async function begin(): Promise<void> {
    const clientNonce = encodeBase64url(parts.random(24));
    const challenge = await wire.call("hello", helloBody(parts.client, clientNonce), "challenge", HANDSHAKE_MS);
    const expected = {
      clientNonce,
      directory: parts.directory,
      iss: parts.iss,
      localNow: Math.floor(clock.nowMs() / 1000),
    };
    const verified = verifyChallenge(crypto, challenge.body, expected);
    time.hear(verified.at * 1000);
    gateway = verified.gateway;
    sid = verified.sid;
    const answer = await authenticate(verified.nonce);
    handshakeTimer();
    time.hear(answer.body.server_time);
    ready = true;
    const { chain, checkpoint, features = [] } = answer.body;
    events.onReady({ gateway, chain, features, ...(checkpoint === undefined ? {} : { checkpoint }) });
    heartbeat = startHeartbeat(clock, time, {
      socketPing() {
        wire.ping();
      },
      appPing: () => wire.send("ping", { t0: clock.nowMs() }),
      onStale() {
        stale = true;
        if (progress === "live") events.onProgress("stale");
      },
      onFresh() {
        stale = false;
        if (progress === "live") events.onProgress("live");
      },
      onDead() {
        wire.terminate();
      },
    });
    await subscribe(cursor);
  }

  async function authenticate(nonce: string) {
    const key = parts.key();
    if (!key) throw new CountersignError("E_CLI_LOCKED");
    const input = { iss: parts.iss, nonce, sid, at: time.nowS(), jti: parts.newId() };
    return wire.call("auth", await authBody(key, parts.me, input), "ready", HANDSHAKE_MS);
  }

  async function subscribe(from: Cursor | undefined): Promise<void> {
    feed = undefined;
    advance("catching_up");
    const pools = parts.me.pools.filter((pool) => gateway?.claims.pools.includes(pool));
    const feeds = ["me", ...pools.map((pool) => `pool:${pool}`)];
    const { body } = await wire.call(
      "subscribe",
      { feeds, cursor: cursorText(from), credit: CREDIT },
      "subscribed",
      HANDSHAKE_MS,
    );
    head = body.head;
    const resumed = body.mode === "resume" && from?.epoch === body.epoch;
    feed = new Feed(body.epoch, resumed ? from : undefined, {
      apply: (message) => events.onFeed(message),
      sendCredit: (n) => wire.send("credit", { n }),
      acknowledge,
      resync: askAnew,
    });
    snapshotOpen = !resumed;
    if (snapshotOpen) events.onSnapshot("begin");
    const waiting = early;
    early = [];
    for (const message of waiting) follow(feed, message);
    checkCaughtUp();
  }

  function askAnew(): void {
    if (!ready || ended) return;
    subscribe(undefined).catch(() => {
      fail("E_FMT_ENVELOPE");
    });
  }

  /** One message of the subscription, in order. */
  function follow(to: Feed, message: Incoming): void {
    if (message.type === "snapshot.end") {
      to.endSnapshot(message.body.head);
      snapshotOpen = false;
      events.onCursor(to.cursor);
      events.onSnapshot("end");
      head = 0;
    } else if (isFeed(message)) {
      to.take(message);
      events.onCursor(to.cursor);
    }
    checkCaughtUp();
  }

  function checkCaughtUp(): void {
    if (progress === "catching_up" && feed && !snapshotOpen && (feed.cursor?.seq ?? 0) >= head) advance("live");
  }

  function acknowledge(upto: number): void {
    ackUpto = upto;
    // Acknowledgements are cumulative: one every half second is enough.
    ackTimer ??= clock.after(ACK_MS, () => {
      ackTimer = undefined;
      wire.send("ack", { upto: ackUpto });
    });
  }

  function receive(message: Incoming): void {
    if (message.type === "snapshot.end" || isFeed(message)) {
      // What follows `subscribed` in the same packet arrives before its answer was looked at.
      if (feed) follow(feed, message);
      else early.push(message);
      return;
    }
    switch (message.type) {
      case "pong":
        time.measure(message.body);
        heartbeat?.pong();
        return;
      case "auth.required":
        // SECURITY: who has proved nothing is not shown who sits here, and no nonce of theirs is signed (T-01).
        if (!gateway) return;
        // Locked: the session ends when the gateway's patience does, and begins anew after unlock.
        authenticate(message.body.nonce).catch(() => undefined);
        return;
      case "drain":
        drainMs = message.body.reconnect_after_ms;
        advance("draining");
        clock.after(DRAIN_GRACE_MS, () => {
          wire.close(CLOSE.normal);
        });
        return;
      case "error":
        // An error that answers nothing we wait for is about the session; if the socket closes now, this is why.
        // SECURITY: not from a side that has proved nothing.
        if (gateway && isErrorCode(message.body.code)) fault = message.body.code;
        return;
      default:
      // An answer that came after its deadline.
    }
  }

  return {
    wire,
    get isReady() {
      return ready;
    },
    probe() {
      heartbeat?.probe();
    },
    askAnew,
    close() {
      wire.close(CLOSE.normal);
    },
  };
}
