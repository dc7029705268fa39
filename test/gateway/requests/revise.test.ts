import { afterEach, describe, expect, it } from "vitest";

import { eventClaims } from "#shared/protocol/claims/event.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { decide, raised, receiptOf } from "../signing.ts";
import { askPolicy, makeAgent, makeDraft, makeWorld, ORDER, type World } from "../world.ts";

let world: World;
afterEach(() => {
  expect(world.faults).toEqual([]);
  world.close();
});

const claimsOf = (rid: string) => readStored("request", world.core.store.currentRequest(rid)?.jws ?? "");
const other = () => makeDraft({ operation: { ...makeDraft().operation, body: ORDER.replace("2.5 mg by", "3 mg by") } });
const setOf = (body: Readonly<Record<string, unknown>>) =>
  eventClaims.parse(JSON.parse(Buffer.from(String(body["set"]).split(".")[1] ?? "", "base64url").toString())).events;

describe("revisions (protocol.md 3.5, 3.11)", () => {
  it("replace the open one, chain to its digest and tell everybody who had it", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    const before = claimsOf(rid);
    const old = world.core.store.currentRequest(rid);
    const head = world.core.feed.head(lee.session.sub);
    expect(await world.core.revise(rid, other())).toMatchObject({ kind: "pending", rid });
    const after = claimsOf(rid);
    expect(after).toMatchObject({ rev: 2, prev: old?.dig, txn: before.txn, rid });
    expect(after.nonce).not.toBe(before.nonce);
    expect(world.core.store.request(rid, 1)?.state).toBe("superseded");
    const [event, ...more] = world.core.feed.read(lee.session.sub, head, 9);
    expect([event?.type, more]).toEqual(["action.updated", []]);
    expect(setOf(event?.body ?? {})).toEqual({
      "urn:countersign:event:request-superseded": { rid, rev: 1, req_dig: old?.dig, by_rev: 2 },
    });
  });

  it("do not carry earlier approvals over, and refuse decisions on the old one", async () => {
    world = makeWorld({ policy: askPolicy({ quorum: { need: 2 } }) });
    const [lee, ray] = [world.person("lee"), world.person("ray")];
    const rid = await raised(world, makeDraft());
    decide(world, lee, rid, "approve");
    await world.core.revise(rid, other());
    expect(receiptOf(decide(world, ray, rid, "approve", { rev: 1 }))).toMatchObject({
      code: "E_REQ_SUPERSEDED",
      outcome: "open",
    });
    expect(receiptOf(decide(world, ray, rid, "approve"))).toMatchObject({
      outcome: "partial",
      quorum: { have: 1, need: 2 },
    });
    expect(receiptOf(decide(world, lee, rid, "approve"))).toMatchObject({ outcome: "approved" });
  });

  it("are for the agent that asked, and for requests that still wait", async () => {
    world = makeWorld({ agents: [makeAgent(), makeAgent({ sub: "spiffe://other" })] });
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    await expect(world.core.revise(rid, { ...other(), agent: "spiffe://other" })).rejects.toMatchObject({
      code: "E_REQ_UNKNOWN",
    });
    decide(world, lee, rid, "deny");
    await expect(world.core.revise(rid, other())).rejects.toMatchObject({ code: "E_REQ_TERMINAL" });
    expect(claimsOf(rid).rev).toBe(1);
  });

  it("lose against a decision that was recorded while facts were gathered", async () => {
    const gate = Promise.withResolvers<undefined>();
    let first = true;
    const gathered = { patient: { ref: "Patient/p-104", name: "X" }, facts: [], checks: [] };
    world = makeWorld({
      facts: {
        async gather() {
          if (!first) await gate.promise;
          first = false;
          return gathered;
        },
      },
    });
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    const revising = world.core.revise(rid, other());
    expect(receiptOf(decide(world, lee, rid, "approve"))).toMatchObject({ outcome: "approved" });
    gate.resolve(undefined);
    await expect(revising).rejects.toMatchObject({ code: "E_REQ_TERMINAL" });
    expect(world.core.status(rid)).toMatchObject({ rev: 1, state: "approved" });
  });
});

describe("withdrawal", () => {
  it("ends an open request once, for everybody", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    const head = world.core.feed.head(lee.session.sub);
    expect(world.core.withdraw(rid, "spiffe://agent", "agent")).toBe(true);
    expect(world.core.withdraw(rid, "spiffe://agent", "agent")).toBe(false);
    const [event] = world.core.feed.read(lee.session.sub, head, 9);
    expect(event?.type).toBe("action.withdrawn");
    expect(Object.values(setOf(event?.body ?? {}))[0]).toMatchObject({ rid, by: "spiffe://agent", reason: "agent" });
    expect(receiptOf(decide(world, lee, rid, "approve"))).toMatchObject({
      code: "E_REQ_TERMINAL",
      outcome: "withdrawn",
    });
    expect(world.core.withdraw("019f0000-0000-7000-8000-000000000000", "x", "agent")).toBe(false);
  });
});
