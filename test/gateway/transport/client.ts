import { once } from "node:events";

import WebSocket from "ws";

import { envelope, type Envelope } from "#shared/protocol/messages.ts";
import { SUBPROTOCOL } from "#shared/protocol/names.ts";

import { sessionProof } from "./signed-by-people.ts";
import type { Person } from "./people.ts";

const PATIENCE_MS = 30_000;

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A client over a real socket that keeps everything it receives, in order. */
export class TestClient {
  readonly ws: WebSocket;
  readonly closed: Promise<Closed>;
  readonly received: Envelope[] = [];
  #read = 0;
  #lastId = 0;
  #arrived: () => void = () => undefined;

  private constructor(ws: WebSocket) {
    this.ws = ws;
    this.closed = new Promise((resolve) => {
      ws.on("close", (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#arrived();
      });
    });
    ws.on("error", () => undefined);
    ws.on("message", (data: Buffer) => {
      this.received.push(envelope.parse(JSON.parse(data.toString())));
      this.#arrived();
    });
  }

  static async connect(wsUrl: string, options: WebSocket.ClientOptions = {}): Promise<TestClient> {
    const ws = new WebSocket(wsUrl, SUBPROTOCOL, { perMessageDeflate: false, ...options });
    const client = new TestClient(ws);
    await once(ws, "open");
    return client;
  }

  /** Sends a message and returns its id. */
  say(type: string, body: Record<string, unknown> = {}, more: Record<string, unknown> = {}): string {
    const id = `c${++this.#lastId}`;
    this.ws.send(JSON.stringify({ v: 1, type, id, ts: new Date(0).toISOString(), body, ...more }));
    return id;
  }

  /** Sends a message and waits for its answer. */
  async ask(type: string, body: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Promise<Envelope> {
    const id = this.say(type, body, more);
    return await this.until((message) => message.re === id);
  }

  /** The next message nobody has taken yet, of this type when one is given. */
  async next(type?: string): Promise<Envelope> {
    return await this.until((message) => type === undefined || message.type === type);
  }

  /** Waits for a message; what comes before it is passed over. */
  async until(wanted: (message: Envelope) => boolean): Promise<Envelope> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      for (; this.#read < this.received.length; this.#read++) {
        const message = this.received[this.#read]!;
        if (!wanted(message)) continue;
        this.#read++;
        return message;
      }
      if (this.ws.readyState === WebSocket.CLOSED) throw new Error("closed before the message came");
      await this.#more(deadline);
    }
  }

  /** A round trip: everything the gateway sent before is here when it resolves. */
  async settled(): Promise<void> {
    const id = this.say("ping", { t0: 0 });
    const seen = () => this.received.some((message) => message.re === id);
    const deadline = Date.now() + PATIENCE_MS;
    while (!seen()) await this.#more(deadline);
  }

  types(): string[] {
    return this.received.map(({ type }) => type);
  }

  async hello(more: Record<string, unknown> = {}): Promise<Envelope> {
    return await this.ask("hello", {
      versions: ["1"],
      features: [],
      client: { app: "test", ver: "1", os: "test" },
      client_nonce: "AAAAAAAAAAAAAAAAAAAAAA",
      lang: ["en"],
      ...more,
    });
  }

  /** The whole handshake; returns the `ready` (or `error`) message. */
  async signIn(person: Person, nowMs: number): Promise<Envelope> {
    const { body } = await this.hello();
    const challenge = { nonce: String(body["nonce"]), sid: String(body["sid"]) };
    return await this.ask("auth", { proof: sessionProof(person, challenge, nowMs), cred: person.cred });
  }

  async #more(deadline: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => reject(new Error("no message in time")), Math.max(0, deadline - Date.now()));
    this.#arrived = () => resolve(undefined);
    await promise.finally(() => clearTimeout(timer));
  }
}
