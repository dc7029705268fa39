import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { WebSocketServer, type WebSocket } from "ws";

import { chainGenesis } from "#shared/protocol/digest.ts";
import type { GatewayType } from "#shared/protocol/messages.ts";
import { SUBPROTOCOL, TYP } from "#shared/protocol/names.ts";

import type { Clock } from "../../electron/clock.ts";
import { crypto, makeHospital, newId, type Hospital } from "./hospital.ts";
import { Inbox } from "./inbox.ts";

/** A message of the client, as it came. */
export interface Received {
  readonly type: string;
  readonly id: string;
  readonly re?: string;
  readonly body: Record<string, unknown>;
  readonly peer: Peer;
}

/** One connection, from the gateway's side. */
export interface Peer {
  readonly socket: WebSocket;
  send(type: GatewayType | (string & {}), body: object, more?: { re?: string; seq?: number; epoch?: string }): void;
  close(code: number): void;
}

type Handler = (message: Received) => void;

/**
 * A WebSocket server that speaks the protocol with real keys and does as the test says. Unless told otherwise it proves
 * itself, accepts everyone and answers subscriptions with an empty snapshot.
 */
export class ScriptedGateway {
  readonly hospital: Hospital;
  readonly url: string;
  readonly received = new Inbox<Received>();
  readonly peers: Peer[] = [];
  readonly #clock: Clock;
  readonly #handlers = new Map<string, Handler>();
  #session: Peer | undefined;
  readonly server: WebSocketServer;
  chain = (kid: string) => ({ n: 0, prev: chainGenesis(crypto, kid, this.hospital.iss) });
  checkpoint: string | undefined;
  /** What `ready` says that it can. */
  features: string[] = [];
  /** Gateway clock minus the client's wall clock, milliseconds. */
  offsetMs = 0;
  snapshot: readonly string[] = [];
  /** SETs that a snapshot tells beside its requests: how far their quorums are. */
  progress: readonly string[] = [];
  head = 0;
  epoch = "e1";
  credential: string;
  /** Nobody gets through: every connection breaks at once. */
  #isDown = false;

  constructor(server: WebSocketServer, clock: Clock, hospital?: Hospital) {
    this.server = server;
    this.#clock = clock;
    this.url = `ws://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
    this.hospital = hospital ?? makeHospital(this.url, Math.floor(clock.nowMs() / 1000));
    this.credential = this.hospital.credential;
    server.on("connection", (socket) => {
      this.#accept(socket);
    });
    this.#defaults();
  }

  nowMs(): number {
    return this.#clock.nowMs() + this.offsetMs;
  }

  nowS(): number {
    return Math.floor(this.nowMs() / 1000);
  }

  /** Replaces what is done with messages of `type`. */
  on(type: string, handler: Handler): void {
    this.#handlers.set(type, handler);
  }

  /** What is done with messages of `type` now. */
  handler(type: string): Handler {
    return this.#handlers.get(type)!;
  }

  get peer(): Peer {
    return this.peers.at(-1)!;
  }

  /** The connection that has the feed: not a short one beside it. */
  get session(): Peer {
    return this.#session ?? this.peer;
  }

  /** Resolves when the client has looked at everything sent so far: it answers a ping in its turn. */
  async flushed(): Promise<void> {
    const pong = once(this.peer.socket, "pong");
    this.peer.socket.ping();
    await pong;
  }

  /** Drops every connection, and each new one, until {@link up}. */
  down(): void {
    this.#isDown = true;
    for (const client of this.server.clients) client.terminate();
  }

  up(): void {
    this.#isDown = false;
  }

  /** Drops every connection and listens no more. */
  async stop(): Promise<void> {
    for (const client of this.server.clients) client.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** A feed event in its place. */
  push(type: GatewayType, body: object): void {
    this.head++;
    this.session.send(type, body, { seq: this.head, epoch: this.epoch });
  }

  ready(message: Received): void {
    const cred = JSON.parse(Buffer.from(String(message.body["cred"]).split(".")[1]!, "base64url").toString()) as {
      cnf: { jwk: Parameters<typeof crypto.importKey>[0] };
    };
    message.peer.send(
      "ready",
      {
        session: { id: newId(), exp: this.nowS() + 3600 },
        server_time: this.nowMs(),
        limits: {},
        features: this.features,
        chain: this.chain(crypto.importKey(cred.cnf.jwk).kid),
        ...(this.checkpoint === undefined ? {} : { checkpoint: this.checkpoint }),
      },
      { re: message.id },
    );
  }

  #defaults(): void {
    this.on("hello", ({ body, id, peer }) => {
      const sid = newId();
      const now = this.nowS();
      const proof = this.hospital.gateway.sign(TYP.session, {
        ver: 1,
        iss: this.hospital.iss,
        sub: this.hospital.iss,
        aud: "client",
        iat: now,
        exp: now + 60,
        jti: newId(),
        nonce: body["client_nonce"],
        sid,
      });
      const nonce = Buffer.from(newId()).toString("base64url");
      peer.send("challenge", { nonce, sid, gw_cred: this.credential, proof }, { re: id });
    });
    this.on("auth", (message) => {
      this.ready(message);
    });
    this.on("subscribe", ({ id, peer }) => {
      peer.send("subscribed", { epoch: this.epoch, head: this.head, mode: "snapshot" }, { re: id });
      for (const jws of this.snapshot) peer.send("action.pending", { jws, snapshot: true });
      for (const set of this.progress) peer.send("quorum.progress", { set });
      peer.send("snapshot.end", { count: this.snapshot.length, head: this.head });
    });
    // A gateway of before there were reports, until a test answers them.
    this.on("report.query", ({ id, peer }) => {
      peer.send("error", { code: "E_TYPE_UNKNOWN", title: "unknown", retry: "never" }, { re: id });
    });
    this.on("ping", ({ body, id, peer }) => {
      const now = this.nowMs();
      peer.send("pong", { t0: body["t0"], t1: now, t2: now }, { re: id });
    });
  }

  #accept(socket: WebSocket): void {
    if (this.#isDown) {
      socket.terminate();
      return;
    }
    const peer: Peer = {
      socket,
      send(type, body, more = {}) {
        socket.send(JSON.stringify({ v: 1, type, id: newId(), ts: new Date(0).toISOString(), body, ...more }));
      },
      close(code) {
        socket.close(code);
      },
    };
    this.peers.push(peer);
    socket.on("message", (data) => {
      const message = JSON.parse((data as Buffer).toString("utf8")) as Omit<Received, "peer">;
      const received = { ...message, peer };
      if (message.type === "subscribe") this.#session = peer;
      this.#handlers.get(message.type)?.(received);
      // Without the peer: what is kept for waiting must be printable.
      Object.defineProperty(received, "peer", { enumerable: false });
      this.received.put(received);
    });
  }
}

/** Begins to listen on a free port of this computer. Whoever starts it calls {@link ScriptedGateway.stop}. */
export async function listen(clock: Clock, hospital?: Hospital): Promise<ScriptedGateway> {
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  await once(server, "listening");
  return new ScriptedGateway(server, clock, hospital);
}
