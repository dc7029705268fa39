import { inflateSync } from "node:zlib";

import { beforeAll, describe, expect, it, vi } from "vitest";

import { answer, run } from "./command.ts";
import { open, orderFor, words, type Hospital } from "./hospital.ts";
import { eventOf, type Receipt, type RequestClaims, type SetClaims } from "./objects.ts";
import { checkWords, enrolProof, HELLO, Person, type Chain } from "./person.ts";
import {
  b64,
  isSealedBy,
  newKey,
  nonce,
  nowS,
  payloadOf,
  seal,
  sha256,
  uuid7,
  type Key,
  type Members,
} from "./signed.ts";
import { Socket, type Message } from "./socket.ts";

let hospital: Hospital;
let lee: Person;

beforeAll(async () => {
  // A hold, so that there are approvals which were not executed.
  hospital = await open(({ tiers }) => {
    for (const tier of Object.values(tiers)) tier.hold_s = 600;
  });
  hospital.record.copy("evans-gareth", "evans-two");
  lee = await hospital.enrol("lee");
  return async () => await hospital.close();
});

async function greeted(): Promise<{ socket: Socket; challenge: Members }> {
  const socket = await Socket.open(hospital.wsUrl);
  return { socket, challenge: (await socket.ask("hello", { ...HELLO, client_nonce: nonce() })).body };
}
const codeOf = ({ type, body: { code } }: Message): string => (typeof code === "string" ? `${type} ${code}` : type);
const AUD = (): string => lee.pinned.gateway.iss;

/** 0 valid, 1 revoked, 2 suspended (3.22), read from the list that the gateway serves. */
async function statusOf({ claims, pinned }: Person): Promise<number> {
  const { uri, idx } = claims.status.status_list;
  const jwt = await (await fetch(`${hospital.url}${new URL(uri).pathname}`)).text();
  if (!isSealedBy(pinned.directory, jwt)) throw new Error("the status list is not the directory's");
  const { lst } = payloadOf<{ status_list: { lst: string } }>(jwt).status_list;
  const bytes = inflateSync(Buffer.from(lst, "base64url"));
  return (bytes[idx >> 2]! >> ((idx % 4) * 2)) & 3;
}

describe("enrolment (3.13, 3.22)", () => {
  it("the ticket is one line of JSON with four members; the code goes another way and is not in it", async () => {
    const { ticket, code, ran } = await hospital.ticket("new", ["--pools", "clinicians"]);
    expect(ran.out.trimEnd().split("\n")).toHaveLength(1);
    expect(Object.keys(ticket).sort()).toEqual(["directory_iss", "directory_kid", "ticket_id", "ws_endpoint"]);
    expect(code.replaceAll("-", "")).toMatch(/^[0-9A-HJKMNP-TV-Z]{16}$/);
    expect(ran.out).not.toContain(code);
    expect(ticket.ws_endpoint).toBe(hospital.wsUrl);
  });

  it("a wrong code costs a try and the fifth ends the ticket; other faults of the proof cost none", async () => {
    const { ticket, code } = await hospital.ticket("new", ["--pools", "clinicians"]);
    const { socket } = await greeted();
    expect(codeOf(await socket.ask("enrol.complete", { proof: "x.y.z" }))).toBe("error E_ENROL_TICKET");
    expect(codeOf(await socket.ask("enrol.begin", { ticket_id: "nobody" }))).toBe("error E_ENROL_TICKET");
    const { body } = await socket.ask("enrol.begin", { ticket_id: ticket.ticket_id });
    expect(Number(body["expires_in"])).toBeLessThanOrEqual(900);
    const again = await socket.ask("enrol.begin", { ticket_id: ticket.ticket_id });
    expect(again.body["nonce"]).toBe(body["nonce"]);
    const key = newKey();
    const good = { aud: AUD(), nonce: String(body["nonce"]), code };
    const faults = [
      "no proof at all",
      enrolProof(key, { ...good, nonce: nonce() }),
      enrolProof(key, { ...good, aud: "https://other.example" }),
      enrolProof(key, { ...good, more: { iss: `urn:jkt:${newKey().kid}` } }),
      enrolProof(key, { ...good, more: { exp: nowS() + 600 } }),
      `${enrolProof(key, good).slice(0, -8)}AAAAAAAA`,
      seal(key, "countersign-enrol+jwt", payloadOf(enrolProof(key, good))),
    ];
    for (const proof of faults)
      expect(codeOf(await socket.ask("enrol.complete", { proof }))).toBe("error E_AUTH_PROOF");
    const left = [];
    for (let i = 0; i < 5; i++) {
      const wrong = await socket.ask("enrol.complete", {
        proof: enrolProof(key, { ...good, code: "0000000000000000" }),
      });
      left.push([wrong.body["code"], wrong.body["tries_left"]]);
    }
    expect(left).toEqual([4, 3, 2, 1, 0].map((n) => ["E_ENROL_CODE", n]));
    expect(codeOf(await socket.ask("enrol.complete", { proof: enrolProof(key, good) }))).toBe("error E_ENROL_TICKET");
    socket.close();
  });

  it("a bound ticket is for its key alone; the second person's no is told, and is not the first person's to say", async () => {
    const { ticket, code } = await hospital.ticket("new", ["--pools", "clinicians"]);
    const { socket } = await greeted();
    const { body } = await socket.ask("enrol.begin", { ticket_id: ticket.ticket_id });
    const good = { aud: AUD(), nonce: String(body["nonce"]), code: code.toLowerCase() };
    const key = newKey("Ed25519");
    expect(codeOf(await socket.ask("enrol.complete", { proof: enrolProof(key, good) }))).toBe("enrol.pending");
    expect(codeOf(await socket.ask("enrol.complete", { proof: enrolProof(key, good) }))).toBe("enrol.pending");
    const other = await socket.ask("enrol.complete", { proof: enrolProof(newKey(), good) });
    expect(codeOf(other)).toBe("error E_ENROL_TICKET");
    const read = checkWords(words, good.nonce, key.kid, ticket.directory_kid);
    const confirm = async (by: string, said: string) =>
      await run(["directory", "confirm", ticket.ticket_id, "--by", by, "--words", said], hospital.env);
    expect((await confirm("first.admin", read)).status).toBe(1);
    const swapped = read.split(" ").reverse().join(" ");
    const refused = await confirm("second.admin", swapped);
    expect([refused.status, JSON.parse(refused.out)]).toMatchObject([1, { state: "rejected" }]);
    expect(codeOf(await socket.next(({ body: { code: told } }) => told === "E_ENROL_REJECTED"))).toMatch(/^error/);
    socket.close();
  });

  it("the credential names person, device, key, pools and the two who enrolled it", () => {
    expect(lee.claims).toMatchObject({
      sub: `${AUD()}/approvers/lee`,
      pools: ["clinicians"],
      key_storage: "software",
      enrolled_by: [expect.stringMatching(/first\.admin$/), expect.stringMatching(/second\.admin$/)],
    });
    expect(lee.claims.exp - lee.claims.nbf).toBeLessThanOrEqual(180 * 24 * 3600);
    const { alg, kty, crv, x, y } = lee.key.jwk as Record<string, string>;
    expect(lee.claims.cnf.jwk).toEqual({ alg, kty, crv, x, y });
  });
});

describe("rotation and revocation (3.13, 3.22)", () => {
  const prevProof = (old: Key, theirs: unknown, more: Members): string => {
    const iat = nowS();
    const claims = { ver: 1, iss: `urn:jkt:${old.kid}`, aud: AUD(), iat, exp: iat + 60, jti: uuid7(), nonce: theirs };
    return seal(old, "countersign-enrol+jwt", { ...claims, ...more });
  };

  it("a key is replaced by the word of the old one alone; the chain begins anew and both work for a while", async () => {
    const { socket, challenge } = await greeted();
    const key = newKey();
    const proof = enrolProof(key, { aud: AUD(), nonce: String(challenge["nonce"]) });
    const rotate = async (prev_proof: string) => await socket.ask("enrol.rotate", { proof, prev_proof });
    const faults = [
      prevProof(newKey(), challenge["nonce"], { new_kid: key.kid }),
      prevProof(lee.key, nonce(), { new_kid: key.kid }),
      prevProof(lee.key, challenge["nonce"], { new_kid: lee.key.kid }),
      prevProof(lee.key, challenge["nonce"], {}),
      "no proof",
    ];
    for (const fault of faults) expect(codeOf(await rotate(fault))).toBe("error E_AUTH_PROOF");
    let told = await rotate(prevProof(lee.key, challenge["nonce"], { new_kid: key.kid }));
    if (told.type === "enrol.pending") {
      await run(["directory", "sign"], hospital.env);
      told = await rotate(prevProof(lee.key, challenge["nonce"], { new_kid: key.kid }));
    }
    expect(told.type).toBe("enrol.done");
    socket.close();
    const renewed = new Person(key, String(told.body["cred"]), lee.pinned);
    expect(isSealedBy(lee.pinned.directory, renewed.cred)).toBe(true);
    expect(renewed.claims).toMatchObject({ sub: lee.claims.sub, pools: lee.claims.pools });
    const old = await lee.connect(hospital.wsUrl);
    const { ready } = await renewed.connect(hospital.wsUrl);
    const genesis = `sha-256:${b64(sha256(["countersign-genesis/1", key.kid, lee.pinned.gateway.sub].join("\0")))}`;
    expect(ready["chain"] as Chain).toEqual({ n: 0, prev: genesis });
    expect(old.socket.isOpen).toBe(true);
  });

  it("a key that its owner revokes is out at once, and what it approved and nobody executed is asked again", async () => {
    const [kim, witness] = await Promise.all([hospital.enrol("kim"), hospital.connect(lee)]);
    const { socket } = await hospital.connect(kim);
    const rid = await hospital.raise("order");
    const request = await socket.next(
      ({ type, body }) => type === "action.pending" && payloadOf<RequestClaims>(body["jws"]).rid === rid,
    );
    const { jws, claims } = kim.request(request);
    expect((await kim.submit(socket, kim.decide(jws, "approve"))).receipt?.outcome).toBe("approved");

    const panic = await greeted();
    const theirs = panic.challenge["nonce"];
    const foreign = await panic.socket.ask("enrol.revoke", {
      proof: prevProof(kim.key, theirs, { revoke: lee.key.kid }),
    });
    expect(codeOf(foreign)).toBe("error E_AUTH_PROOF");
    const done = await panic.socket.ask("enrol.revoke", { proof: prevProof(kim.key, theirs, { revoke: kim.key.kid }) });
    expect(done.type).toBe("ok");
    expect(await Promise.all([panic.socket.closed, socket.closed])).toEqual([4401, 4401]);
    const { answer: refused } = await kim.prove(hospital.wsUrl);
    expect(codeOf(refused)).toBe("error E_KEY_REVOKED");

    const revoked = await witness.socket.next(({ type, body }) => {
      if (type !== "action.resolved") return false;
      const { name, members } = eventOf(lee.verified<SetClaims>(body["set"], "secevent+jwt"));
      return name === "request-resolved" && members["outcome"] === "revoked";
    });
    expect(revoked).toBeDefined();
    const again = await witness.socket.next(
      ({ type, body }) => type === "action.pending" && payloadOf<RequestClaims>(body["jws"]).rev === 2,
    );
    const second = lee.request(again).claims;
    expect([second.rid, second.rev]).toEqual([rid, 2]);
    expect(second.nonce).not.toBe(claims.nonce);
    expect(hospital.record.writes).toEqual([]);
    expect(await hospital.state(rid)).toBe("open");
  });

  it("the directory suspends and reinstates: sessions end with 4401, the status list says so, HTTP rejects", async () => {
    const { socket } = await hospital.connect(lee);
    const rid = await hospital.raise(orderFor("evans-two"));
    const pending = await socket.next(
      ({ type, body }) => type === "action.pending" && payloadOf<RequestClaims>(body["jws"]).rid === rid,
    );
    const { jws } = lee.request(pending);
    expect(await statusOf(lee)).toBe(0);
    await answer(["directory", "suspend", lee.key.kid, "--reason", "leave"], hospital.env);
    expect(await socket.closed).toBe(4401);
    expect(codeOf((await lee.prove(hospital.wsUrl)).answer)).toBe("error E_KEY_SUSPENDED");
    expect(await statusOf(lee)).toBe(2);
    const post = async (): Promise<Receipt> => {
      const discovery = (await (await fetch(`${hospital.url}/.well-known/countersign-gateway`)).json()) as Members;
      const posted = await fetch(`${hospital.url}${new URL(String(discovery["decision_endpoint"])).pathname}`, {
        method: "POST",
        headers: { "content-type": "application/countersign-decision+jwt" },
        body: lee.decide(jws, "deny"),
      });
      expect([posted.status, posted.headers.get("content-type")]).toEqual([200, "application/countersign-receipt+jwt"]);
      return lee.verified<Receipt>(await posted.text(), "countersign-receipt+jwt");
    };
    expect(await post()).toMatchObject({ result: "rejected", code: "E_KEY_SUSPENDED", outcome: "open" });
    await answer(["directory", "reinstate", lee.key.kid], hospital.env);
    // A gateway follows its directory within a second. Proofs are limited in number, so they are not what is asked often.
    await vi.waitFor(async () => expect(await statusOf(lee)).toBe(0), { timeout: 30_000, interval: 100 });
    const known = async () => expect((await lee.prove(hospital.wsUrl)).answer.type).toBe("ready");
    await vi.waitFor(known, { timeout: 30_000, interval: 1500 });
    expect(await post()).toMatchObject({ result: "recorded", outcome: "denied" });
  });
});
