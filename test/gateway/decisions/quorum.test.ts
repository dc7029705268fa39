import { afterEach, describe, expect, it } from "vitest";

import { decide, raised, receiptOf } from "../signing.ts";
import { askPolicy, makeDraft, makeWorld, type Person, type World } from "../world.ts";

let world: World;
afterEach(() => {
  expect(world.faults).toEqual([]);
  world.close();
});

const types = (person: Person, after: number) =>
  world.core.feed.read(person.session.sub, after, 99).map((event) => event.type);

describe("a quorum's window (protocol.md 3.22)", () => {
  it("lets an old approval lapse: the request is open again and its person may decide anew", async () => {
    world = makeWorld({ policy: askPolicy({ quorum: { need: 2, window: 60 } }) });
    const [lee, ray] = [world.person("lee"), world.person("ray")];
    const rid = await raised(world, makeDraft());
    decide(world, lee, rid, "approve");
    world.clock.advance(61_000);
    expect(receiptOf(decide(world, ray, rid, "approve"))).toMatchObject({
      outcome: "partial",
      quorum: { have: 1, need: 2 },
    });
    expect(receiptOf(decide(world, lee, rid, "approve"))).toMatchObject({ outcome: "approved" });
  });

  it("tells everybody when an approval lapses, without anybody deciding", async () => {
    world = makeWorld({ policy: askPolicy({ quorum: { need: 3, window: 60 } }) });
    const [lee, ray, kim] = [world.person("lee"), world.person("ray"), world.person("kim")];
    const rid = await raised(world, makeDraft());
    decide(world, lee, rid, "approve");
    world.clock.advance(30_000);
    decide(world, ray, rid, "approve");
    const head = world.core.feed.head(kim.session.sub);
    world.clock.advance(31_000);
    expect([types(kim, head), world.core.status(rid)?.state]).toEqual([["quorum.progress"], "partial"]);
    world.reopen();
    world.clock.advance(30_000);
    expect([types(kim, head).length, world.core.status(rid)?.state]).toEqual([2, "open"]);
  });

  it("names nobody while a blind one is open, and everybody when it ends", async () => {
    world = makeWorld({ policy: askPolicy({ quorum: { need: 2, blind: true } }) });
    const [lee, ray] = [world.person("lee"), world.person("ray")];
    const rid = await raised(world, makeDraft());
    const head = world.core.feed.head(lee.session.sub);
    decide(world, lee, rid, "approve");
    const [progress] = world.core.feed.read(ray.session.sub, head, 9, ray.session.kid);
    expect(progress?.type).toBe("quorum.progress");
    const shown = Buffer.from(String(progress?.body["set"]).split(".")[1] ?? "", "base64url").toString();
    expect(shown).toContain('"have":1');
    // Without the request's digest, in which three letters of a name come by chance.
    expect(shown.replace(/"req_dig":"sha-256:[A-Za-z0-9_-]{43}"/, "")).not.toMatch(/lee|dec_digs/);
    const query = { from: 0, to: world.now() + 1, limit: 9 };
    expect(world.core.history(ray.session, query).items).toMatchObject([
      { state: "partial", decisions: [], receipts: [] },
    ]);
    expect(world.core.bundle(rid)).toBeUndefined();
    decide(world, ray, rid, "approve");
    expect(world.core.history(ray.session, query).items).toMatchObject([
      { state: "approved", decisions: { length: 2 } },
    ]);
  });
});
