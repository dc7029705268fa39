import { describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { TYP } from "#shared/protocol/names.ts";

import { startGateway } from "./harness.ts";
import type { MemoryCore } from "./memory-core.ts";
import type { ManualClock } from "./manual-clock.ts";
import { DIR, uuid7 } from "./people.ts";

function enrolProof(clock: ManualClock, nonce: string): string {
  const key = makeSigner(generateKey("ES256"));
  const iat = Math.floor(clock.nowMs() / 1000);
  const claims = { ver: 1, iss: `urn:jkt:${key.kid}`, aud: DIR, iat, exp: iat + 60, jti: uuid7(clock.nowMs()), nonce };
  return key.sign(TYP.enrol, claims, { jwk: key.jwk });
}

const done = (memory: MemoryCore) =>
  ({
    kind: "done",
    cred: memory.person("new").cred,
    directory: { kty: "EC", x: memory.directory.jwk.x },
    dir_mac: "x",
  }) as const;

describe("enrolment (protocol.md 3.13, 3.22)", () => {
  it("goes begin, challenge, complete, pending, and done when the second person has confirmed", async () => {
    const { connect, memory, clock } = await startGateway();
    const ticket = memory.ticket("ticket-0001");
    const client = await connect();
    await client.hello();
    const challenge = await client.ask("enrol.begin", { ticket_id: "ticket-0001" });
    expect(challenge).toMatchObject({ type: "enrol.challenge", body: { nonce: ticket.nonce, expires_in: 900 } });
    const proof = enrolProof(clock, ticket.nonce);
    const pending = await client.ask("enrol.complete", { proof });
    expect(pending).toMatchObject({ type: "enrol.pending", body: { expires_in: 900 } });
    ticket.settle(done(memory));
    const finished = await client.next("enrol.done");
    expect(finished.re).toBe(pending.re);
    expect(finished.body).toMatchObject({ cred: expect.any(String) as string, dir_mac: "x" });
    client.say("bye");
    expect((await client.closed).code).toBe(1000);
  });

  it("waits as long as the ticket lives, not ten seconds, and then closes 4408", async () => {
    const { connect, memory, clock } = await startGateway({ limits: { pingMs: 10 ** 9 } });
    const ticket = memory.ticket("ticket-0001");
    const client = await connect();
    await client.hello();
    await client.ask("enrol.begin", { ticket_id: "ticket-0001" });
    await client.ask("enrol.complete", { proof: enrolProof(clock, ticket.nonce) });
    clock.advance(899_000);
    await client.settled();
    expect(ticket.waiting()).toBe(1);
    clock.advance(1_000);
    expect((await client.closed).code).toBe(4408);
    expect(ticket.waiting()).toBe(0);
  });

  it("closes 4408 when the proof does not come in ten seconds", async () => {
    const { connect, memory, clock } = await startGateway();
    memory.ticket("ticket-0001");
    const client = await connect();
    await client.hello();
    await client.ask("enrol.begin", { ticket_id: "ticket-0001" });
    clock.advance(10_000);
    expect((await client.closed).code).toBe(4408);
  });

  it.each([
    ["rejected", "E_ENROL_REJECTED"],
    ["expired", "E_ENROL_EXPIRED"],
  ] as const)("says %s with %s", async (kind, code) => {
    const { connect, memory, clock } = await startGateway();
    const ticket = memory.ticket("ticket-0001");
    const client = await connect();
    await client.hello();
    await client.ask("enrol.begin", { ticket_id: "ticket-0001" });
    await client.ask("enrol.complete", { proof: enrolProof(clock, ticket.nonce) });
    ticket.settle({ kind });
    expect((await client.next("error")).body).toMatchObject({ code });
  });

  it("says E_ENROL_CODE with the tries that are left", async () => {
    const { connect, memory, clock } = await startGateway();
    const ticket = memory.ticket("ticket-0001");
    const client = await connect();
    await client.hello();
    await client.ask("enrol.begin", { ticket_id: "ticket-0001" });
    ticket.settle({ kind: "wrong_code", tries_left: 4 });
    const answer = await client.ask("enrol.complete", { proof: enrolProof(clock, ticket.nonce) });
    expect(answer.body).toMatchObject({ code: "E_ENROL_CODE", tries_left: 4 });
  });

  it("refuses an unknown ticket, a proof before begin, and a proof over another nonce", async () => {
    const { connect, memory, clock } = await startGateway();
    memory.ticket("ticket-0001");
    const client = await connect();
    expect((await client.ask("enrol.begin", { ticket_id: "ticket-0001" })).body).toMatchObject({
      code: "E_AUTH_REQUIRED",
    });
    await client.hello();
    expect((await client.ask("enrol.begin", { ticket_id: "ticket-9999" })).body).toMatchObject({
      code: "E_ENROL_TICKET",
    });
    const proof = enrolProof(clock, "CCCCCCCCCCCCCCCCCCCCCCCC");
    expect((await client.ask("enrol.complete", { proof })).body).toMatchObject({ code: "E_ENROL_TICKET" });
    await client.ask("enrol.begin", { ticket_id: "ticket-0001" });
    expect((await client.ask("enrol.complete", { proof })).body).toMatchObject({ code: "E_AUTH_PROOF" });
  });
});

describe("rotation and self-revocation (protocol.md 3.22)", () => {
  it("hands the proofs to the directory with this connection's nonce", async () => {
    const asked: unknown[] = [];
    const { connect, memory } = await startGateway();
    memory.core.keys.rotate = (input) => {
      asked.push(input);
      return asked.length === 1 ? { kind: "pending", expires_in: 900 } : done(memory);
    };
    memory.core.keys.revoke = (input) => void asked.push(input);
    const client = await connect();
    const { body } = await client.hello();
    const proofs = { proof: "a.b.c", prev_proof: "d.e.f" };
    expect((await client.ask("enrol.rotate", proofs)).type).toBe("enrol.pending");
    expect((await client.ask("enrol.rotate", proofs)).type).toBe("enrol.done");
    expect((await client.ask("enrol.revoke", { proof: "a.b.c" })).type).toBe("ok");
    expect((await client.closed).code).toBe(4401);
    const rotation = { proof: "a.b.c", prevProof: "d.e.f", nonce: body["nonce"] };
    expect(asked).toEqual([rotation, rotation, { proof: "a.b.c", nonce: body["nonce"] }]);
  });

  it("lets a ready client press the panic button, and answers before it closes", async () => {
    const { ready, memory } = await startGateway();
    const lee = memory.person("lee");
    memory.core.keys.revoke = () => memory.keyChanged(lee.key.kid);
    const client = await ready(lee);
    expect((await client.ask("enrol.revoke", { proof: "a.b.c" })).type).toBe("ok");
    expect((await client.closed).code).toBe(4401);
  });

  it("is not processed before the challenge", async () => {
    const { connect } = await startGateway();
    const client = await connect();
    const proofs = { proof: "a.b.c", prev_proof: "d.e.f" };
    expect((await client.ask("enrol.rotate", proofs)).body).toMatchObject({ code: "E_AUTH_REQUIRED" });
    expect((await client.ask("enrol.revoke", proofs)).body).toMatchObject({ code: "E_AUTH_REQUIRED" });
  });
});
