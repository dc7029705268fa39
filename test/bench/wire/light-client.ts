import WebSocket from "ws";

import type { Signer } from "#shared/crypto/sign.ts";
import { SUBPROTOCOL, TYP } from "#shared/protocol/names.ts";

import { nonce, nowS, uuid7 } from "../../blackbox/signed.ts";

/** Who connects: a key and its credential, or nobody, at a server that asks nobody. */
export interface Visitor {
  readonly signer: Signer;
  readonly cred: string;
  readonly sub: string;
  readonly device: string;
}

interface Message {
  readonly type: string;
  readonly body: Record<string, string>;
  readonly seq?: number;
  readonly epoch?: string;
}

/**
 * The least that a client does: proves itself where it is somebody, subscribes, and notes when something arrived. It
 * verifies nothing, so that what is measured is the server.
 */
export class LightClient {
  readonly #visitor: Visitor | undefined;
  readonly #iss: string;
  #socket: WebSocket | undefined;
  #cursor: string | null = null;
  /** Bytes and time of what came since it was asked last. */
  arrived: { readonly bytes: number; readonly at: number }[] = [];

  constructor(iss: string, visitor?: Visitor) {
    [this.#iss, this.#visitor] = [iss, visitor];
  }

  /** Resolves once it is connected, and where it is somebody, once its subscription is answered. */
  open(url: string): Promise<void> {
    const socket = new WebSocket(url, SUBPROTOCOL, { perMessageDeflate: false });
    this.#socket = socket;
    return new Promise((resolve, reject) => {
      socket.on("error", reject);
      socket.on("open", () => {
        if (this.#visitor === undefined) resolve();
        else this.#say("hello", { versions: ["1"], features: [], client: CLIENT, client_nonce: nonce(), lang: ["en"] });
      });
      socket.on("message", (data: Buffer) => {
        if (this.#visitor === undefined) this.arrived.push({ bytes: data.length, at: performance.now() });
        else this.#receive(this.#visitor, data, resolve);
      });
    });
  }

  close(): void {
    this.#socket?.removeAllListeners("error").on("error", () => undefined);
    this.#socket?.terminate();
  }

  #receive(visitor: Visitor, data: Buffer, resolve: () => void): void {
    // A raw client reads nothing of what comes either.
    const pending = PENDING.exec(data.toString("latin1", 0, HEAD_BYTES));
    if (pending !== null) {
      this.#cursor = `${String(pending[2])}:${String(pending[1])}`;
      this.arrived.push({ bytes: data.length, at: performance.now() });
      return;
    }
    const { type, body, seq, epoch } = JSON.parse(data.toString("utf8")) as Message;
    if (seq !== undefined) this.#cursor = `${String(epoch)}:${String(seq)}`;
    switch (type) {
      case "challenge":
        this.#say("auth", { proof: proofOf(visitor, this.#iss, body), cred: visitor.cred });
        break;
      case "ready":
        this.#say("subscribe", { feeds: ["pool:clinicians", "me"], cursor: this.#cursor, credit: 256 });
        break;
      case "subscribed":
        this.#cursor ??= `${String(body["epoch"])}:${String(body["head"])}`;
        resolve();
        break;
      default:
    }
  }

  #say(type: string, body: object): void {
    const head = { v: 1, type, id: uuid7(), ts: new Date().toISOString() };
    this.#socket?.send(JSON.stringify({ ...head, body }));
  }
}

/** The start of a request's frame, up to its place in the feed. */
const PENDING = /^\{"v":1,"type":"action\.pending",.*"seq":(\d+),"epoch":"([^"]+)"/;
const HEAD_BYTES = 256;
const CLIENT = { app: "bench", ver: "1", os: "any" };

function proofOf({ signer, sub, device }: Visitor, iss: string, { nonce: theirs, sid }: Message["body"]): string {
  const iat = nowS();
  const claims = { ver: 1, iss: device, sub, aud: iss, iat, exp: iat + 60, jti: uuid7(), nonce: theirs, sid };
  return signer.sign(TYP.session, claims);
}
