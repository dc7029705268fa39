import { describe, expect, it } from "vitest";

import { startGateway } from "./harness.ts";

describe("slow readers (protocol.md 3.4.4)", () => {
  const FEEDS = { feeds: ["pool:cardiology-attending", "me"], credit: 256 };
  const set = `a.${"b".repeat(100_000)}.c`;
  /** More than the kernel takes for a reader that does not read. */
  const MANY = 150;

  it("closes 4429 when unread answers pass the hard limit", async () => {
    const { ready, memory, whenLogged } = await startGateway();
    memory.core.history = () => ({ items: [{ request: "x".repeat(180_000) }] });
    const client = await ready();
    client.ws.pause();
    for (let i = 0; i < 57; i++) client.say("history.query", { from: 0, to: 1, limit: 1 });
    await whenLogged("ws.close");
    client.ws.resume();
    expect((await client.closed).code).toBe(4429);
  });

  it("closes 4429 a reader that does not read its feed for ten seconds, and lets it resume", async () => {
    const { ready, memory, clock } = await startGateway();
    const lee = memory.person("lee");
    const client = await ready(lee);
    await client.ask("subscribe", { ...FEEDS, cursor: null });
    client.ws.pause();
    for (let i = 0; i < MANY; i++) memory.append(lee.sub, "action.withdrawn", { set });
    await Promise.resolve();
    clock.advance(9_999);
    clock.advance(1);
    client.ws.resume();
    expect((await client.closed).code).toBe(4429);
    const last = client.received.findLast(({ seq }) => seq !== undefined)!;
    expect(last.seq).toBeLessThan(MANY);
    const again = await ready(lee);
    const cursor = `${String(last.epoch)}:${String(last.seq)}`;
    expect((await again.ask("subscribe", { ...FEEDS, cursor })).body).toMatchObject({ mode: "resume" });
    await again.until(({ seq }) => seq === MANY);
  });

  it("does not cut off a reader that reads, however long the backlog", async () => {
    const { ready, memory } = await startGateway();
    const lee = memory.person("lee");
    for (let i = 0; i < MANY; i++) memory.append(lee.sub, "action.withdrawn", { set });
    const client = await ready(lee);
    await client.ask("subscribe", { ...FEEDS, cursor: "e1:0" });
    await client.until(({ seq }) => seq === MANY);
    const places = client.received.flatMap(({ seq }) => (seq === undefined ? [] : [seq]));
    expect(places).toEqual(Array.from({ length: MANY }, (_, i) => i + 1));
  });
});
