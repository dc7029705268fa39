import { randomBytes } from "node:crypto";

import { afterEach, describe, expect, it } from "vitest";

import { verifyTlogProof } from "#shared/ledger/tlog-proof.ts";
import { verifyCheckpoint } from "#shared/ledger/note.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { makeKeeper } from "../../../gateway/retention/keeper.ts";
import { crypto } from "../device.ts";
import { decide, raised } from "../signing.ts";
import { makeDraft, makeWorld, ORDER, type World } from "../world.ts";

let world: World;
afterEach(() => {
  expect(world.faults).toEqual([]);
  world.close();
});

const all = () => ({ from: 0, to: world.now() + 1, limit: 100 });

describe("history (protocol.md 3.20)", () => {
  it("holds every request addressed to the asker, newest first, with all that was signed", async () => {
    world = makeWorld();
    const [lee, kim] = [world.person("lee"), world.person("kim", { pools: ["oncology"] })];
    const first = await raised(world, makeDraft());
    decide(world, lee, first, "approve", { ack: [] });
    decide(world, lee, first, "deny");
    world.clock.advance(1_000);
    const second = await raised(world, makeDraft());
    world.clock.advance(1_000);
    const { items } = world.core.history(lee.session, all());
    const ridOf = (item: Readonly<Record<string, unknown>>) => readStored("request", String(item["request"])).rid;
    expect(items.map((item) => [ridOf(item), item["state"]])).toEqual([
      [second, "open"],
      [first, "denied"],
    ]);
    expect(items[1]).toMatchObject({
      decisions: { length: 2 },
      receipts: { length: 2 },
      credentials: [lee.cred],
      proofs: { length: 4 },
      entries: { length: 4 },
    });
    expect(world.core.history(kim.session, all()).items).toEqual([]);
  });

  it("pages by its own mark, without gap or repetition, and refuses a mark it did not give", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.push(await raised(world, makeDraft()));
    const seen: string[] = [];
    for (let page: string | undefined, i = 0; i < 9; i++) {
      const { items, next } = world.core.history(lee.session, {
        ...all(),
        limit: 2,
        ...(page === undefined ? {} : { page }),
      });
      seen.push(...items.map((item) => readStored("request", String(item["request"])).rid));
      if (next === undefined) break;
      page = next;
    }
    expect(seen).toEqual([...made].sort().reverse());
    expect(() => world.core.history(lee.session, { ...all(), page: "x" })).toThrow(/E_QUERY/);
  });

  it("goes on past a page of which everything was erased", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const kept = await raised(world, makeDraft());
    const { store, records } = world.core;
    const keeper = makeKeeper({
      ...{ store, records, crypto, kid: world.signer.kid, now: world.now, years: 10, onErased: () => undefined },
      randomText: (bytes) => randomBytes(bytes).toString("base64url"),
    });
    for (let i = 0; i < 3; i++) {
      world.clock.advance(1_000);
      const rid = await raised(world, makeDraft());
      decide(world, lee, rid, "deny");
      keeper.erase({ rid }, { order: "1", by: "dpo" });
    }
    const page = world.core.history(lee.session, { ...all(), limit: 2 });
    expect(page.items).toEqual([]);
    const rest = world.core.history(lee.session, { ...all(), limit: 2, page: page.next ?? "none" });
    expect(rest.items.map(({ request }) => readStored("request", String(request)).rid)).toEqual([kept]);
    expect(rest.next).toBeUndefined();
  });

  it("ends a page before a frame is full", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const operation = {
      ...makeDraft().operation,
      body: ORDER.replace("once daily", `once daily ${"x".repeat(50_000)}`),
    };
    for (let i = 0; i < 4; i++) await raised(world, makeDraft({ operation }));
    const { items, next } = world.core.history(lee.session, all());
    expect(items.length).toBeLessThan(4);
    expect(JSON.stringify(items).length).toBeLessThan(192 * 1024);
    expect(next).toBeDefined();
  });

  it("finds one request by its name", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    await raised(world, makeDraft());
    const rid = await raised(world, makeDraft());
    const { items } = world.core.history(lee.session, { ...all(), rid });
    expect(items.map((item) => readStored("request", String(item["request"])).rid)).toEqual([rid]);
  });
});

it("proves a receipt's place in the log to whoever holds the receipt", async () => {
  world = makeWorld();
  const lee = world.person("lee");
  const rid = await raised(world, makeDraft());
  const answer = decide(world, lee, rid, "approve");
  const { log } = readStored("receipt", answer.kind === "receipt" ? answer.jws : "");
  expect(() => world.core.logProof({ index: log?.index ?? -1 })).toThrow(/E_LOG_PENDING/);
  world.clock.advance(500);
  const vkey = readStored("gateway", world.core.credential).log.vkey;
  const { proof, entry } = world.core.logProof({ leaf: log?.leaf ?? "" });
  expect(verifyTlogProof(crypto, { proof, entry, vkey })).toMatchObject({ index: log?.index });
  expect(verifyCheckpoint(crypto, world.core.checkpoint() ?? "", vkey).size).toBe(world.core.store.logSize());
});
