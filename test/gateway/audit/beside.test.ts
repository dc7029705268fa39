import { dirname } from "node:path";

import { afterEach, describe, expect, it } from "vitest";

import { CountersignError } from "#shared/protocol/error.ts";

import { makeKeeper } from "../../../gateway/retention/keeper.ts";
import { makeRekeying } from "../../../gateway/store/rekey.ts";
import type { SubmitAnswer } from "../../../gateway/core.ts";
import type { Outcome } from "../../../gateway/store/group.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { crypto } from "../device.ts";
import { makeDecision, raised, receiptOf, sign } from "../signing.ts";
import { makeDraft } from "../world.ts";
import { pagesOf, started, type Started } from "./started.ts";

/** The audit beside serving: what it finds, what it leaves alone, and what may happen meanwhile (docs/decisions/0018). */

const opened: Started[] = [];
afterEach(() => {
  for (const { world } of opened.splice(0)) world.close();
});

async function hospital(count?: number): Promise<Started> {
  const made = await started(count);
  opened.push(made);
  return made;
}

const HOUR_MS = 3600 * 1000;
const MINUTE_MS = 60_000;

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return error instanceof CountersignError ? error.code : String(error);
  }
  return "no error";
};

const randomText = (bytes: number): string =>
  globalThis.crypto.getRandomValues(Buffer.alloc(bytes)).toString("base64url");

function penOf({ world }: Started) {
  const { store, records } = world.core;
  return { store, records, crypto, kid: world.signer.kid, now: world.now, randomText };
}

/** A start whose mark is kept, with the round beside it begun. */
async function serving(place: Started, ticks?: () => number) {
  await place.begin();
  place.between(() => undefined);
  const begun = await place.begin();
  expect(begun.rounds).toHaveLength(1);
  return { begun, beside: place.beside(begun, place.world.core.store, ticks) };
}

describe("what was changed before the mark", () => {
  it.each([
    ["an entry's text", "UPDATE leaves SET entry = entry || ' ' WHERE idx = 2", { step: "entry", place: 2 }],
    ["an entry's hash", "UPDATE leaves SET hash = zeroblob(32) WHERE idx = 2", { step: "entry", place: 2 }],
    [
      "a hash that proofs are made of",
      "UPDATE leaves SET closed = zeroblob(32) WHERE idx = 1",
      { step: "entry", place: 1 },
    ],
    [
      "a request's sealed bytes",
      "UPDATE request_texts SET sealed = zeroblob(length(sealed)) WHERE n = 1",
      { step: "read" },
    ],
    ["a decision's digest", "UPDATE decisions SET dig = 'sha-256:x' WHERE n = 1", { step: "read" }],
    ["a decision put where no row is put", "UPDATE decisions SET n = -5 WHERE n = 1", { step: "decision" }],
  ])("is found beside serving: %s", async (_what, sql, at) => {
    const place = await hospital();
    await place.begin();
    place.tamper(sql);
    const beside = place.beside(await place.begin());
    const { core, clock } = place.world;
    expect(core.store.fault()).toBeUndefined();
    clock.advance(MINUTE_MS);
    const [damage, ...more] = place.told.filter((line) => line.startsWith("log.damaged"));
    expect(more).toEqual([]);
    expect(JSON.parse(damage?.replace("log.damaged ", "") ?? "{}")).toMatchObject({ code: "E_STORE_CORRUPT", ...at });
    expect(core.store.fault()?.code).toBe("E_STORE_CORRUPT");
    beside.close();
    place.world.reopen();
  });
});

describe("once damage was found", () => {
  it("nothing is read, written, proved or answered any more, and the next start goes through everything before it serves", async () => {
    const place = await hospital();
    await place.begin();
    place.tamper("UPDATE leaves SET entry = entry || ' ' WHERE idx = 2");
    const beside = place.beside(await place.begin());
    const { core, clock } = place.world;
    const rid = await raised(place.world, makeDraft());
    const decision = sign(place.lee, makeDecision(place.world, place.lee, rid, "deny"));
    expect(codeOf(() => core.logProof({ index: 2 }))).toBe("no error");
    clock.advance(MINUTE_MS);
    for (const act of [
      () => core.logProof({ index: 2 }),
      () => core.logProof({ index: 0 }),
      () => core.logConsistency(1, 2),
      () => core.bundle(rid),
      () => core.checkpoint(),
      () => core.status(rid),
      () => core.submitDecision(decision),
      () => core.store.write(() => undefined),
      () => core.store.writeReserved(() => undefined),
    ])
      expect(codeOf(act)).toBe("E_STORE_CORRUPT");
    beside.close();
    place.between(() => undefined);
    await expect(place.begin()).rejects.toMatchObject({ code: "E_STORE_CORRUPT" });
    expect(place.told).toContain('whole {"why":"new"}');
  });
});

describe("while the audit goes on beside", () => {
  it("requests, decisions in groups and an erasure change nothing of what it says", async () => {
    const place = await hospital(6);
    const { world, lee } = place;
    let ticks = 0;
    const { beside } = await serving(place, () => (ticks += 1));
    const rids = [await raised(world, makeDraft()), await raised(world, makeDraft())];
    world.clock.advance(20);
    const answers: unknown[] = [];
    for (const rid of rids) {
      const outcome = new Promise<Outcome<SubmitAnswer>>((resolve) => {
        world.core.submitInGroup(sign(lee, makeDecision(world, lee, rid, "deny")), undefined, resolve);
      });
      world.clock.advance(10);
      const told = await outcome;
      answers.push("value" in told ? receiptOf(told.value)["result"] : told.error);
    }
    expect(answers).toEqual(["recorded", "recorded"]);
    const keeper = makeKeeper({ ...penOf(place), years: 10, onErased: () => void world.core.events.emit("erased") });
    expect(beside.progress()).toBeDefined();
    keeper.erase({ rid: rids[0] ?? "" }, { order: "2026/17", by: "dpo" });
    world.clock.advance(10);
    world.clock.advance(MINUTE_MS);
    expect([beside.progress(), beside.wholeAt()]).toEqual([undefined, expect.any(Number)]);
    expect(place.told.filter((line) => line.startsWith("log.damaged"))).toEqual([]);
    world.clock.advance(2 * MINUTE_MS);
    beside.close();
    place.between(() => undefined);
    expect((await place.begin()).mark.size).toBe(world.core.store.logSize());
    expect(place.told.filter((line) => line.startsWith("whole"))).toHaveLength(1);
  });

  it("the store's key may be changed: what it then marks is built on by the next start", async () => {
    const place = await hospital(4);
    let folder = "";
    place.between((file) => void (folder = dirname(file)));
    let ticks = 0;
    const { beside } = await serving(place, () => (ticks += 1));
    const rekeying = makeRekeying({ ...penOf(place), folder, most: 2 });
    do place.world.clock.advance(10);
    while (!rekeying.step("engineer").done);
    place.world.clock.advance(2 * MINUTE_MS);
    beside.close();
    place.between(() => undefined);
    await place.begin();
    expect(place.told.filter((line) => line.startsWith("whole") || line.startsWith("log.damaged"))).toHaveLength(1);
  });

  it("it keeps the event loop for a step at a time, and leaves it alone nineteen times as long", async () => {
    const place = await hospital(6);
    const { world } = place;
    let reads = 0;
    const counted: Store = {
      ...world.core.store,
      leavesFrom(index, limit) {
        reads++;
        expect(limit).toBeLessThanOrEqual(8);
        return place.world.core.store.leavesFrom(index, limit);
      },
    };
    await place.begin();
    const begun = await place.begin({ store: counted });
    let at = 0;
    const beside = place.beside(begun, counted, () => (at += 2));
    reads = 0;
    world.clock.advance(10);
    expect(reads).toBe(1);
    world.clock.advance(37);
    expect(reads).toBe(1);
    world.clock.advance(1);
    expect(reads).toBe(2);
    beside.close();
  });
});

describe("a round", () => {
  it("that a kill ended is gone on with, and a whole one follows it", async () => {
    const place = await hospital(8);
    await serving(place);
    // Half of it, and as long as it takes until that is kept.
    let ticks = 0;
    place.world.reopen();
    const slow = place.beside(await place.begin(), place.world.core.store, () => (ticks += 2000));
    place.world.clock.advance(40_000);
    expect(slow.progress()).toBeDefined();
    const { done = 0 } = slow.progress() ?? {};
    expect(done).toBeGreaterThan(0);

    place.between(() => undefined);
    const { store, pages } = pagesOf(place.world.core.store);
    const begun = await place.begin({ store });
    expect(begun.rounds).toHaveLength(2);
    pages.length = 0;
    const beside = place.beside(begun, store);
    place.world.clock.advance(MINUTE_MS);
    expect(pages[0] ?? 99).toBeGreaterThan(0);
    expect(pages).toContain(0);
    expect(pages.indexOf(0)).toBeGreaterThan(0);
    expect(beside.progress()).toBeUndefined();
    beside.close();
  });

  it("follows every day, and between two what was appended is gone through within a minute", async () => {
    const place = await hospital();
    const { store, pages } = pagesOf(place.world.core.store);
    const beside = place.beside(await place.begin({ store }), store);
    place.world.clock.advance(20);
    pages.length = 0;
    await place.decideMore(1);
    const size = store.logSize();
    place.world.clock.advance(2 * MINUTE_MS);
    expect(pages.length).toBeGreaterThan(0);
    expect(pages).not.toContain(0);
    place.between(() => undefined);
    expect((await place.begin()).mark.size).toBe(size);
    beside.close();

    const again = pagesOf(place.world.core.store);
    const next = place.beside(await place.begin({ store: again.store, firstMs: 60_000 }), again.store);
    const first = next.wholeAt();
    again.pages.length = 0;
    place.world.clock.advance(23 * HOUR_MS);
    expect(again.pages).not.toContain(0);
    place.world.clock.advance(2 * HOUR_MS);
    expect(again.pages).toContain(0);
    expect(next.wholeAt()).toBeGreaterThan(first);
    next.close();
  });
});
