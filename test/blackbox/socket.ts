import { once } from "node:events";

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
  readonly #ws: WebSocket;
  #taken = new Set<Message>();
  #ids = 0;
  #wake: () => void = () => undefined;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
    this.closed = new Promise((done) =>
      ws.on("close", (code) => {
        done(code);
        this.#wake();
      }),
    );
    ws.on("error", () => undefined);
    ws.on("message", (data: Buffer) => {
      this.received.push(JSON.parse(data.toString("utf8")) as Message);
      this.#wake();
    });
  }

  static async open(url: string): Promise<Socket> {
    const ws = new WebSocket(url, "countersign.v1", { perMessageDeflate: false, maxPayload: 256 * 1024 });
    const socket = new Socket(ws);
    await once(ws, "open");
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

  async #more(until: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((done, failed) => {
      this.#wake = done;
      const late = (): void => failed(new Error(`not in time; had ${this.received.map((m) => m.type).join(" ")}`));
      timer = setTimeout(late, Math.max(0, until - Date.now()));
    }).finally(() => clearTimeout(timer));
  }
}
