import { describe, expect, it } from "vitest";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { gatewayBodies } from "#shared/protocol/messages.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

import { startGateway } from "./harness.ts";
import { sessionProof } from "./signed-by-people.ts";
import { makePerson } from "./people.ts";

const crypto = makeNodeCrypto();

describe("handshake (protocol.md 3.4.1, 3.4.3)", () => {
  it("proves the gateway over the client's nonce and the client over the gateway's, then is ready", async () => {
    const { memory, clock, connect } = await startGateway();
    const lee = memory.person("lee");
    const client = await connect();
    const challenge = await client.hello();
    const { nonce, sid, gw_cred, proof } = gatewayBodies.challenge.parse(challenge.body);
    const credential = verifyJws(crypto, "gateway", gw_cred, (kid) =>
      kid === memory.directoryKey.kid ? memory.directoryKey : undefined,
    );
    const key = crypto.importKey(credential.claims.jwks.keys[0]!);
    const proved = verifyJws(crypto, "session", proof, () => key);
    expect(proved.claims).toMatchObject({ nonce: "AAAAAAAAAAAAAAAAAAAAAA", sid, aud: "client" });

    const ready = await client.ask("auth", { proof: sessionProof(lee, { nonce, sid }, clock.nowMs()), cred: lee.cred });
    const body = gatewayBodies.ready.parse(ready.body);
    expect(ready.type).toBe("ready");
    expect(body.session.id).toBe(sid);
    expect(body.server_time).toBe(clock.nowMs());
    expect(body.chain.n).toBe(0);
    expect(body.checkpoint).toContain("gw.northgate.example/log");
  });

  it("answers E_VERSION and closes 4426 when no version is shared", async () => {
    const { connect } = await startGateway();
    const client = await connect();
    expect((await client.hello({ versions: ["2"] })).body).toMatchObject({ code: "E_VERSION" });
    expect((await client.closed).code).toBe(4426);
  });

  it("closes 4408 when the handshake takes more than ten seconds", async () => {
    const { connect, clock } = await startGateway();
    const client = await connect();
    await client.hello();
    clock.advance(9_999);
    await client.settled();
    clock.advance(1);
    expect((await client.closed).code).toBe(4408);
  });

  it("does not close a ready connection when the ten seconds are over", async () => {
    const { ready, clock } = await startGateway();
    const client = await ready();
    clock.advance(15_000);
    await client.settled();
    expect(client.ws.readyState).toBe(client.ws.OPEN);
  });

  it.each(["subscribe", "decision.submit", "history.query", "action.view"])(
    "answers %s before the proof with E_AUTH_REQUIRED and closes 4401 at the third",
    async (type) => {
      const { connect } = await startGateway();
      const client = await connect();
      expect((await client.ask(type)).body).toMatchObject({ code: "E_AUTH_REQUIRED" });
      await client.hello();
      await client.ask(type);
      client.say(type);
      expect((await client.closed).code).toBe(4401);
    },
  );

  it("processes ping and bye before the proof", async () => {
    const { connect } = await startGateway();
    const client = await connect();
    expect((await client.ask("ping", { t0: 7 })).body).toMatchObject({ t0: 7 });
    client.say("bye");
    expect((await client.closed).code).toBe(1000);
  });

  it("refuses a proof by another key with E_AUTH_PROOF and closes 4401", async () => {
    const { connect, memory, clock } = await startGateway();
    const lee = memory.person("lee");
    const client = await connect();
    const { body } = await client.hello();
    const challenge = { nonce: String(body["nonce"]), sid: String(body["sid"]) };
    const proof = sessionProof(lee, challenge, clock.nowMs(), makeSigner(generateKey("ES256")));
    expect((await client.ask("auth", { proof, cred: lee.cred })).body).toMatchObject({ code: "E_AUTH_PROOF" });
    expect((await client.closed).code).toBe(4401);
  });

  it("refuses a proof over an older challenge", async () => {
    const { connect, memory, clock } = await startGateway();
    const lee = memory.person("lee");
    const first = await (await connect()).hello();
    const client = await connect();
    await client.hello();
    const challenge = { nonce: String(first.body["nonce"]), sid: String(first.body["sid"]) };
    const proof = sessionProof(lee, { ...challenge, nonce: "CCCCCCCCCCCCCCCCCCCCCC" }, clock.nowMs());
    expect((await client.ask("auth", { proof, cred: lee.cred })).body).toMatchObject({ code: "E_AUTH_PROOF" });
    expect((await client.closed).code).toBe(4401);
  });

  it("refuses a credential of another directory with E_AUTH_CRED", async () => {
    const { connect, clock } = await startGateway();
    const stranger = makePerson(makeSigner(generateKey("ES256")), "stranger", Math.floor(clock.nowMs() / 1000));
    const client = await connect();
    expect((await client.signIn(stranger, clock.nowMs())).body).toMatchObject({ code: "E_AUTH_CRED", retry: "reauth" });
    expect((await client.closed).code).toBe(4401);
  });

  it("tells an outsider nothing about why a malformed proof failed", async () => {
    const { connect, memory } = await startGateway();
    const lee = memory.person("lee");
    const client = await connect();
    await client.hello();
    const answer = await client.ask("auth", { proof: "AA.AA.AA", cred: lee.cred });
    expect(answer.body).toMatchObject({ code: "E_AUTH_PROOF" });
    expect(answer.body).not.toHaveProperty("detail");
  });

  it("takes one hello a connection", async () => {
    const { connect } = await startGateway();
    const client = await connect();
    await client.hello();
    expect((await client.hello()).body).toMatchObject({ code: "E_AUTH_REQUIRED" });
  });

  it("closes the older connection of a key with 4409 and leaves other devices of the person alone", async () => {
    const { ready, memory } = await startGateway();
    const lee = memory.person("lee");
    const other = memory.person("lee", { device: "second" });
    const older = await ready(lee);
    const elsewhere = await ready(other);
    const newer = await ready(lee);
    expect((await older.closed).code).toBe(4409);
    await newer.settled();
    await elsewhere.settled();
    expect(newer.ws.readyState).toBe(newer.ws.OPEN);
    expect(elsewhere.ws.readyState).toBe(elsewhere.ws.OPEN);
  });

  it("does not let a connection that was begun before, and whose proof was held up on the way, take the place of a later one", async () => {
    const { connect, ready, memory, clock } = await startGateway();
    const lee = memory.person("lee");
    const heldUp = await connect();
    const { body } = await heldUp.hello();
    const challenge = { nonce: String(body["nonce"]), sid: String(body["sid"]) };
    const present = await ready(lee);
    heldUp.say("auth", { proof: sessionProof(lee, challenge, clock.nowMs()), cred: lee.cred });
    expect((await heldUp.closed).code).toBe(4409);
    await present.settled();
    expect(present.ws.readyState).toBe(present.ws.OPEN);
  });

  it("closes 4401 when the session's key is revoked", async () => {
    const { ready, memory } = await startGateway();
    const lee = memory.person("lee");
    const client = await ready(lee);
    memory.keyChanged(lee.key.kid);
    expect((await client.closed).code).toBe(4401);
  });
});

/** Time passes here in hours; no pong arrives in between. */
const NO_PINGS = { limits: { pingMs: 10 ** 9 } };

describe("repeated authentication (protocol.md 3.22)", () => {
  it("asks before the session ends and goes on with the same sid after a proof over the new nonce", async () => {
    const { ready, memory, clock } = await startGateway(NO_PINGS);
    const lee = memory.person("lee");
    const client = await ready(lee);
    const sid = (client.received.at(-1)?.body["session"] as { id: string }).id;
    clock.advance(3_300_000);
    const { body } = await client.next("auth.required");
    const by = Number(body["by"]);
    const proof = sessionProof(lee, { nonce: String(body["nonce"]), sid }, clock.nowMs());
    const answer = await client.ask("auth", { proof, cred: lee.cred });
    expect(answer.type).toBe("ready");
    expect((answer.body["session"] as { exp: number }).exp).toBeGreaterThan(by);
    clock.advance(400_000);
    await client.settled();
    expect(client.ws.readyState).toBe(client.ws.OPEN);
  });

  it("closes 4401 when nobody answers", async () => {
    const { ready, clock } = await startGateway(NO_PINGS);
    const client = await ready();
    clock.advance(3_600_000);
    expect((await client.closed).code).toBe(4401);
  });

  it("never turns a session into another key's", async () => {
    const { ready, memory, clock } = await startGateway(NO_PINGS);
    const lee = memory.person("lee");
    const mallory = memory.person("mallory");
    const client = await ready(lee);
    const sid = (client.received.at(-1)?.body["session"] as { id: string }).id;
    clock.advance(3_300_000);
    const { body } = await client.next("auth.required");
    const proof = sessionProof(mallory, { nonce: String(body["nonce"]), sid }, clock.nowMs());
    expect((await client.ask("auth", { proof, cred: mallory.cred })).body).toMatchObject({ code: "E_AUTH_PROOF" });
    expect((await client.closed).code).toBe(4401);
  });

  it("does not take a proof nobody asked for", async () => {
    const { ready, memory, clock } = await startGateway(NO_PINGS);
    const lee = memory.person("lee");
    const client = await ready(lee);
    const proof = sessionProof(lee, { nonce: "AAAAAAAAAAAAAAAAAAAAAA", sid: "x" }, clock.nowMs());
    expect((await client.ask("auth", { proof, cred: lee.cred })).type).toBe("error");
  });
});
