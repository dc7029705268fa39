import { describe, expect, it } from "vitest";

import { gatewayBodies } from "#shared/protocol/messages.ts";
import { poolUri } from "#shared/protocol/names.ts";

import { startGateway } from "./harness.ts";
import { ISS, POOL } from "./people.ts";

const ALL = { feeds: [`pool:${POOL}`, "me"], credit: 256 };

describe("subscribe (protocol.md 3.4.4, 3.22)", () => {
  it("starts without a cursor from a snapshot that ends with the place where the feed goes on", async () => {
    const { ready, memory } = await startGateway();
    const lee = memory.person("lee");
    const first = memory.raise();
    memory.raise();
    memory.withdraw(first);
    const client = await ready(lee);
    const subscribed = gatewayBodies.subscribed.parse((await client.ask("subscribe", { ...ALL, cursor: null })).body);
    expect(subscribed).toMatchObject({ epoch: "e1", mode: "snapshot" });
    const item = await client.next("action.pending");
    expect(item).not.toHaveProperty("seq");
    expect(item.body).toMatchObject({ snapshot: true });
    expect((await client.next()).body).toEqual({ count: 1, head: subscribed.head });
    memory.raise();
    const live = await client.next("action.pending");
    expect(live).toMatchObject({ epoch: "e1", seq: subscribed.head + 1 });
  });

  it("resumes after a cursor with everything that was missed, in order, and nothing twice", async () => {
    const { ready, memory } = await startGateway();
    const lee = memory.person("lee");
    const client = await ready(lee);
    await client.ask("subscribe", { ...ALL, cursor: null });
    memory.raise();
    const seen = await client.next("action.pending");
    client.ws.terminate();
    await client.closed;
    const missed = [memory.raise(), memory.raise()];
    memory.withdraw(missed[0]!);

    const again = await ready(lee);
    const cursor = `${String(seen.epoch)}:${String(seen.seq)}`;
    expect((await again.ask("subscribe", { ...ALL, cursor })).body).toMatchObject({ mode: "resume" });
    await again.settled();
    const events = again.received.filter(({ seq }) => seq !== undefined);
    expect(events.map(({ type }) => type)).toEqual(["action.pending", "action.pending", "action.withdrawn"]);
    expect(events.map(({ seq }) => seq)).toEqual([2, 3, 4]);
  });

  it("tells a reader that resumes where its own missed events end, whatever others got since", async () => {
    const { ready, memory } = await startGateway();
    const [lee, kim] = [memory.person("lee"), memory.person("kim", { pools: [] })];
    const client = await ready(lee);
    await client.ask("subscribe", { ...ALL, cursor: null });
    memory.raise();
    const seen = await client.next("action.pending");
    client.ws.terminate();
    await client.closed;
    const resume = async () => {
      const again = await ready(lee);
      return (await again.ask("subscribe", { ...ALL, cursor: `${String(seen.epoch)}:${String(seen.seq)}` })).body;
    };
    for (let i = 0; i < 3; i++) memory.raise({ aud: [kim.sub] });
    expect(await resume()).toMatchObject({ mode: "resume", head: seen.seq });
    memory.raise();
    memory.raise({ aud: [kim.sub] });
    expect(await resume()).toMatchObject({ mode: "resume", head: seen.seq! + 4 });
  });

  it.each([
    ["another epoch", "e0:1"],
    ["a place that is no longer kept", "e1:1"],
    ["a place in the future", "e1:99"],
    ["a place no number can hold", "e1:9999999999999999"],
  ])("falls back to a snapshot for %s", async (_name, cursor) => {
    const { ready, memory } = await startGateway();
    const lee = memory.person("lee");
    memory.raise();
    memory.raise();
    memory.forget(lee.sub, 2);
    const client = await ready(lee);
    expect((await client.ask("subscribe", { ...ALL, cursor })).body).toMatchObject({ mode: "snapshot" });
    await client.next("snapshot.end");
  });

  it.each([["pool:surgery"], ["everything"], ["pool:"]])("refuses the feed %s with E_FEED", async (feed) => {
    const { ready } = await startGateway();
    const client = await ready();
    const answer = await client.ask("subscribe", { feeds: ["me", feed], cursor: null, credit: 1 });
    expect(answer.body).toMatchObject({ code: "E_FEED" });
  });

  it("replaces the first subscription by the second", async () => {
    const { ready, memory } = await startGateway();
    const lee = memory.person("lee");
    const client = await ready(lee);
    await client.ask("subscribe", { ...ALL, cursor: null });
    await client.ask("subscribe", { ...ALL, cursor: null });
    memory.raise();
    await client.next("action.pending");
    await client.settled();
    expect(client.types().filter((type) => type === "action.pending")).toHaveLength(1);
  });

  it("leaves requests of other feeds and lower risk out, and never what closes one", async () => {
    const { ready, memory } = await startGateway();
    const lee = memory.person("lee");
    const client = await ready(lee);
    await client.ask("subscribe", { feeds: ["me"], cursor: null, credit: 9, filter: { risk_min: "high" } });
    memory.raise({ risk: "critical" });
    memory.raise({ risk: "low", aud: [lee.sub] });
    const mine = memory.raise({ risk: "high", aud: [lee.sub, poolUri(ISS, POOL)] });
    memory.withdraw(mine);
    await client.next("action.withdrawn");
    const offered = client.received.filter(({ type }) => type === "action.pending");
    expect(offered.map(({ seq }) => seq)).toEqual([3]);
    expect((await client.ask("subscribe", { ...ALL, cursor: null, filter: { risk_min: "worst" } })).body).toMatchObject(
      {
        code: "E_CLM_SHAPE",
      },
    );
  });

  it("tells every device of a person and nobody it is not addressed to", async () => {
    const { ready, memory } = await startGateway();
    const lee = memory.person("lee");
    const leeElsewhere = memory.person("lee", { device: "second" });
    const stranger = memory.person("stranger", { pools: ["surgery"] });
    const clients = [await ready(lee), await ready(leeElsewhere)];
    const outsider = await ready(stranger);
    for (const client of clients) await client.ask("subscribe", { ...ALL, cursor: null });
    await outsider.ask("subscribe", { feeds: ["me", "pool:surgery"], cursor: null, credit: 9 });
    memory.raise();
    for (const client of clients) await client.next("action.pending");
    await outsider.settled();
    expect(outsider.types()).not.toContain("action.pending");
  });
});

describe("credit over a socket (protocol.md 3.4.4)", () => {
  it("holds events back, lets a withdrawal overtake them without its place, and repeats it in its place", async () => {
    const { ready, memory } = await startGateway();
    const client = await ready();
    await client.ask("subscribe", { ...ALL, credit: 1, cursor: null });
    const first = memory.raise();
    memory.raise();
    memory.withdraw(first);
    const early = await client.next("action.withdrawn");
    expect(early).not.toHaveProperty("seq");
    expect(early).not.toHaveProperty("epoch");
    await client.settled();
    expect(client.received.filter(({ seq }) => seq !== undefined).map(({ seq }) => seq)).toEqual([1]);
    client.say("credit", { n: 1 });
    const late = await client.next("action.withdrawn");
    expect(late.seq).toBe(3);
    expect(late.body).toEqual(early.body);
  });

  it.each([0, 257, -1])("refuses a credit of %s", async (n) => {
    const { ready } = await startGateway();
    const client = await ready();
    await client.ask("subscribe", { ...ALL, cursor: null });
    const answer = await client.ask("credit", { n });
    expect(answer.body).toMatchObject({ code: "E_CLM_SHAPE" });
  });

  it("takes an ack up to what was sent and refuses one beyond it", async () => {
    const { ready, memory } = await startGateway();
    const client = await ready();
    expect((await client.ask("ack", { upto: 0 })).body).toMatchObject({ code: "E_FEED" });
    await client.ask("subscribe", { ...ALL, cursor: null });
    memory.raise();
    await client.next("action.pending");
    client.say("ack", { upto: 1 });
    expect((await client.ask("ack", { upto: 2 })).body).toMatchObject({ code: "E_CLM_SHAPE" });
    expect(client.types().filter((type) => type === "error")).toHaveLength(2);
  });
});

describe("checkpoints", () => {
  it("pushes a new checkpoint to subscribers, the newest of several in one turn, without a place", async () => {
    const { ready, memory } = await startGateway();
    const client = await ready();
    await client.ask("subscribe", { ...ALL, cursor: null });
    memory.core.events.emit("checkpoint", "one");
    memory.core.events.emit("checkpoint", "two");
    const pushed = await client.next("log.checkpoint");
    expect(pushed.body).toEqual({ note: "two" });
    expect(pushed).not.toHaveProperty("seq");
  });
});
