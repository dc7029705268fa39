import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { onTestFinished } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";

import { Inbox } from "../inbox.ts";
import { b64, dig, jdig, jws, makeKey, makeLog, uuid, type Key } from "./jose.ts";
import { DIRECTORY, goodClaims, ISS, POOL, T0, type Claims } from "./request.ts";

interface Message {
  readonly type: string;
  readonly id: string;
  readonly body: Claims;
}

const STATUS = { status_list: { idx: 1, uri: `${DIRECTORY}/status/1` } };

/** A gateway from protocol.md alone: its own keys and JWS, and lies where a test says so. It never judges a decision. */
export class HostileGateway {
  readonly directory = makeKey();
  readonly request = makeKey();
  readonly session = makeKey();
  readonly retired = makeKey();
  readonly log = makeLog("log.northgate.example");
  readonly received = new Inbox<Message>();
  readonly closed = new Inbox<number>();
  /** Members that replace those of an honest answer; a function's answer replaces the whole. */
  proof: Claims = {};
  proofKey: Key = this.session;
  challenge: Claims = {};
  credentialClaims: Claims = {};
  credentialKey: Key = this.directory;
  checkpoint: string | undefined;
  answers = new Map<string, (message: Message) => void>();
  seq = 0;
  url = "";
  #socket!: WebSocket;

  credential(): string {
    const jwk = (key: Key, cs_use: readonly string[], more = {}) => ({ ...key.jwk, kid: key.kid, cs_use, ...more });
    return jws(this.credentialKey, "countersign-gateway+jwt", {
      ver: 1,
      iss: DIRECTORY,
      sub: ISS,
      name: "Northgate Hospital",
      env: "demo",
      jwks: {
        keys: [
          jwk(this.request, ["request"]),
          jwk(this.session, ["session"]),
          jwk(this.retired, ["request"], { verify_until: T0 - 60 }),
        ],
      },
      ws_endpoint: this.url,
      pools: [POOL],
      log: { origin: this.log.origin, vkey: this.log.vkey },
      templates: [],
      iat: T0 - 1000,
      exp: T0 + 86_400,
      jti: uuid(),
      status: STATUS,
      ...this.credentialClaims,
    });
  }

  approver(jwk: object): string {
    return jws(this.directory, "countersign-approver+jwt", {
      ver: 1,
      iss: DIRECTORY,
      sub: `${DIRECTORY}/approvers/okafor`,
      jti: uuid(),
      iat: T0 - 500,
      nbf: T0 - 500,
      exp: T0 + 86_400,
      device: `${DIRECTORY}/devices/wow-17`,
      name: "OKAFOR, Amara (Dr)",
      reg_no: "0000001",
      cnf: { jwk },
      pools: [POOL],
      roles: ["Consultant"],
      key_storage: "software",
      status: STATUS,
      enrolled_by: [`${DIRECTORY}/admins/1`, `${DIRECTORY}/admins/2`],
    });
  }

  signed(over: Claims = {}, key: Key = this.request): string {
    return jws(key, "countersign-request+jwt", goodClaims(over));
  }

  /** A SET about a request, as JWS text (protocol.md 3.21). */
  event(request: string, name: string, members: Claims = {}, over: Claims = {}, key: Key = this.request): string {
    const { rid, rev, aud, txn } = JSON.parse(Buffer.from(request.split(".")[1]!, "base64url").toString()) as Claims;
    const event = { rid, rev, req_dig: jdig(request), ...members };
    const sub_id = { format: "opaque", id: rid };
    const events = { [`urn:countersign:event:${name}`]: event };
    return jws(key, "secevent+jwt", { iss: ISS, aud, iat: T0, jti: uuid(), txn, sub_id, events, ...over });
  }

  text(text: string | Uint8Array): void {
    this.#socket.send(text);
  }

  /** Bytes below the framing, as they are. */
  raw(bytes: Uint8Array): void {
    (this.#socket as unknown as { readonly _socket: { write(bytes: Uint8Array): void } })._socket.write(bytes);
  }

  send(type: string, body: object, more: Claims = {}): void {
    this.text(JSON.stringify({ v: 1, type, id: uuid(), ts: "2026-09-21T14:13:20.123Z", body, ...more }));
  }

  /** A feed event in its place. */
  push(type: string, body: object): void {
    this.send(type, body, { seq: ++this.seq, epoch: "e1" });
  }

  /** Resolves when everything sent so far was looked at. */
  async flushed(): Promise<void> {
    const pong = once(this.#socket, "pong");
    this.#socket.ping();
    await pong;
  }

  accept(socket: WebSocket): void {
    this.#socket = socket;
    socket.on("close", (code) => {
      this.closed.put(code);
    });
    socket.on("message", (data) => {
      const message = JSON.parse((data as Buffer).toString("utf8")) as Message;
      this.received.put(message);
      (this.answers.get(message.type) ?? this.#honest(message.type))(message);
    });
  }

  #honest(type: string): (message: Message) => void {
    switch (type) {
      case "hello":
        return ({ id, body }) => {
          const sid = uuid();
          const proof = jws(this.proofKey, "countersign-session+jwt", {
            ...{ ver: 1, iss: ISS, sub: ISS, aud: "client", iat: T0, exp: T0 + 60, jti: uuid() },
            ...{ nonce: body["client_nonce"], sid },
            ...this.proof,
          });
          const nonce = b64(randomBytes(24));
          this.send("challenge", { nonce, sid, gw_cred: this.credential(), proof, ...this.challenge }, { re: id });
        };
      case "auth":
        return ({ id, body }) => {
          const claims = JSON.parse(Buffer.from(String(body["cred"]).split(".")[1]!, "base64url").toString()) as {
            cnf: { jwk: { crv: string; kty: string; x: string; y: string } };
          };
          const { crv, kty, x, y } = claims.cnf.jwk;
          const kid = dig(JSON.stringify({ crv, kty, x, y })).slice("sha-256:".length);
          const answer = {
            session: { id: uuid(), exp: T0 + 3600 },
            server_time: T0 * 1000,
            limits: {},
            features: [],
            chain: { n: 0, prev: dig(`countersign-genesis/1\0${kid}\0${ISS}`) },
          };
          const { checkpoint } = this;
          this.send("ready", { ...answer, ...(checkpoint === undefined ? {} : { checkpoint }) }, { re: id });
        };
      case "subscribe":
        return ({ id }) => {
          this.send("subscribed", { epoch: "e1", head: this.seq, mode: "snapshot" }, { re: id });
          this.send("snapshot.end", { count: 0, head: this.seq });
        };
      case "ping":
        return ({ id, body }) => {
          this.send("pong", { t0: body["t0"], t1: T0 * 1000, t2: T0 * 1000 }, { re: id });
        };
      default:
        return () => undefined;
    }
  }
}

export async function startHostileGateway(): Promise<HostileGateway> {
  const gateway = new HostileGateway();
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has("countersign.v1") ? "countersign.v1" : false),
  });
  server.on("connection", (socket) => {
    gateway.accept(socket);
  });
  await once(server, "listening");
  gateway.url = `ws://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
  onTestFinished(async () => {
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  return gateway;
}
