import { createHmac } from "node:crypto";
import type { JsonWebKey } from "node:crypto";

import type { Credential, GatewayCredential, Receipt, RequestClaims } from "./objects.ts";
import { decide, type DecideOptions } from "./decision.ts";
import { b64, headerOf, isSealedBy, jdig, newKey, nonce, nowS, payloadOf, seal, sha256, uuid7 } from "./signed.ts";
import type { Alg, Key, Members } from "./signed.ts";
import { Socket, type Message } from "./socket.ts";

export interface Ticket {
  readonly ticket_id: string;
  readonly ws_endpoint: string;
  readonly directory_iss: string;
  readonly directory_kid: string;
}

export const HELLO = {
  versions: ["1"],
  features: [],
  client: { app: "stranger", ver: "0.1", os: "any" },
  lang: ["en"],
};

/** What enrolment pins (3.13 step 5). */
export interface Pinned {
  readonly directory: JsonWebKey & { readonly alg: string; readonly kid?: string };
  readonly gateway: GatewayCredential;
}

export interface Chain {
  readonly n: number;
  readonly prev: string;
}

/** HMAC key of 3.22: the ASCII of the code, upper case, `[0-9A-Z]` only, `I`, `L` → `1`, `O` → `0`. */
const macKey = (code: string): string =>
  code
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, "")
    .replace(/[IL]/g, "1")
    .replaceAll("O", "0");
export const mac = (code: string, ...texts: string[]): string =>
  b64(createHmac("sha256", macKey(code)).update(texts.join("\0")).digest());

/** Six words of 11 bits from the first 66 bits of the hash (3.13 step 4). */
export function checkWords(list: readonly string[], nonceText: string, kid: string, directoryKid: string): string {
  const hash = sha256(["countersign-sas/1", nonceText, kid, directoryKid].join("\0"));
  const bits = [...hash.subarray(0, 9)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return Array.from({ length: 6 }, (_, i) => list[parseInt(bits.slice(i * 11, i * 11 + 11), 2)]).join(" ");
}

export function enrolProof(
  key: Key,
  about: { aud: string; nonce: string; code?: string; storage?: string; more?: Members },
): string {
  const iat = nowS();
  const { code } = about;
  return seal(
    key,
    "countersign-enrol+jwt",
    {
      ...{ ver: 1, iss: `urn:jkt:${key.kid}`, aud: about.aud, iat, exp: iat + 60, jti: uuid7(), nonce: about.nonce },
      ...(code === undefined ? {} : { code_mac: mac(code, "countersign-enrol/1", about.nonce, key.kid) }),
      device: { name: "Ward 4", os: "any", app: "0.1", key_storage: about.storage ?? "software" },
      ...about.more,
    },
    { jwk: key.jwk },
  );
}

/** A connection with its session. */
export interface Live {
  readonly socket: Socket;
  readonly ready: Members;
}

/** An approver at one device: a key, the credential of that key and the chain of its decisions. */
export class Person {
  readonly key: Key;
  readonly pinned: Pinned;
  readonly cred: string;
  readonly claims: Credential;
  chain: Chain = { n: 0, prev: "" };

  constructor(key: Key, cred: string, pinned: Pinned) {
    [this.key, this.cred, this.pinned] = [key, cred, pinned];
    this.claims = payloadOf<Credential>(cred);
  }

  /** Enrols over the wire; `confirm` is the second person's part, given the words on this screen. */
  static async enrol(
    {
      ticket,
      code,
      words,
      alg,
      more,
    }: { ticket: Ticket; code: string; words: readonly string[]; alg?: Alg; more?: Members },
    confirm: (words: string) => Promise<unknown>,
  ): Promise<Person> {
    const key = newKey(alg);
    const socket = await Socket.open(ticket.ws_endpoint);
    const mine = nonce();
    const challenge = await socket.ask("hello", { ...HELLO, client_nonce: mine });
    const gwCred = String(challenge.body["gw_cred"]);
    if (headerOf(gwCred)["kid"] !== ticket.directory_kid) throw new Error("another directory");
    if (payloadOf(gwCred)["iss"] !== ticket.directory_iss) throw new Error("another directory");
    const begun = await socket.ask("enrol.begin", { ticket_id: ticket.ticket_id });
    const theirs = String(begun.body["nonce"]);
    const about = { aud: ticket.directory_iss, nonce: theirs, code, ...(more === undefined ? {} : { more }) };
    const proof = enrolProof(key, about);
    const pending = await socket.ask("enrol.complete", { proof });
    if (pending.type !== "enrol.pending") throw new Error(JSON.stringify(pending.body));
    await confirm(checkWords(words, theirs, key.kid, ticket.directory_kid));
    const done = await socket.next("enrol.done");
    const directory = done.body["directory"] as Pinned["directory"];
    const expected = mac(code, "countersign-enrol-dir/1", theirs, key.kid, ticket.directory_kid);
    if (done.body["dir_mac"] !== expected) throw new Error("dir_mac");
    for (const [typ, jws] of [
      ["countersign-gateway+jwt", gwCred],
      ["countersign-approver+jwt", String(done.body["cred"])],
    ] as const) {
      if (headerOf(jws)["typ"] !== typ || !isSealedBy(directory, jws)) throw new Error(typ);
    }
    const pinned = { directory, gateway: payloadOf<GatewayCredential>(gwCred) };
    checkGatewayProof(pinned, challenge, mine);
    socket.say("bye");
    if ((await socket.closed) !== 1000) throw new Error("bye is answered with 1000");
    return new Person(key, String(done.body["cred"]), pinned);
  }

  /** The mutual proof of 3.4.3; the answer to `auth`, whatever it is. */
  async prove(url: string, more: Members = {}): Promise<{ socket: Socket; answer: Message }> {
    const socket = await Socket.open(url);
    const mine = nonce();
    const challenge = await socket.ask("hello", { ...HELLO, client_nonce: mine });
    checkGatewayProof(this.pinned, challenge, mine);
    const proof = this.sessionProof(challenge.body, more);
    return { socket, answer: await socket.ask("auth", { proof, cred: this.cred }) };
  }

  sessionProof({ nonce: theirs, sid }: Members, more: Members = {}, key = this.key): string {
    const { device: iss, sub } = this.claims;
    const iat = nowS();
    const aud = this.pinned.gateway.sub;
    const claims = { ver: 1, iss, sub, aud, iat, exp: iat + 60, jti: uuid7(), nonce: theirs, sid, ...more };
    return seal(key, "countersign-session+jwt", claims);
  }

  async connect(url: string): Promise<Live> {
    const { socket, answer } = await this.prove(url);
    if (answer.type !== "ready") throw new Error(JSON.stringify(answer.body));
    this.chain = answer.body["chain"] as Chain;
    return { socket, ready: answer.body };
  }

  decide(request: string, decision: string, options: DecideOptions = {}): string {
    return decide(this, request, decision, options);
  }

  /** Submits a decision and moves the chain as its receipt says; undefined as `receipt` is an `error`. */
  async submit(socket: Socket, jws: string): Promise<{ answer: Message; receipt: Receipt | undefined }> {
    const answer = await socket.ask("decision.submit", { jws });
    if (answer.type !== "decision.receipt") return { answer, receipt: undefined };
    const receipt = this.verified<Receipt>(answer.body["jws"], "countersign-receipt+jwt");
    if (receipt.result === "recorded" && answer.body["duplicate"] !== true) {
      this.chain = { n: this.chain.n + 1, prev: jdig(jws) };
    }
    return { answer, receipt };
  }

  statement(kind: string, target: Members, more: Members = {}): string {
    const { device: iss, sub } = this.claims;
    const iat = nowS();
    const times = { iat, exp: iat + 120, jti: uuid7() };
    const claims = { ver: 1, iss, sub, aud: this.pinned.gateway.sub, ...times, kind, target, ...more };
    return seal(this.key, "countersign-statement+jwt", claims);
  }

  /** Payload of what a request key of the gateway signed as this `typ`; throws where it did not. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- a claim of the caller: a test fails where it is wrong
  verified<T>(jws: unknown, typ: string): T {
    const { kid, ...header } = headerOf(String(jws));
    const key = this.pinned.gateway.jwks.keys.find((one) => one.kid === kid && one.cs_use.includes("request"));
    if (key === undefined || header["typ"] !== typ || header["alg"] !== key.alg)
      throw new Error(JSON.stringify(header));
    if (!isSealedBy(key, String(jws))) throw new Error("signature");
    return payloadOf<T>(jws);
  }

  request(message: Message): { jws: string; claims: RequestClaims } {
    const jws = String(message.body["jws"]);
    return { jws, claims: this.verified<RequestClaims>(jws, "countersign-request+jwt") };
  }
}

function checkGatewayProof({ gateway }: Pinned, { body }: Message, mine: string): void {
  const proof = String(body["proof"]);
  const key = gateway.jwks.keys.find(({ kid, cs_use }) => kid === headerOf(proof)["kid"] && cs_use.includes("session"));
  if (key === undefined || headerOf(proof)["typ"] !== "countersign-session+jwt") throw new Error("session key");
  if (!isSealedBy(key, proof)) throw new Error("the gateway's proof");
  const { iss, sub, aud, nonce: echoed, sid, iat, exp } = payloadOf<Record<string, number | string>>(proof);
  const told = [iss, sub, aud, echoed, sid];
  const wanted = [gateway.sub, gateway.sub, "client", mine, body["sid"]];
  if (JSON.stringify(told) !== JSON.stringify(wanted)) throw new Error(JSON.stringify(told));
  if (Number(exp) > Number(iat) + 60) throw new Error("the proof lives too long");
}
