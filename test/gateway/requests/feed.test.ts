import { afterEach, describe, expect, it, vi } from "vitest";

import { dig } from "#shared/protocol/digest.ts";
import { poolUri } from "#shared/protocol/names.ts";

import { crypto } from "../device.ts";
import { decide, raised } from "../signing.ts";
import { askPolicy, GW, makeDraft, makeWorld, type World } from "../world.ts";

let world: World;
afterEach(() => {
  expect(world.faults).toEqual([]);
  world.close();
});

describe("feed (protocol.md 3.4.4)", () => {
  it("reads the same from memory as from the store, for every reader and every place", async () => {
    world = makeWorld();
    const [lee, ray, kim] = [world.person("lee"), world.person("ray"), world.person("kim", { pools: ["oncology"] })];
    const second = world.deviceOf("lee");
    for (let i = 0; i < 4; i++) {
      const rid = await raised(world, makeDraft());
      if (i % 2 === 0) decide(world, i === 0 ? lee : ray, rid, "deny");
      else world.core.withdraw(rid, "x", "agent");
    }
    const head = world.core.feed.head(lee.session.sub);
    // As digests, so that a difference can be read.
    const short = (value: unknown): string => dig(crypto, JSON.stringify(value)).slice(8, 20);
    const reads = () =>
      [lee, ray, kim, second]
        .flatMap(({ session: { sub, kid } }) =>
          Array.from({ length: head + 1 }, (_, after) => [
            world.core.feed.read(sub, after, 100, kid),
            world.core.feed.read(sub, after, 100),
            world.core.feed.read(sub, after, 2, kid),
          ]),
        )
        .map((three) => three.map((events) => events.map((e) => `${String(e.seq)} ${e.type} ${short(e)}`)));
    const fromMemory = reads();
    world.reopen();
    expect(reads()).toEqual(fromMemory);
    // Nothing that was read before the restart, or after it, came from the store's own query: this does.
    const { store } = world.core;
    const asked = [lee, ray, kim, second].flatMap(({ session: { sub, kid, cred } }) =>
      Array.from({ length: head + 1 }, (_, after) => {
        const reader = { aud: [sub, ...cred.pools.map((pool) => poolUri(GW, pool))], sub };
        return [
          store.feedAfter({ ...reader, kid }, after, 100),
          store.feedAfter(reader, after, 100),
          store.feedAfter({ ...reader, kid }, after, 2),
        ].map((rows) => rows.map(({ seq, type, body }) => ({ seq, type, body })));
      }),
    );
    expect(
      asked.map((three) => three.map((events) => events.map((e) => `${String(e.seq)} ${e.type} ${short(e)}`))),
    ).toEqual(fromMemory);
    expect(fromMemory.flat(2).length).toBeGreaterThan(20);
  });

  it("gives nothing twice to who reads while it is being told of what one commit brought", async () => {
    world = makeWorld();
    const [lee, ray] = [world.person("lee"), world.person("ray")];
    const rid = await raised(world, makeDraft());
    world.reopen();
    const { feed } = world.core;
    const { sub, kid } = lee.session;
    const stop = feed.onEvents(() => void feed.read(sub, 0, 100, kid));
    decide(world, ray, rid, "deny");
    stop();
    const seqs = feed.read(sub, 0, 100, kid).map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)]);
    expect(seqs.length).toBeGreaterThan(1);
  });

  it("asks the store nothing for who comes back after a restart", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const before = world.core.feed.head(lee.session.sub);
    await raised(world, makeDraft());
    world.reopen();
    const asked = vi.spyOn(world.core.store, "feedAfter");
    const { sub, kid } = lee.session;
    expect(world.core.feed.read(sub, before, 9, kid).map(({ type }) => type)).toEqual(["action.pending"]);
    expect(asked).not.toHaveBeenCalled();
  });

  it("keeps its epoch and its sequence over a restart", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    await raised(world, makeDraft());
    const { epoch } = world.core.feed;
    const head = world.core.feed.head(lee.session.sub);
    world.reopen();
    expect([world.core.feed.epoch, world.core.feed.head(lee.session.sub)]).toEqual([epoch, head]);
    await raised(world, makeDraft());
    expect(world.core.feed.read(lee.session.sub, head, 9).map((e) => [e.seq, e.type])).toEqual([
      [head + 1, "action.pending"],
    ]);
  });

  it("gives a person who joins the pool later what is open, in the snapshot", async () => {
    world = makeWorld();
    const rid = await raised(world, makeDraft());
    const late = world.person("late");
    expect(world.core.feed.snapshot(late.session)).toEqual([
      { pending: { jws: world.core.store.currentRequest(rid)?.jws, urgency: "high" } },
    ]);
    decide(world, late, rid, "deny");
    expect(world.core.feed.snapshot(late.session)).toEqual([]);
  });

  it("tells who comes later how far a quorum is, and no more than the others were told", async () => {
    world = makeWorld({ policy: askPolicy({ quorum: { need: 2, blind: true } }) });
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    decide(world, lee, rid, "approve");
    const [item] = world.core.feed.snapshot(world.person("late").session);
    expect(item?.progress?.set).toBe(world.core.store.events(rid).find(({ name }) => name === "quorum-progress")?.jws);
    expect(item?.progress?.set).toBeDefined();
  });

  it("wakes nobody for what was rolled back, and everybody addressed for what was not", async () => {
    world = makeWorld();
    const [lee, kim] = [world.person("lee"), world.person("kim", { pools: ["oncology"] })];
    const woken: string[] = [];
    const stop = world.core.feed.onEvents((sub) => woken.push(sub));
    await raised(world, makeDraft());
    expect(woken).toEqual([lee.session.sub]);
    stop();
    await raised(world, makeDraft());
    expect(woken).not.toContain(kim.session.sub);
    expect(woken).toHaveLength(1);
  });
});
