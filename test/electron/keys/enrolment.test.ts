import { createHmac, randomBytes } from "node:crypto";

import { describe, expect, it } from "vitest";

import { enrolmentWords } from "#shared/protocol/check-words.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

import { wsSockets } from "../../../electron/connection/ws-socket.ts";
import { enrol, type EnrolmentParts } from "../../../electron/keys/enrolment.ts";
import { parseTicket } from "../../../electron/keys/enrolment-proof.ts";
import { softwareKeyStore } from "../../../electron/keys/key-store.ts";
import { makeUnlockedKey } from "../../../electron/keys/unlocked-key.ts";
import { crypto, DIRECTORY_ISS, newId } from "../hospital.ts";
import { Inbox } from "../inbox.ts";
import { makeManualClock } from "../manual-clock.ts";
import type { Received, ScriptedGateway } from "../scripted-gateway.ts";
import { startGateway } from "../start-gateway.ts";

const CODE = "7QX4-KM2P-9RTB-OI1L";
const SPELT = "7QX4KM2P9RTB0111";
const NONCE = "N".repeat(32);
const mac = (...parts: string[]) => createHmac("sha256", SPELT).update(parts.join("\0")).digest("base64url");

async function arrange(over: Partial<EnrolmentParts> = {}) {
  const clock = makeManualClock();
  const gateway = await startGateway(clock);
  const key = makeUnlockedKey(softwareKeyStore(randomBytes, { n: 2, r: 8, p: 1 }).make().privateKey, "software");
  const words = new Inbox<readonly string[]>();
  const dirKid = gateway.hospital.directory.kid;
  const abort = new AbortController();
  gateway.on("enrol.begin", ({ id, peer }) => {
    peer.send("enrol.challenge", { nonce: NONCE, expires_in: 900 }, { re: id });
  });
  gateway.on("enrol.complete", ({ id, peer }) => {
    peer.send("enrol.pending", { expires_in: 900 }, { re: id });
  });
  const done = (change: { cred?: string; directory?: object; dir_mac?: string } = {}) => {
    gateway.peer.send("enrol.done", {
      cred: gateway.hospital.approverCredential(key.jwk),
      directory: gateway.hospital.directory.jwk,
      dir_mac: mac("countersign-enrol-dir/1", NONCE, key.kid, dirKid),
      ...change,
    });
  };
  const ticket = parseTicket(
    JSON.stringify({
      ticket_id: "ticket-0001",
      ws_endpoint: gateway.url,
      directory_iss: DIRECTORY_ISS,
      directory_kid: dirKid,
    }),
  );
  const start = (ticketOver = {}) =>
    enrol(
      {
        crypto,
        sockets: wsSockets(""),
        clock,
        random: (size) => (size === 4 ? Buffer.alloc(4) : randomBytes(size)),
        newId,
        client: { app: "Countersign", ver: "0.1.0", os: "test" },
        accepts: "demo",
        deviceName: "WOW-17",
        ...over,
      },
      { ticket: { ...ticket, ...ticketOver }, code: CODE, key },
      (shown) => {
        words.put(shown);
      },
      abort.signal,
    );
  return { clock, gateway, key, words, done, start, abort, dirKid };
}

const completed = (g: ScriptedGateway): Promise<Received> => g.received.next((m) => m.type === "enrol.complete");

describe("enrolment", () => {
  it("proves the code without sending it, shows six words, and pins what the second person confirmed", async () => {
    const t = await arrange();
    const enrolled = t.start();
    const { body } = await completed(t.gateway);
    const { claims, header } = verifyJws(crypto, "enrol", String(body["proof"]), (_kid, h) => crypto.importKey(h.jwk!));
    expect(header.kid).toBe(t.key.kid);
    expect(claims).toMatchObject({
      iss: `urn:jkt:${t.key.kid}`,
      aud: DIRECTORY_ISS,
      nonce: NONCE,
      code_mac: mac("countersign-enrol/1", NONCE, t.key.kid),
      device: { name: "WOW-17", key_storage: "software" },
    });
    expect(JSON.stringify(t.gateway.received.all)).not.toMatch(/7QX4/);
    expect(await t.words.next()).toEqual(
      enrolmentWords(crypto, { nonce: NONCE, kid: t.key.kid, directoryKid: t.dirKid }),
    );
    t.done();
    expect(await enrolled).toMatchObject({
      env: "demo",
      directoryIss: DIRECTORY_ISS,
      claims: { name: "OKAFOR, Amara (Dr)" },
    });
    await t.gateway.received.next((m) => m.type === "bye");
  });

  it("sends nothing to a gateway that is not the ticket's", async () => {
    const t = await arrange();
    await expect(t.start({ directory_kid: "X".repeat(43) })).rejects.toMatchObject({ code: "E_GW_CRED" });
    expect(t.gateway.received.all.map((m) => m.type)).toEqual(["hello"]);
  });

  it("tells how many tries a wrong code leaves", async () => {
    const t = await arrange();
    t.gateway.on("enrol.complete", ({ id, peer }) => {
      peer.send(
        "error",
        { code: "E_ENROL_CODE", title: "The code is wrong.", retry: "never", tries_left: 4 },
        { re: id },
      );
    });
    await expect(t.start()).rejects.toMatchObject({ code: "E_ENROL_CODE", wire: { tries_left: 4 } });
  });

  it("keeps nothing when the second person says no", async () => {
    const t = await arrange();
    const enrolled = t.start();
    await completed(t.gateway);
    t.gateway.peer.send("error", { code: "E_ENROL_REJECTED", title: "no", retry: "never" });
    await expect(enrolled).rejects.toMatchObject({ code: "E_ENROL_REJECTED" });
  });

  it.each([
    [
      "a directory key that is not the ticket's",
      "E_GW_CRED",
      (t: Awaited<ReturnType<typeof arrange>>) => ({ directory: t.gateway.hospital.gateway.jwk }),
    ],
    [
      "a directory key without the code's MAC",
      "E_GW_CRED",
      () => ({ dir_mac: mac("countersign-enrol-dir/1", NONCE, "other", "other") }),
    ],
    [
      "a credential signed by the gateway itself",
      "E_AUTH_CRED",
      (t: Awaited<ReturnType<typeof arrange>>) => ({
        cred: t.gateway.hospital.approverCredential(t.key.jwk, {}, t.gateway.hospital.gateway),
      }),
    ],
    [
      "a credential for another key",
      "E_AUTH_CRED",
      (t: Awaited<ReturnType<typeof arrange>>) => ({
        cred: t.gateway.hospital.approverCredential(t.gateway.hospital.gateway.jwk),
      }),
    ],
    [
      "a credential that calls this key something else",
      "E_AUTH_CRED",
      (t: Awaited<ReturnType<typeof arrange>>) => ({
        cred: t.gateway.hospital.approverCredential(t.key.jwk, { key_storage: "hardware" }),
      }),
    ],
  ])("refuses %s", async (_what, code, change) => {
    const t = await arrange();
    const enrolled = t.start();
    await completed(t.gateway);
    t.done(change(t));
    await expect(enrolled).rejects.toMatchObject({ code });
  });

  it("refuses a gateway whose own credential the directory did not sign", async () => {
    const t = await arrange();
    t.gateway.on("hello", (m) => {
      const forged = t.gateway.hospital.gateway.sign(
        "countersign-gateway+jwt",
        JSON.parse(Buffer.from(t.gateway.credential.split(".")[1]!, "base64url").toString()) as object,
      );
      const [, payload, signature] = forged.split(".");
      // The header names the directory's key, as the ticket does; only the signature is another's.
      const header = t.gateway.credential.split(".")[0];
      const proof = t.gateway.hospital.gateway.sign("countersign-session+jwt", {
        ver: 1,
        iss: "https://gateway.northgate.example",
        sub: "https://gateway.northgate.example",
        aud: "client",
        iat: t.gateway.nowS(),
        exp: t.gateway.nowS() + 60,
        jti: newId(),
        nonce: m.body["client_nonce"],
        sid: "s",
      });
      m.peer.send(
        "challenge",
        { nonce: "A".repeat(32), sid: "s", gw_cred: `${header}.${payload}.${signature}`, proof },
        { re: m.id },
      );
    });
    const enrolled = t.start();
    await completed(t.gateway);
    t.done();
    await expect(enrolled).rejects.toMatchObject({ code: "E_GW_CRED" });
  });

  it.each([
    ["production", "demo"],
    [undefined, "demo"],
    ["demo", "production"],
  ] as const)("a gateway marked %s is refused where %s is expected", async (env, accepts) => {
    const t = await arrange({ accepts });
    t.gateway.credential = t.gateway.hospital.gatewayCredential({ env });
    const enrolled = t.start();
    await completed(t.gateway);
    t.done();
    await expect(enrolled).rejects.toMatchObject({ code: "E_CLI_DEMO" });
  });

  it("asks again with the same key when the connection is lost while the second person is asked", async () => {
    const t = await arrange();
    const enrolled = t.start();
    const first = await completed(t.gateway);
    await t.words.next();
    const waiting = t.clock.nextTimer();
    first.peer.socket.terminate();
    await waiting;
    t.clock.advance(10_000);
    const second = await completed(t.gateway);
    const kid = (m: Received) =>
      JSON.parse(Buffer.from(String(m.body["proof"]).split(".")[0]!, "base64url").toString()) as { kid: string };
    expect(kid(second)).toEqual(kid(first));
    t.done();
    await expect(enrolled).resolves.toBeDefined();
  });

  it("stops when the person gives up", async () => {
    const t = await arrange();
    const enrolled = t.start();
    await completed(t.gateway);
    t.abort.abort();
    await expect(enrolled).rejects.toMatchObject({ code: "E_CLI_OFFLINE" });
  });

  it.each(["", "{}", "not json", '{"ticket_id":1}'])("refuses the ticket %j", (text) => {
    expect(() => parseTicket(text)).toThrow(expect.objectContaining({ code: "E_ENROL_TICKET" }));
  });

  it.each([
    "ws://gateway.example/",
    "http://127.0.0.1/",
    "wss://u:p@gateway.example/",
    "wss://gateway.example/?token=1",
    "x",
  ])("refuses the address %s", async (ws_endpoint) => {
    const t = await arrange();
    await expect(t.start({ ws_endpoint })).rejects.toMatchObject({ code: "E_CLI_INPUT" });
  });
});
