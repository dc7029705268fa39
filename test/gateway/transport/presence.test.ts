import { describe, expect, it } from "vitest";

import { startGateway } from "./harness.ts";

const FEEDS = { feeds: ["pool:cardiology-attending", "me"], cursor: null, credit: 256 };

describe("presence (protocol.md 3.4.3)", () => {
  it("tells the others addressed who opens and closes a request, and the core both", async () => {
    const { ready, memory } = await startGateway();
    const [lee, kim, out] = [memory.person("lee"), memory.person("kim"), memory.person("out", { pools: ["surgery"] })];
    const request = memory.raise();
    const [a, b, outsider] = [await ready(lee), await ready(kim), await ready(out)];
    const view = { rid: request.rid, rev: 1 };
    a.say("action.view", { ...view, state: "opened" });
    expect((await b.next("action.viewing")).body).toEqual({
      rid: request.rid,
      by: lee.sub,
      name: "Dr lee",
      state: "opened",
    });
    a.say("action.view", { ...view, state: "closed" });
    expect((await b.next("action.viewing")).body).toMatchObject({ state: "closed" });
    await a.settled();
    await outsider.settled();
    expect([...a.types(), ...outsider.types()]).not.toContain("action.viewing");
    expect(memory.views.map(({ state }) => state)).toEqual(["opened", "closed"]);
  });

  it("says closed for a person who goes away", async () => {
    const { ready, memory } = await startGateway();
    const [lee, kim] = [memory.person("lee"), memory.person("kim")];
    const request = memory.raise();
    const [a, b] = [await ready(lee), await ready(kim)];
    a.say("action.view", { rid: request.rid, rev: 1, state: "opened" });
    await b.next("action.viewing");
    a.ws.terminate();
    expect((await b.next("action.viewing")).body).toMatchObject({ by: lee.sub, state: "closed" });
  });

  it("reports a rejected request to the core and to nobody else, and never answers a view", async () => {
    const { ready, memory } = await startGateway();
    const [lee, kim] = [memory.person("lee"), memory.person("kim")];
    const request = memory.raise();
    const [a, b] = [await ready(lee), await ready(kim)];
    a.say("action.view", { rid: request.rid, rev: 1, state: "rejected", code: "E_SIG_BAD" });
    a.say("action.view", { rid: "unknown", rev: 1, state: "opened" });
    await a.settled();
    await b.settled();
    expect(memory.views.map(({ state }) => state)).toEqual(["rejected", "opened"]);
    expect(b.types()).not.toContain("action.viewing");
    expect(a.types()).not.toContain("error");
  });

  it("tells nobody who looks at, or claims, what two have to decide without sight of each other", async () => {
    const { ready, memory } = await startGateway();
    const [lee, kim] = [memory.person("lee"), memory.person("kim")];
    const blind = memory.raise({ isBlind: true });
    const open = memory.raise();
    const [a, b] = [await ready(lee), await ready(kim)];
    a.say("action.view", { rid: blind.rid, rev: 1, state: "opened" });
    a.say("action.claim", { rid: blind.rid, rev: 1, ttl: 60 });
    expect((await a.next("action.claimed")).body).toMatchObject({ by: lee.sub });
    a.say("action.view", { rid: blind.rid, rev: 1, state: "closed" });
    a.say("action.view", { rid: open.rid, rev: 1, state: "opened" });
    expect((await b.next("action.viewing")).body).toMatchObject({ rid: open.rid });
    b.say("action.claim", { rid: blind.rid, rev: 1, ttl: 60 });
    expect((await b.next("action.claimed")).body).toMatchObject({ by: kim.sub });
  });

  it("lets nobody appear to view a request that is not addressed to them", async () => {
    const { ready, memory } = await startGateway();
    const [kim, out] = [memory.person("kim"), memory.person("out", { pools: ["surgery"] })];
    const request = memory.raise();
    const [b, outsider] = [await ready(kim), await ready(out)];
    outsider.say("action.view", { rid: request.rid, rev: 1, state: "opened" });
    await outsider.settled();
    await b.settled();
    expect(b.types()).not.toContain("action.viewing");
  });
});

describe("advisory claims (protocol.md 3.4.3)", () => {
  it("tells everyone addressed, lets the first keep it, and frees it by release or time", async () => {
    const { ready, memory, clock } = await startGateway({ limits: { pingMs: 10 ** 9 } });
    const [lee, kim] = [memory.person("lee"), memory.person("kim")];
    const request = memory.raise();
    const [a, b] = [await ready(lee), await ready(kim)];
    const claim = { rid: request.rid, rev: 1, ttl: 60 };
    const now = Math.floor(clock.nowMs() / 1000);
    const standing = { rid: request.rid, by: lee.sub, name: "Dr lee", until: now + 60 };
    expect((await a.ask("action.claim", claim)).body).toEqual(standing);
    expect((await b.next("action.claimed")).body).toEqual(standing);
    expect((await b.ask("action.claim", claim)).body).toEqual(standing);
    expect((await b.ask("action.release", claim)).body).toEqual(standing);

    const released = await a.ask("action.release", claim);
    expect(released.body).toMatchObject({ by: lee.sub, until: now });
    expect((await b.next("action.claimed")).body).toMatchObject({ until: now });
    expect((await b.ask("action.claim", claim)).body).toMatchObject({ by: kim.sub });
    clock.advance(60_000);
    expect((await a.ask("action.claim", claim)).body).toMatchObject({ by: lee.sub });
  });

  it("tells a newcomer what stands", async () => {
    const { ready, memory } = await startGateway();
    const [lee, kim] = [memory.person("lee"), memory.person("kim")];
    const request = memory.raise();
    await (await ready(lee)).ask("action.claim", { rid: request.rid, rev: 1, ttl: 60 });
    const newcomer = await ready(kim);
    await newcomer.ask("subscribe", FEEDS);
    expect((await newcomer.next("action.claimed")).body).toMatchObject({ by: lee.sub });
  });

  it("refuses a claim on another revision, an ended request, and one that is not addressed to the asker", async () => {
    const { ready, memory } = await startGateway();
    const [lee, out] = [memory.person("lee"), memory.person("out", { pools: ["surgery"] })];
    const [request, ended] = [memory.raise(), memory.raise()];
    memory.withdraw(ended);
    const [a, outsider] = [await ready(lee), await ready(out)];
    const claim = { rid: request.rid, rev: 1, ttl: 60 };
    expect((await a.ask("action.claim", { ...claim, rev: 2 })).body).toMatchObject({ code: "E_REQ_SUPERSEDED" });
    expect((await a.ask("action.claim", { ...claim, rid: ended.rid })).body).toMatchObject({ code: "E_REQ_TERMINAL" });
    expect((await outsider.ask("action.claim", claim)).body).toMatchObject({ code: "E_REQ_UNKNOWN" });
  });
});
