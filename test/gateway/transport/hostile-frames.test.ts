import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { CountersignError } from "#shared/protocol/error.ts";
import { clientBodies } from "#shared/protocol/messages.ts";

import { parseFrame } from "../../../gateway/transport/frames.ts";

import { startGateway } from "./harness.ts";

const message = (type: string, body: string, more = "") =>
  `{"v":1,"type":"${type}","id":"h","ts":"2026-09-21T14:13:20.123Z","body":${body}${more}}`;

/** Sends one raw text frame. */
const raw = (client: { ws: { send(text: string): void } }, text: string) => client.ws.send(text);

describe("malformed frames (protocol.md 3.4.2, 3.22)", () => {
  it.each([
    ["no JSON", "hello", "E_FMT_JSON"],
    ["nothing", "", "E_FMT_JSON"],
    ["two members of one name", '{"v":1,"v":1}', "E_FMT_DUP"],
    ["a fraction", message("ping", '{"t0":1.5}'), "E_FMT_NUMBER"],
    ["an exponent", message("ping", '{"t0":1e3}'), "E_FMT_NUMBER"],
    ["a lone surrogate", message("ping", '{"t0":"\\ud800"}'), "E_FMT_SURROGATE"],
    ["33 levels", `${"[".repeat(33)}${"]".repeat(33)}`, "E_FMT_DEPTH"],
    ["an array", "[]", "E_FMT_ENVELOPE"],
    ["another version", message("ping", "{}").replace('"v":1', '"v":2'), "E_FMT_ENVELOPE"],
    ["no id", message("ping", "{}").replace('"id":"h",', ""), "E_FMT_ENVELOPE"],
    ["a body that is no object", message("ping", "[]"), "E_FMT_ENVELOPE"],
  ])("answers %s with its code and without re", async (_name, text, code) => {
    const { connect } = await startGateway();
    const client = await connect();
    raw(client, text);
    const answer = await client.next("error");
    expect(answer.body).toMatchObject({ code, retry: "never" });
    expect(answer).not.toHaveProperty("re");
    expect(answer.body).not.toHaveProperty("re");
  });

  it("closes 4400 at the third, however good the messages in between", async () => {
    const { ready } = await startGateway();
    const client = await ready();
    raw(client, "{");
    await client.settled();
    raw(client, "{");
    await client.settled();
    raw(client, "{");
    expect((await client.closed).code).toBe(4400);
  });

  it("closes 1003 for a binary frame", async () => {
    const { ready } = await startGateway();
    const client = await ready();
    client.ws.send(Buffer.from(message("ping", '{"t0":1}')));
    expect((await client.closed).code).toBe(1003);
  });

  it("closes 1009 for a frame above 64 KiB and takes one just below", async () => {
    const { ready } = await startGateway();
    const client = await ready();
    const filler = (length: number) => message("ping", `{"t0":1,"x":"${"y".repeat(length)}"}`);
    const room = 64 * 1024 - filler(0).length;
    raw(client, filler(room));
    expect((await client.next("pong")).re).toBe("h");
    raw(client, filler(room + 1));
    expect((await client.closed).code).toBe(1009);
  });

  it("closes a message in more than 16 fragments", async () => {
    const { ready } = await startGateway();
    const client = await ready();
    for (let i = 0; i < 17; i++) client.ws.send("x", { fin: false });
    expect((await client.closed).code).toBe(1008);
  });

  it("closes 1007 for text that is not UTF-8", async () => {
    const { ready } = await startGateway();
    const client = await ready();
    client.ws.send(Buffer.from([0xc3, 0x28]), { binary: false });
    expect((await client.closed).code).toBe(1007);
  });

  it("cuts a frame without a mask, which no client sends", async () => {
    const { ready } = await startGateway();
    const client = await ready();
    client.ws.send(message("ping", '{"t0":1}'), { mask: false });
    expect((await client.closed).code).toBe(1002);
  });
});

describe("messages that are well-formed and wrong", () => {
  it("answers an unknown type with E_TYPE_UNKNOWN and says nothing to x- types", async () => {
    const { ready } = await startGateway();
    const client = await ready();
    client.say("x-experiment");
    expect((await client.ask("action.approve")).body).toMatchObject({ code: "E_TYPE_UNKNOWN" });
    for (const type of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      expect((await client.ask(type)).body).toMatchObject({ code: "E_TYPE_UNKNOWN" });
    }
    expect(client.received.filter(({ type }) => type === "error")).toHaveLength(5);
  });

  it("does not process a message whose crit names an unknown feature", async () => {
    const { ready } = await startGateway();
    const client = await ready();
    expect((await client.ask("ping", { t0: 1 }, { crit: ["time-travel"] })).body).toMatchObject({
      code: "E_CRIT_UNKNOWN",
    });
    expect((await client.ask("ping", { t0: 1 }, { crit: [] })).type).toBe("pong");
  });

  it("ignores unknown members", async () => {
    const { ready } = await startGateway();
    const client = await ready();
    expect((await client.ask("ping", { t0: 1, later: true }, { later: {} })).type).toBe("pong");
  });

  it("answers a bad body with E_CLM_SHAPE and re, as often as it comes", async () => {
    const { ready } = await startGateway();
    const client = await ready();
    for (let i = 0; i < 5; i++) {
      const answer = await client.ask("action.claim", { rid: "x", rev: 0, ttl: 1000 });
      expect(answer.body).toMatchObject({ code: "E_CLM_SHAPE", re: answer.re });
    }
    expect(client.ws.readyState).toBe(client.ws.OPEN);
  });

  it("answers a fault of its own with E_INTERNAL, logs no content, and goes on", async () => {
    const { ready, memory, logged } = await startGateway();
    memory.core.history = () => {
      throw new TypeError("Maria Example, born 1950");
    };
    const client = await ready();
    const answer = await client.ask("history.query", { from: 0, to: 1, limit: 1 });
    expect(answer.body).toMatchObject({ code: "E_INTERNAL", retry: "later" });
    expect(JSON.stringify([logged, client.received])).not.toContain("Maria");
    expect(logged).toContainEqual({ event: "ws.fault", fields: { type: "history.query", error: "TypeError" } });
    await client.settled();
  });

  it("closes 4500 when the feed cannot be read", async () => {
    const { ready, memory } = await startGateway();
    const client = await ready();
    await client.ask("subscribe", { feeds: ["me"], cursor: null, credit: 1 });
    memory.core.feed.read = () => {
      throw new Error("disk");
    };
    memory.raise();
    expect((await client.closed).code).toBe(4500);
  });
});

describe("anything at all", () => {
  it("is parsed, or refused with a code of the message's form", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ unit: "binary" })), (text) => {
        try {
          expect(parseFrame(text).v).toBe(1);
        } catch (error) {
          expect(error).toBeInstanceOf(CountersignError);
          expect((error as CountersignError).code).toMatch(/^E_FMT_/);
        }
      }),
    );
  });

  it("in a body gets an answer or none, and never ends the connection or the gateway by accident", async () => {
    const { ready, logged, serving } = await startGateway({ limits: { messageBurst: 10_000 } });
    const client = await ready();
    const types = Object.keys(clientBodies).filter((type) => !["bye", "auth", "decision.submit"].includes(type));
    const bodies = fc.sample(
      fc.record({
        type: fc.constantFrom(...types),
        body: fc.dictionary(
          fc.constantFrom(
            "rid",
            "rev",
            "n",
            "upto",
            "feeds",
            "cursor",
            "credit",
            "from",
            "to",
            "limit",
            "jws",
            "proof",
            "t0",
            "ttl",
            "index",
          ),
          fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null), fc.array(fc.string()), fc.constant({})),
        ),
      }),
      300,
    );
    for (const { type, body } of bodies) client.say(type, body);
    await client.settled();
    expect(client.ws.readyState).toBe(client.ws.OPEN);
    expect(serving.connections()).toBe(1);
    expect(logged.filter(({ event }) => event === "ws.fault")).toEqual([]);
  });
});

describe("floods (protocol.md 3.4.4)", () => {
  it("takes 60 messages at once, answers more with E_RATE and closes 4429 at the third within a second", async () => {
    const { ready } = await startGateway();
    const client = await ready();
    // hello and auth were two of the sixty.
    for (let i = 0; i < 61; i++) client.say("ping", { t0: i });
    const { code } = await client.closed;
    expect(code).toBe(4429);
    expect(client.types().filter((type) => type === "pong")).toHaveLength(58);
    const errors = client.received.filter(({ type }) => type === "error");
    expect(errors.map(({ body }) => body["code"])).toEqual(["E_RATE", "E_RATE", "E_RATE"]);
    expect(errors[0]).toMatchObject({
      re: expect.any(String) as string,
      body: { retry: "later", retry_after_ms: 1000 },
    });
  });

  it("takes twenty more messages for every second that passes", async () => {
    const { ready, clock } = await startGateway();
    const client = await ready();
    for (let i = 0; i < 58; i++) client.say("ping", { t0: i });
    await client.until(({ body }) => body["t0"] === 57);
    clock.advance(1000);
    for (let i = 100; i < 120; i++) client.say("ping", { t0: i });
    await client.until(({ body }) => body["t0"] === 119);
    expect((await client.ask("ping", { t0: 1 })).body).toMatchObject({ code: "E_RATE" });
  });

  it.each(["ping", "pong"] as const)(
    "counts WebSocket %ss as messages, also those that answer nothing",
    async (kind) => {
      const { ready } = await startGateway();
      const client = await ready();
      for (let i = 0; i < 100; i++) client.ws[kind]();
      expect((await client.closed).code).toBe(4429);
    },
  );
});

describe("heartbeat", () => {
  it("cuts a peer that answers no ping, and keeps one that does", async () => {
    const { connect, clock, ready, memory, serving } = await startGateway();
    const dead = await connect({ autoPong: false });
    await dead.signIn(memory.person("dead"), clock.nowMs());
    const alive = await ready(memory.person("alive"));
    for (let i = 0; i < 4; i++) {
      const pinged = new Promise((resolve) => alive.ws.once("ping", resolve));
      clock.advance(20_000);
      await pinged;
      await alive.settled();
    }
    expect((await dead.closed).code).toBe(1006);
    expect(serving.connections()).toBe(1);
  });
});
