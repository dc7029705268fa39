import { describe, expect, it } from "vitest";

import { arrange, elapse } from "./arrange-link.ts";

describe("reconnection", () => {
  it("resumes from the cursor and applies nothing twice", async () => {
    const t = await arrange();
    t.link.start();
    await t.status("live");
    t.gateway.push("log.checkpoint", { note: "one" });
    t.gateway.push("log.checkpoint", { note: "two" });
    await t.seen.next((s) => s.kind === "feed" && s.message.seq === 2);
    t.gateway.on("subscribe", ({ id, peer }) => {
      peer.send("subscribed", { epoch: "e1", head: 3, mode: "resume" }, { re: id });
      peer.send("log.checkpoint", { note: "two" }, { seq: 2, epoch: "e1" });
      peer.send("log.checkpoint", { note: "three" }, { seq: 3, epoch: "e1" });
    });
    t.gateway.peer.socket.terminate();
    await t.status("offline");
    t.clock.advance(500);
    await t.status("live");
    const again = t.gateway.received.all.filter((m) => m.type === "subscribe")[1]!;
    expect(again.body["cursor"]).toBe("e1:2");
    expect(t.seen.all.filter((s) => s.kind === "feed").map((s) => s.message.seq)).toEqual([1, 2, 3]);
  });

  it("is not live before it has caught up with the head", async () => {
    const t = await arrange();
    t.link.start();
    await t.status("live");
    t.gateway.push("log.checkpoint", { note: "one" });
    await t.seen.next((s) => s.kind === "feed");
    t.gateway.on("subscribe", ({ id, peer }) => {
      peer.send("subscribed", { epoch: "e1", head: 2, mode: "resume" }, { re: id });
    });
    t.gateway.peer.socket.terminate();
    await t.status("offline");
    t.clock.advance(500);
    await t.status("catching_up");
    expect(t.link.status.kind).toBe("catching_up");
    t.gateway.peer.send("log.checkpoint", { note: "two" }, { seq: 2, epoch: "e1" });
    await t.status("live");
  });

  it("asks for everything anew when the gateway's epoch is another", async () => {
    const t = await arrange();
    t.link.start();
    await t.status("live");
    t.gateway.peer.send("log.checkpoint", { note: "x" }, { seq: 9, epoch: "e2" });
    const again = await t.gateway.received.next((m) => m.type === "subscribe" && m.body["cursor"] === null);
    expect(again.body["cursor"]).toBeNull();
  });

  it("waits longer each time, up to half a minute, and honours a drain", async () => {
    const t = await arrange();
    t.link.start();
    await t.status("live");
    t.gateway.peer.send("drain", { reconnect_after_ms: 7_000, reason: "restart" });
    await t.status("offline");
    t.clock.advance(1_000);
    const waiting = await t.seen.next(
      (s) => s.kind === "status" && s.status.kind === "offline" && s.status.retry_at > s.status.since,
    );
    expect(waiting).toBeDefined();
    t.clock.advance(6_900);
    expect(t.gateway.peers.length).toBe(1);
    t.clock.advance(6_000);
    await t.status("live");
    expect(t.gateway.peers.length).toBe(2);
  });

  it("does not try while locked, and does when unlocked again", async () => {
    const t = await arrange();
    t.link.start();
    await t.status("live");
    t.lock();
    t.gateway.peer.socket.terminate();
    await t.status("offline");
    await elapse(t.clock, 60_000, 5_000);
    expect(t.gateway.peers.length).toBe(1);
  });

  it("authenticates again when asked, over the new nonce and the same session", async () => {
    const t = await arrange();
    t.link.start();
    await t.status("live");
    const first = t.gateway.received.all.find((m) => m.type === "auth")!;
    t.gateway.peer.send("auth.required", { reason: "session-expiring", by: 1, nonce: "B".repeat(32) });
    const second = await t.gateway.received.next((m) => m.type === "auth" && m.id !== first.id);
    const claims = (m: typeof first) =>
      JSON.parse(Buffer.from(String(m.body["proof"]).split(".")[1]!, "base64url").toString()) as Record<
        string,
        unknown
      >;
    expect(claims(second)["nonce"]).toBe("B".repeat(32));
    expect(claims(second)["sid"]).toBe(claims(first)["sid"]);
  });
});

it("shows nobody the person's credential, and signs nothing, before the other side has proved itself", async () => {
  const t = await arrange((g) => {
    g.on("hello", ({ peer }) => {
      peer.send("auth.required", { reason: "session-expiring", by: 1, nonce: "B".repeat(32) });
      // What was answered comes before this.
      peer.send("error", { code: "E_RATE", title: "", retry: "later" });
    });
  });
  t.link.start();
  await t.gateway.received.next((m) => m.type === "hello");
  await t.gateway.flushed();
  await t.gateway.flushed();
  expect(t.gateway.received.all.map(({ type }) => type)).not.toContain("auth");
});

it("sends nothing but the handshake before the gateway has accepted it, whatever the screen does meanwhile", async () => {
  let accept = (): void => undefined;
  const t = await arrange((g) => {
    g.on("auth", (message) => {
      accept = () => {
        g.ready(message);
      };
    });
  });
  t.link.start();
  await t.gateway.received.next((m) => m.type === "auth");
  const view = { rid: "019f0000-0000-7000-8000-000000000000", rev: 1, state: "opened" } as const;
  t.link.send("action.view", view);
  await expect(t.link.call("log.proof", { index: 0 }, "log.proof", 1000)).rejects.toMatchObject({
    code: "E_CLI_OFFLINE",
  });
  accept();
  await t.status("live");
  t.link.send("action.view", view);
  await t.gateway.received.next((m) => m.type === "action.view");
  const types = t.gateway.received.all.map(({ type }) => type);
  expect(types.filter((type) => type === "action.view" || type === "log.proof")).toEqual(["action.view"]);
});

describe("the heartbeat", () => {
  it("is stale after 45 s without a pong, fresh with the next one, and gives the socket up after 60 s", async () => {
    const t = await arrange((g) => {
      g.on("ping", () => undefined);
    });
    t.link.start();
    await t.status("live");
    t.gateway.peer.socket.pause();
    await elapse(t.clock, 44_000);
    expect(t.link.status.kind).toBe("live");
    await elapse(t.clock, 2_000);
    expect(t.link.status.kind).toBe("stale");
    t.gateway.peer.send("pong", { t0: t.clock.nowMs(), t1: t.gateway.nowMs(), t2: t.gateway.nowMs() });
    await t.status("live");
    await elapse(t.clock, 66_000);
    await t.status("offline");
  });

  it("is stale at once when this computer slept, until the time was measured again", async () => {
    const t = await arrange();
    t.link.start();
    await t.status("live");
    t.clock.jump(600_000);
    t.clock.advance(5_000);
    expect(t.link.status.kind).toBe("stale");
    await t.status("live");
    expect(t.time.nowS()).toBe(t.gateway.nowS());
  });
});

describe("the feed", () => {
  it("gives credit back before it runs out", async () => {
    const t = await arrange();
    t.link.start();
    await t.status("live");
    for (let i = 0; i < 128; i++) t.gateway.push("policy.updated", {});
    expect(await t.gateway.received.next((m) => m.type === "credit")).toMatchObject({ body: { n: 128 } });
  });

  it("acknowledges only what is on the disk, the latest of it", async () => {
    const t = await arrange();
    t.link.start();
    await t.status("live");
    const release = t.hold();
    t.gateway.push("policy.updated", {});
    t.gateway.push("policy.updated", {});
    await t.seen.next((s) => s.kind === "feed" && s.message.seq === 2);
    t.clock.advance(2_000);
    release();
    await new Promise((resolve) => setImmediate(resolve));
    t.clock.advance(500);
    expect(await t.gateway.received.next((m) => m.type === "ack")).toMatchObject({ body: { upto: 2 } });
    expect(t.gateway.received.all.filter((m) => m.type === "ack").length).toBe(1);
  });

  it("answers a message type it does not know, ignores an extension, and closes at the third malformed frame", async () => {
    const t = await arrange();
    t.link.start();
    await t.status("live");
    t.gateway.peer.send("x-vendor", {});
    t.gateway.peer.send("quantum.teleport", {});
    expect(await t.gateway.received.next((m) => m.type === "error")).toMatchObject({
      body: { code: "E_TYPE_UNKNOWN" },
    });
    for (const text of ["{", '{"v":1,"v":1}', "[]"]) t.gateway.peer.socket.send(text);
    await t.status("offline");
    expect(t.gateway.received.all.filter((m) => m.type === "error").map((m) => m.body["code"])).toEqual([
      "E_TYPE_UNKNOWN",
      "E_FMT_JSON",
      "E_FMT_DUP",
      "E_FMT_ENVELOPE",
    ]);
  });
});
