import { randomBytes } from "node:crypto";

import { describe, expect, it } from "vitest";

import { verifyJws } from "#shared/protocol/verify/signed.ts";

import { wsSockets } from "../../../electron/connection/ws-socket.ts";
import { softwareKeyStore } from "../../../electron/keys/key-store.ts";
import { rotateKey } from "../../../electron/keys/rotation.ts";
import { makeUnlockedKey } from "../../../electron/keys/unlocked-key.ts";
import { crypto, DIRECTORY_ISS, GATEWAY_ISS, makeHospital, newId } from "../hospital.ts";
import { Inbox } from "../inbox.ts";
import { makeManualClock } from "../manual-clock.ts";
import { passUntil } from "../pass-until.ts";
import type { Received } from "../scripted-gateway.ts";
import { startGateway } from "../start-gateway.ts";

const SUB = `${DIRECTORY_ISS}/approvers/okafor`;
const newKey = () => makeUnlockedKey(softwareKeyStore(randomBytes).make().privateKey, "software");

async function arrange() {
  const clock = makeManualClock();
  const gateway = await startGateway(clock);
  const { directory } = gateway.hospital;
  const [old, next] = [newKey(), newKey()];
  const waits = new Inbox<true>();
  const abort = new AbortController();
  const parts = {
    crypto,
    clock,
    random: (size: number) => (size === 4 ? Buffer.from("ffffffff", "hex") : randomBytes(size)),
    newId,
    sockets: wsSockets(""),
    client: { app: "Countersign", ver: "0.1.0", os: "test" },
    deviceName: "WOW-17",
    endpoint: new URL(gateway.url),
    directory: { iss: DIRECTORY_ISS, key: crypto.importKey(directory.jwk) },
    iss: GATEWAY_ISS,
  };
  const done = { cred: gateway.hospital.approverCredential(next.jwk), directory: directory.jwk, dir_mac: "" };
  const answer = (type: "enrol.done" | "enrol.pending", body: object) => {
    gateway.on("enrol.rotate", ({ id, peer }) => {
      peer.send(type, body, { re: id });
    });
  };
  const refuse = (code: string) => {
    gateway.on("enrol.rotate", ({ id, peer }) => {
      peer.send("error", { code, title: code, retry: "never" }, { re: id });
    });
  };
  const onWaiting = () => {
    waits.put(true);
  };
  const start = () => rotateKey(parts, { old, next, sub: SUB }, onWaiting, abort.signal);
  return { clock, gateway, old, next, waits, abort, done, answer, refuse, start };
}

const asked = (m: Received) => m.type === "enrol.rotate";

describe("the replacement of a key, at the directory", () => {
  it("is asked by both keys: the new one proves itself, the old one names it, over the connection's nonce", async () => {
    const t = await arrange();
    const nonces: unknown[] = [];
    t.gateway.on("enrol.rotate", ({ id, body, peer }) => {
      const proof = verifyJws(crypto, "enrol", String(body["proof"]), (_kid, { jwk }) => crypto.importKey(jwk!));
      const old = crypto.importKey(t.old.jwk);
      const word = verifyJws(crypto, "enrol", String(body["prev_proof"]), (kid) => (kid === old.kid ? old : undefined));
      expect(proof.header.kid).toBe(t.next.kid);
      expect(proof.claims).toMatchObject({
        iss: `urn:jkt:${t.next.kid}`,
        aud: DIRECTORY_ISS,
        device: { name: "WOW-17", key_storage: "software" },
      });
      expect(proof.claims.code_mac).toBeUndefined();
      expect(word.header).not.toHaveProperty("jwk");
      expect(word.claims).toMatchObject({ iss: `urn:jkt:${t.old.kid}`, aud: DIRECTORY_ISS, new_kid: t.next.kid });
      nonces.push(proof.claims.nonce, word.claims.nonce);
      peer.send("enrol.done", t.done, { re: id });
    });
    expect(await t.start()).toMatchObject({ credential: t.done.cred, claims: { sub: SUB } });
    expect(nonces).toEqual([expect.any(String), nonces[0]]);
    expect(t.gateway.received.all.map((m) => m.type)).toEqual(["hello", "enrol.rotate"]);
  });

  it("waits for the directory, asking again with the same new key, also when the connection is lost", async () => {
    const t = await arrange();
    t.answer("enrol.pending", { expires_in: 86_400 });
    const rotated = t.start();
    await t.waits.next();
    t.clock.advance(500);
    await t.waits.next();
    t.gateway.on("enrol.rotate", ({ peer }) => {
      peer.close(1001);
    });
    t.clock.advance(1_000);
    await t.gateway.received.next(asked);
    t.answer("enrol.done", t.done);
    const progress = { isOver: false };
    void rotated.finally(() => {
      progress.isOver = true;
    });
    await passUntil(t.clock, 100, () => progress.isOver);
    await expect(rotated).resolves.toMatchObject({ credential: t.done.cred });
    const kids = t.gateway.received.all.filter(asked).map(({ body }) => {
      const [header] = String(body["proof"]).split(".");
      return (JSON.parse(Buffer.from(header!, "base64url").toString()) as { kid: string }).kid;
    });
    expect(new Set(kids)).toEqual(new Set([t.next.kid]));
  });

  it.each(["E_ENROL_EXPIRED", "E_KEY_SUSPENDED", "E_AUTH_PROOF"])("ends when the answer is %s", async (code) => {
    const t = await arrange();
    t.refuse(code);
    await expect(t.start()).rejects.toMatchObject({ code });
  });

  it("signs nothing for a gateway that another directory vouches for", async () => {
    const t = await arrange();
    t.gateway.credential = makeHospital().credential;
    await expect(t.start()).rejects.toMatchObject({ code: "E_GW_CRED" });
    expect(t.gateway.received.all.map((m) => m.type)).toEqual(["hello"]);
  });

  it.each([
    [
      "another directory's key beside it",
      "E_GW_CRED",
      (h: ReturnType<typeof makeHospital>) => ({ directory: h.gateway.jwk }),
    ],
    ["no directory's key beside it", "E_GW_CRED", () => ({ directory: {} })],
    [
      "a credential for another key",
      "E_AUTH_CRED",
      (h: ReturnType<typeof makeHospital>) => ({ cred: h.approverCredential(h.gateway.jwk) }),
    ],
    [
      "a credential of the gateway's own making",
      "E_AUTH_CRED",
      (h: ReturnType<typeof makeHospital>, jwk: typeof h.gateway.jwk) => ({
        cred: h.approverCredential(jwk, {}, h.gateway),
      }),
    ],
    [
      "somebody else's credential",
      "E_AUTH_CRED",
      (h: ReturnType<typeof makeHospital>, jwk: typeof h.gateway.jwk) => ({
        cred: h.approverCredential(jwk, { sub: `${DIRECTORY_ISS}/approvers/lee` }),
      }),
    ],
    [
      "a credential that calls the key something else",
      "E_AUTH_CRED",
      (h: ReturnType<typeof makeHospital>, jwk: typeof h.gateway.jwk) => ({
        cred: h.approverCredential(jwk, { key_storage: "hardware" }),
      }),
    ],
  ] as const)("takes no %s", async (_what, code, change) => {
    const t = await arrange();
    t.answer("enrol.done", { ...t.done, ...change(t.gateway.hospital, t.next.jwk) });
    await expect(t.start()).rejects.toMatchObject({ code });
  });

  it("stops when the app is locked", async () => {
    const t = await arrange();
    t.answer("enrol.pending", { expires_in: 86_400 });
    const rotated = t.start();
    await t.waits.next();
    t.abort.abort();
    await expect(rotated).rejects.toMatchObject({ code: "E_CLI_OFFLINE" });
  });
});
