import { describe, expect, it } from "vitest";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { jdig } from "#shared/protocol/digest.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

import { startGateway } from "./harness.ts";
import { makeDecision } from "./signed-by-people.ts";
import { uuid7 } from "./people.ts";

const crypto = makeNodeCrypto();

describe("decision.submit (protocol.md 3.4.3, 3.8)", () => {
  it("is answered by exactly one signed receipt over the decision's digest", async () => {
    const { ready, memory, clock } = await startGateway();
    const lee = memory.person("lee");
    const client = await ready(lee);
    const jws = makeDecision(lee, memory.raise(), clock.nowMs());
    const answer = await client.ask("decision.submit", { jws });
    expect(answer.type).toBe("decision.receipt");
    expect(answer.body).not.toHaveProperty("duplicate");
    const key = crypto.importKey(memory.gateway.jwk);
    const { claims } = verifyJws(crypto, "receipt", String(answer.body["jws"]), () => key);
    expect(claims).toMatchObject({ dec_dig: jdig(crypto, jws), result: "recorded", sub: lee.sub });
  });

  it("gives the same receipt for the same bytes, after a reconnect too, marked duplicate", async () => {
    const { ready, memory, clock } = await startGateway();
    const lee = memory.person("lee");
    const jws = makeDecision(lee, memory.raise(), clock.nowMs());
    const first = await (await ready(lee)).ask("decision.submit", { jws });
    const again = await (await ready(lee)).ask("decision.submit", { jws });
    expect(again.body).toEqual({ jws: first.body["jws"], duplicate: true });
  });

  it("answers what fails before a receipt with an error, its code and its id", async () => {
    const { ready, memory, clock } = await startGateway();
    const lee = memory.person("lee");
    const client = await ready(lee);
    const request = memory.raise();
    const jti = uuid7(clock.nowMs());
    const jws = makeDecision(lee, request, clock.nowMs(), jti);
    const ask = async (text: string) => (await client.ask("decision.submit", { jws: text })).body;
    expect(await ask("not a jws")).toMatchObject({
      code: "E_FMT_JWS",
      retry: "never",
      re: expect.any(String) as string,
    });
    expect(await ask(`${jws.slice(0, -4)}AAAA`)).toMatchObject({ code: "E_SIG_BAD" });
    const byAnother = makeDecision(memory.person("kim"), request, clock.nowMs());
    expect(await ask(byAnother)).toMatchObject({ code: "E_KEY_DEVICE" });
    expect(await ask(jws)).toHaveProperty("jws");
    clock.advance(1000);
    expect(await ask(makeDecision(lee, request, clock.nowMs(), jti))).toMatchObject({ code: "E_JTI_REUSE" });
  });

  it("takes one decision at a time of a key: the second in flight is E_RATE, the third in a second closes 4429", async () => {
    const { ready, memory, clock } = await startGateway();
    const lee = memory.person("lee");
    const client = await ready(lee);
    const request = memory.raise();
    const decisions = [1, 2, 3].map(() => makeDecision(lee, request, clock.nowMs()));
    // One packet, so that the gateway has all three before its first answer is on the wire.
    const socket = (client.ws as unknown as { _socket: { cork(): void; uncork(): void } })._socket;
    socket.cork();
    const ids = decisions.map((jws) => client.say("decision.submit", { jws }));
    socket.uncork();
    expect((await client.closed).code).toBe(4429);
    const answers = ids.map((id) => client.received.filter(({ re }) => re === id));
    expect(answers[0]?.map(({ type }) => type)).toEqual(["decision.receipt"]);
    expect(answers[1]?.map(({ body }) => body["code"])).toEqual(["E_RATE"]);
    expect(answers[2]?.map(({ body }) => body["code"])).toEqual(["E_RATE"]);
  });

  it("takes the next decision when the receipt of the last has been sent", async () => {
    const { ready, memory, clock } = await startGateway();
    const lee = memory.person("lee");
    const client = await ready(lee);
    for (let i = 0; i < 5; i++) {
      const jws = makeDecision(lee, memory.raise(), clock.nowMs());
      expect((await client.ask("decision.submit", { jws })).type).toBe("decision.receipt");
    }
  });

  it("lets go of a decision that the core failed on, so that it can be sent again", async () => {
    const { ready, memory, clock } = await startGateway();
    const lee = memory.person("lee");
    const client = await ready(lee);
    const jws = makeDecision(lee, memory.raise(), clock.nowMs());
    const { submitDecision } = memory.core;
    memory.core.submitDecision = () => {
      throw new Error("disk");
    };
    expect((await client.ask("decision.submit", { jws })).body).toMatchObject({ code: "E_INTERNAL" });
    memory.core.submitDecision = submitDecision;
    expect((await client.ask("decision.submit", { jws })).type).toBe("decision.receipt");
  });

  it("answers a receipt before its copy in the feed", async () => {
    const { ready, memory, clock } = await startGateway();
    const lee = memory.person("lee");
    const client = await ready(lee);
    await client.ask("subscribe", { feeds: ["me"], cursor: null, credit: 1 });
    const { submitDecision } = memory.core;
    memory.core.submitDecision = (jws, session) => {
      const answer = submitDecision(jws, session);
      if (answer.kind === "receipt") memory.append(lee.sub, "decision.receipt", { jws: answer.jws });
      return answer;
    };
    const jws = makeDecision(lee, memory.raise(), clock.nowMs());
    const id = client.say("decision.submit", { jws });
    await client.until(({ type, seq }) => type === "decision.receipt" && seq !== undefined);
    const receipts = client.received.filter(({ type }) => type === "decision.receipt");
    expect(receipts.map(({ re, seq }) => [re, typeof seq])).toEqual([
      [id, "undefined"],
      [undefined, "number"],
    ]);
  });
});

describe("statement.submit (protocol.md 3.20)", () => {
  it("is answered by a receipt over the statement's digest, or an error", async () => {
    const { ready, memory, clock } = await startGateway();
    const lee = memory.person("lee");
    const client = await ready(lee);
    const iat = Math.floor(clock.nowMs() / 1000);
    const request = memory.raise();
    const jws = lee.key.sign("countersign-statement+jwt", {
      ver: 1,
      iss: lee.device,
      sub: lee.sub,
      aud: memory.core.iss,
      iat,
      exp: iat + 60,
      jti: uuid7(clock.nowMs()),
      kind: "report-agent",
      target: { agent: request.agent.sub },
    });
    const answer = await client.ask("statement.submit", { jws });
    expect(answer.type).toBe("statement.receipt");
    const key = crypto.importKey(memory.gateway.jwk);
    const { claims } = verifyJws(crypto, "receipt", String(answer.body["jws"]), () => key);
    expect(claims).toMatchObject({ stm_dig: jdig(crypto, jws) });
    expect((await client.ask("statement.submit", { jws: "a.b.c" })).type).toBe("error");
  });
});
