import { once } from "node:events";
import net from "node:net";

import WebSocket from "ws";

import type { Members } from "./signed.ts";

/** The WebSocket binding of protocol.md 3.4: frames in, frames out, nothing judged. */

export interface Message {
  readonly v: number;
  readonly type: string;
  readonly id: string;
  readonly re?: string;
  readonly ts: string;
  readonly seq?: number;
  readonly epoch?: string;
  readonly body: Members;
}

const PATIENCE_MS = 45_000;

export class Socket {
  readonly received: Message[] = [];
  readonly closed: Promise<number>;
  /** The server's own ping came (3.4.4); it is answered by itself. */
  readonly pinged: Promise<void>;
  readonly #ws: WebSocket;
  readonly #tcp: net.Socket;
  #taken = new Set<Message>();
  #ids = 0;
  readonly #waiting = new Set<() => void>();

  private constructor(ws: WebSocket, tcp: net.Socket) {
    [this.#ws, this.#tcp] = [ws, tcp];
    this.closed = new Promise((done) =>
      ws.on("close", (code) => {
        done(code);
        this.#wake();
      }),
    );
    this.pinged = once(ws, "ping").then(() => undefined);
    this.pinged.catch(() => undefined);
    ws.on("error", () => undefined);
    ws.on("message", (data: Buffer) => {
      this.received.push(JSON.parse(data.toString("utf8")) as Message);
      this.#wake();
    });
  }

  static async open(url: string): Promise<Socket> {
    const { hostname, port } = new URL(url);
    const tcp = net.connect(Number(port), hostname);
    const options = { perMessageDeflate: false, maxPayload: 256 * 1024, createConnection: () => tcp };
    const socket = new Socket(new WebSocket(url, "countersign.v1", options), tcp);
    await once(socket.#ws, "open");
    return socket;
  }

  get isOpen(): boolean {
    return this.#ws.readyState === WebSocket.OPEN;
  }

  /** Sends an envelope and returns its id. */
  say(type: string, body: Members = {}, more: Members = {}): string {
    const id = `m${String(++this.#ids)}`;
    this.raw(JSON.stringify({ v: 1, type, id, ts: new Date().toISOString(), body, ...more }));
    return id;
  }

  raw(frame: string | Buffer): void {
    this.#ws.send(frame);
  }

  /** Bytes as a text frame, whatever they are. */
  text(bytes: Uint8Array): void {
    this.#ws.send(bytes, { binary: false });
  }

  /** Everything that is said meanwhile leaves in one segment, so that the server reads it at once. */
  atOnce(say: () => void): void {
    this.#tcp.cork();
    say();
    this.#tcp.uncork();
  }

  ping(): Promise<void> {
    const pong = once(this.#ws, "pong").then(() => undefined);
    this.#ws.ping();
    return pong;
  }

  async ask(type: string, body: Members = {}, more: Members = {}): Promise<Message> {
    const id = this.say(type, body, more);
    return await this.next(({ re }) => re === id);
  }

  /** The earliest message that nobody has taken and that is wanted; by type, or by a test. */
  async next(wanted: string | ((message: Message) => boolean)): Promise<Message> {
    const test = typeof wanted === "string" ? ({ type }: Message) => type === wanted : wanted;
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = this.received.find((message) => !this.#taken.has(message) && test(message));
      if (found !== undefined) {
        this.#taken.add(found);
        return found;
      }
      if (!this.isOpen && this.#ws.readyState === WebSocket.CLOSED) {
        throw new Error(`closed before it came; last was ${JSON.stringify(this.received.at(-1))}`);
      }
      await this.#more(until);
    }
  }

  close(): void {
    this.#ws.close(1000);
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  async #more(until: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((done, failed) => {
      this.#waiting.add(done);
      const late = (): void => failed(new Error(`not in time; had ${this.received.map((m) => m.type).join(" ")}`));
      timer = setTimeout(late, Math.max(0, until - Date.now()));
    }).finally(() => clearTimeout(timer));
  }
}
