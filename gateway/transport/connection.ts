import type { RawData, WebSocket } from "ws";

import { CountersignError } from "#shared/protocol/error.ts";
import { CLOSE, type GatewayType } from "#shared/protocol/messages.ts";
import { CODES, type ErrorCode } from "#shared/protocol/registry.ts";

import type { Session } from "../core.ts";
import { dispatch } from "./dispatch.ts";
import { makeFrame, parseFrame } from "./frames.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Outbound } from "./outbound.ts";
import type { ErrorExtra, Peer, Surroundings } from "./peer.ts";
import { audienceOf, type Bystander } from "./presence.ts";
import { RateBucket } from "./rate-bucket.ts";
import { liveOf, type ConnectionState } from "./state.ts";
import { Strikes } from "./strikes.ts";

const SECOND_MS = 1000;

/** What a connection tells whoever keeps the list of them. */
export interface ConnectionHooks {
  /** The session is proved. False refuses it: too many connections of one person. */
  onEnter(connection: Connection, session: Session): boolean;
  onClosed(connection: Connection): void;
}

/** One WebSocket of the feed (protocol.md 3.4): its state, its limits, its way out. */
export class Connection implements Peer, Bystander {
  readonly around: Surroundings;
  state: ConnectionState = { kind: "connected" };

  readonly #socket: WebSocket;
  readonly #hooks: ConnectionHooks;
  readonly #out: Outbound;
  readonly #heartbeat: Heartbeat;
  readonly #bucket: RateBucket;
  // protocol.md 3.4.4 and 3.22: the third malformed frame, the third message before the proof, the third E_RATE in a
  // second; of decisions in flight the third in a second, the one that is answered counted.
  readonly #malformed = new Strikes(3);
  readonly #tooEarly = new Strikes(3);
  readonly #tooFast = new Strikes(3, SECOND_MS);
  readonly #crowding = new Strikes(2, SECOND_MS);
  readonly #onClosed: (() => void)[] = [];
  #cancelDeadline: () => void = () => undefined;
  #cancelLag: () => void = () => undefined;
  #decisionInFlight = false;
  #wakePending = false;
  #checkpoint: string | undefined;
  #lastId = 0;

  constructor(socket: WebSocket, around: Surroundings, hooks: ConnectionHooks) {
    this.#socket = socket;
    this.around = around;
    this.#hooks = hooks;
    const { clock, limits, random, logger } = around;
    this.#out = new Outbound(socket, limits, {
      onLagging: () => {
        this.#cancelLag = clock.after(limits.lagMs, () => this.close(CLOSE.tooFast, "reader too slow"));
      },
      onDrained: () => {
        this.#cancelLag();
        this.#pump();
      },
      onOverflow: () => this.close(CLOSE.tooFast, "reader too slow"),
      onOversize: (bytes) => logger.error("ws.oversize", { bytes }),
    });
    this.#bucket = new RateBucket(limits.messagesPerSecond, limits.messageBurst, clock.nowMs());
    this.#heartbeat = new Heartbeat(clock, {
      intervalMs: limits.pingMs,
      phase: random.unit(),
      ping: () => socket.ping(),
      dead: () => socket.terminate(),
    });
    this.deadline(limits.handshakeMs, () => this.close(CLOSE.handshakeTimeout, "handshake timeout"));
    socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    socket.on("pong", () => this.#control());
    socket.on("ping", () => this.#control());
    socket.on("close", (code) => this.#closed(code));
    // The reason follows as a close event; without a listener a malformed frame would end the process.
    socket.on("error", () => undefined);
  }

  get sub(): string {
    return liveOf(this.state)?.session.sub ?? "";
  }

  answer(re: string, type: GatewayType, body: Readonly<Record<string, unknown>>, flushed?: () => void): void {
    if (type === "error") this.around.traffic?.refused("feed", String(body["code"]));
    const sent = this.#out.send(this.#frame(type, body, { re }), flushed);
    if (sent) return;
    flushed?.();
    // An answer larger than a client accepts must not look like silence.
    if (type !== "error") this.fail(re, "E_INTERNAL");
  }

  send(type: string, body: Readonly<Record<string, unknown>>, place?: { seq: number; epoch: string }): void {
    this.#out.send(
      place === undefined
        ? this.#frame(type, body, {})
        : this.around.frames.frameOf({ type, body, place, tsMs: this.#nowMs() }),
    );
  }

  presence(type: string, body: Readonly<Record<string, unknown>>): void {
    if (!this.#out.lagging()) this.send(type, body);
  }

  fail(re: string | undefined, code: ErrorCode, extra: ErrorExtra = {}): void {
    const { text, retry } = CODES[code];
    this.around.traffic?.refused("feed", code);
    this.#out.send(this.#frame("error", { code, title: text, ...extra, re, retry }, { re }));
    if (code === "E_AUTH_REQUIRED" && liveOf(this.state) === undefined && this.#tooEarly.hit(this.#nowMs())) {
      this.close(CLOSE.unauthenticated, "not authenticated");
    }
    if (code === "E_RATE" && this.#tooFast.hit(this.#nowMs())) this.close(CLOSE.tooFast, "too many messages");
  }

  close(code: number, reason: string): void {
    if (this.state.kind === "closed") return;
    this.around.logger.info("ws.close", { code, reason });
    this.#end();
    this.#socket.close(code, reason);
  }

  /** Cuts the socket without a closing handshake. */
  cut(): void {
    this.#socket.terminate();
  }

  deadline(afterMs: number, onOver: () => void): void {
    this.#cancelDeadline();
    this.#cancelDeadline = this.around.clock.after(afterMs, onOver);
  }

  onClosed(fn: () => void): void {
    this.#onClosed.push(fn);
  }

  enter(session: Session): boolean {
    if (!this.#hooks.onEnter(this, session)) return false;
    this.#cancelDeadline();
    this.onClosed(this.around.presence.join(this, session, audienceOf(this.around.core.iss, session)));
    return true;
  }

  lagging(): boolean {
    return this.#out.lagging();
  }

  room(): boolean {
    return this.#out.room();
  }

  decisionStarts(): "go" | "wait" | "close" {
    if (!this.#decisionInFlight) {
      this.#decisionInFlight = true;
      return "go";
    }
    return this.#crowding.hit(this.#nowMs()) ? "close" : "wait";
  }

  decisionEnds(): void {
    this.#decisionInFlight = false;
  }

  /** There may be new events. What is answering now goes first: a receipt before its copy in the feed. */
  wake(): void {
    if (this.#wakePending) return;
    this.#wakePending = true;
    queueMicrotask(() => {
      this.#wakePending = false;
      this.#pump();
    });
  }

  /** A newer signed checkpoint; one that waits is replaced, never queued (protocol.md 3.4.4). */
  checkpoint(note: string): void {
    if (liveOf(this.state)?.pump === undefined) return;
    this.#checkpoint = note;
    this.wake();
  }

  drain(reconnectAfterMs: number, reason: string): void {
    const live = liveOf(this.state);
    if (live === undefined) {
      this.close(CLOSE.draining, reason);
      return;
    }
    this.state = { ...live, kind: "draining" };
    this.send("drain", { reconnect_after_ms: reconnectAfterMs, reason });
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.state.kind === "closed") return;
    this.#heartbeat.alive();
    if (isBinary) {
      this.close(CLOSE.binary, "text frames only");
      return;
    }
    let message;
    try {
      // SECURITY: bytes are `unknown` until parsed once, strictly (T-09); `ws` has checked size and UTF-8.
      message = parseFrame(textOf(data));
    } catch (error) {
      const code = error instanceof CountersignError ? error.code : "E_FMT_JSON";
      this.fail(undefined, code);
      if (this.#malformed.hit(this.#nowMs())) this.close(CLOSE.malformed, "malformed frames");
      return;
    }
    // SECURITY: 20 messages a second, 60 at once (protocol.md 3.4.4, T-34).
    if (!this.#bucket.take(this.#nowMs())) {
      this.fail(message.id, "E_RATE", { retry_after_ms: SECOND_MS });
      return;
    }
    this.around.traffic?.message(message.type);
    dispatch(this, message);
  }

  /** SECURITY: a flood of control frames counts like a flood of messages. */
  #control(): void {
    this.#heartbeat.alive();
    if (!this.#bucket.take(this.#nowMs())) this.close(CLOSE.tooFast, "too many messages");
  }

  #pump(): void {
    const live = liveOf(this.state);
    if (live === undefined) return;
    try {
      live.pump?.pump();
      const note = this.#checkpoint;
      if (note === undefined || this.#out.lagging()) return;
      this.#checkpoint = undefined;
      this.send("log.checkpoint", { note });
    } catch (error) {
      this.around.logger.error("ws.feed", { error: error instanceof Error ? error.name : typeof error });
      this.close(CLOSE.internal, "feed fault");
    }
  }

  #frame(type: string, body: Readonly<Record<string, unknown>>, parts: { re?: string | undefined }): string {
    return makeFrame({ type, body, id: `g${++this.#lastId}`, tsMs: this.#nowMs(), ...parts });
  }

  #end(): void {
    this.state = { kind: "closed" };
    this.#out.stop();
    this.#heartbeat.stop();
    this.#cancelDeadline();
    this.#cancelLag();
    for (const fn of this.#onClosed.splice(0)) fn();
  }

  #closed(code: number): void {
    if (this.state.kind !== "closed") {
      this.around.logger.info("ws.closed", { code });
      this.#end();
    }
    this.#hooks.onClosed(this);
  }

  #nowMs(): number {
    return this.around.clock.nowMs();
  }
}

function textOf(data: RawData): string {
  if (Buffer.isBuffer(data)) return data.toString("utf8");
  return Array.isArray(data) ? Buffer.concat(data).toString("utf8") : Buffer.from(data).toString("utf8");
}
