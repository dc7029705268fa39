import { afterEach, describe, expect, it } from "vitest";

import { generateKey, makeSigner, type Signer } from "#shared/crypto/sign.ts";
import { TYP, type Typ } from "#shared/protocol/names.ts";

import { decide, makeDecision, raised, receiptOf, sign } from "../signing.ts";
import { askPolicy, makeDraft, makeWorld, type World } from "../world.ts";

let world: World;
afterEach(() => {
  expect(world.faults).toEqual([]);
  world.close();
});

/** A signer that fails when asked to sign this kind, while `armed`. */
function makeBreaker(): { armed: Typ | undefined; wrap(signer: Signer): Signer } {
  const breaker = {
    armed: undefined as Typ | undefined,
    wrap: (signer: Signer): Signer => ({
      ...signer,
      sign(typ, claims, extra) {
        if (typ === breaker.armed) throw new Error("power cut");
        return signer.sign(typ, claims, extra);
      },
    }),
  };
  return breaker;
}

describe("a decision is recorded whole or not at all (V27, V28)", () => {
  // The receipt is signed after the decision, the SET after the receipt's feed event: both cut the transaction open.
  it.each([
    ["between the decision and its receipt", TYP.receipt],
    ["between the receipt and the news for others", TYP.event],
  ])("when the process dies %s", async (_, typ) => {
    const breaker = makeBreaker();
    const signer = makeSigner(generateKey("ES256"));
    world = makeWorld({ signer: breaker.wrap(signer) }, signer);
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    const jws = sign(lee, makeDecision(world, lee, rid, "approve"));
    const before = { size: world.core.store.logSize(), head: world.core.feed.head(lee.session.sub) };
    breaker.armed = typ;
    expect(() => world.core.submitDecision(jws, lee.session)).toThrow("power cut");
    breaker.armed = undefined;
    world.reopen();
    expect({ size: world.core.store.logSize(), head: world.core.feed.head(lee.session.sub) }).toEqual(before);
    expect(world.core.status(rid)?.state).toBe("open");
    expect(world.core.chainHead(lee.session.kid).n).toBe(0);
    expect(receiptOf(world.core.submitDecision(jws, lee.session))).toMatchObject({
      result: "recorded",
      outcome: "approved",
    });
  });

  it("raises a request whole or not at all", async () => {
    const breaker = makeBreaker();
    const signer = makeSigner(generateKey("ES256"));
    world = makeWorld({ signer: breaker.wrap(signer) }, signer);
    breaker.armed = TYP.request;
    const draft = makeDraft({ idempotency_key: "k" });
    const size = world.core.store.logSize();
    await expect(world.core.raise(draft)).rejects.toThrow("power cut");
    expect(world.core.store.logSize()).toBe(size);
    breaker.armed = undefined;
    expect(await world.core.raise(draft)).toMatchObject({ kind: "pending" });
  });
});

describe("after a restart", () => {
  it("starts what was approved once its hold is over, and nothing twice", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    decide(world, lee, rid, "approve");
    world.reopen();
    const due: string[] = [];
    world.core.events.on("execute", (what: { rid: string }) => due.push(what.rid));
    world.clock.advance(4_000);
    expect(due).toEqual([]);
    world.clock.advance(1_000);
    expect(due).toEqual([rid]);
    expect(world.core.executions.start(rid)?.rid).toBe(rid);
    world.reopen();
    expect(world.core.executions.start(rid)).toBeUndefined();
    expect(world.core.executions.unfinished().map((e) => e.exec_id)).toEqual([`${rid}.1`]);
    world.core.executions.finish(`${rid}.1`, { kind: "unknown", why: "no answer" });
    expect(world.core.executions.unfinished()).toEqual([]);
    expect(world.core.status(rid)).toMatchObject({ state: "failed", reason: "E_EXEC_UNKNOWN" });
    world.core.executions.finish(`${rid}.1`, { kind: "done", status: 201, body: "" });
    expect(world.core.status(rid)?.state).toBe("failed");
  });

  it("starts at once what became due while it was down", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    decide(world, lee, rid, "approve");
    world.core.store.close();
    world.clock.forget();
    world.clock.advance(30_000);
    world.reopen();
    const due: string[] = [];
    world.core.events.on("execute", (what: { rid: string }) => due.push(what.rid));
    world.clock.advance(0);
    expect(due).toEqual([rid]);
  });

  it("expires and lapses what passed while it was down, and never revives it", async () => {
    world = makeWorld({ policy: askPolicy({ quorum: { need: 2 } }) });
    const [lee, ray] = [world.person("lee"), world.person("ray")];
    const [open, partial] = [await raised(world, makeDraft()), await raised(world, makeDraft())];
    const approved = await raised(world, makeDraft());
    decide(world, lee, partial, "approve");
    decide(world, lee, approved, "approve");
    decide(world, ray, approved, "approve", { grant_exp: world.now() + 60 });
    world.core.store.close();
    world.clock.forget();
    world.clock.advance(3600_000);
    world.reopen();
    world.clock.advance(0);
    expect([open, partial, approved].map((rid) => world.core.status(rid)?.state)).toEqual([
      "expired",
      "expired",
      "lapsed",
    ]);
    expect(world.core.executions.start(approved)).toBeUndefined();
  });

  it("signs the checkpoint that was due, and every earlier proof still holds", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    world.clock.advance(500);
    const size = world.core.store.newestCheckpoint()?.size ?? 0;
    decide(world, lee, rid, "deny");
    world.reopen();
    const newest = world.core.store.newestCheckpoint()?.size ?? 0;
    expect(newest).toBe(world.core.store.logSize());
    expect(world.core.logConsistency(size, newest).length).toBeGreaterThan(0);
  });
});
