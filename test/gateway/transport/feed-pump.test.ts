import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { makeSigner, generateKey } from "#shared/crypto/sign.ts";
import { CREDIT_EXEMPT } from "#shared/protocol/messages.ts";

import type { FeedEvent } from "../../../gateway/core.ts";
import { coalesce } from "../../../gateway/transport/coalesce.ts";
import { FeedPump, type PumpStart } from "../../../gateway/transport/feed-pump.ts";
import { requestClaimsAt, signRequest } from "./requests.ts";

type Sent = [type: string, n: unknown, seq: number | undefined];

function makePump(start: Partial<PumpStart> = {}) {
  const events: FeedEvent[] = [];
  const sent: Sent[] = [];
  const socket = { lagging: false, full: false };
  const feed = {
    read: (_sub: string, after: number, limit: number) => events.filter(({ seq }) => seq > after).slice(0, limit),
  };
  const sink = {
    event: (type: string, body: Readonly<Record<string, unknown>>, seq?: number) =>
      void sent.push([type, body["n"] ?? body["jws"] ?? body["set"], seq]),
    snapshotEnd: (count: number, head: number) => void sent.push(["snapshot.end", count, head]),
    lagging: () => socket.lagging,
    room: () => !socket.full,
  };
  const pump = new FeedPump(feed, sink, { sub: "s", kid: "k", credit: 2, after: 0, ...start });
  return {
    pump,
    sent,
    socket,
    add: (type: string, seq: number, body: Record<string, unknown> = {}): void => {
      events.push({ seq, type, body: { n: seq, ...body } });
    },
    take: (): Sent[] => sent.splice(0),
  };
}

describe("credit (protocol.md 3.4.4)", () => {
  it("sends as many events as there is credit, in order, and goes on with more", () => {
    const { pump, add, take } = makePump();
    for (let seq = 1; seq <= 5; seq++) add("action.pending", seq);
    pump.pump();
    expect(take().map(([, , seq]) => seq)).toEqual([1, 2]);
    pump.grant(1);
    expect(take().map(([, , seq]) => seq)).toEqual([3]);
    pump.grant(256);
    expect(take().map(([, , seq]) => seq)).toEqual([4, 5]);
  });

  it("sends exempt events in their place without credit", () => {
    const { pump, add, take } = makePump({ credit: 1 });
    add("action.withdrawn", 1);
    add("action.pending", 2);
    add("action.expired", 3);
    pump.pump();
    expect(take()).toEqual([
      ["action.withdrawn", 1, 1],
      ["action.pending", 2, 2],
      ["action.expired", 3, 3],
    ]);
  });

  it("lets an exempt event overtake held ones without its place, once, and sends it again in its place", () => {
    const { pump, add, take } = makePump({ credit: 1 });
    add("action.pending", 1);
    add("action.pending", 2);
    add("action.withdrawn", 3);
    pump.pump();
    expect(take()).toEqual([
      ["action.pending", 1, 1],
      ["action.withdrawn", 3, undefined],
    ]);
    expect(pump.position).toBe(1);
    pump.pump();
    expect(take()).toEqual([]);
    pump.grant(1);
    expect(take()).toEqual([
      ["action.pending", 2, 2],
      ["action.withdrawn", 3, 3],
    ]);
  });

  it("pays for snapshot items with credit, tells how far a quorum is for nothing, then says where the feed goes on", () => {
    const [a, b, c] = ["a", "b", "c"].map((n) => ({ pending: { jws: n, urgency: "low" } }));
    const begun = { ...b!, progress: { set: "how far" } };
    const { pump, add, take } = makePump({ credit: 2, after: 9, snapshot: [a!, begun, c!] });
    add("action.pending", 10);
    add("action.withdrawn", 11);
    pump.pump();
    expect(take()).toEqual([
      ["action.pending", "a", undefined],
      ["action.pending", "b", undefined],
      ["quorum.progress", "how far", undefined],
      ["action.withdrawn", 11, undefined],
    ]);
    pump.grant(2);
    expect(take()).toEqual([
      ["action.pending", "c", undefined],
      ["snapshot.end", 3, 9],
      ["action.pending", 10, 10],
      ["action.withdrawn", 11, 11],
    ]);
  });

  it("ends an empty snapshot at once", () => {
    const { pump, take } = makePump({ after: 4, snapshot: [] });
    pump.pump();
    expect(take()).toEqual([["snapshot.end", 0, 4]]);
  });

  it("asks only for events that offer something whether they are wanted, and passes the others over without credit", () => {
    const { pump, add, take } = makePump({ credit: 1, wants: (event) => event.seq % 2 === 0 });
    add("action.pending", 1);
    add("action.withdrawn", 3);
    add("action.pending", 4);
    pump.pump();
    expect(take().map(([, , seq]) => seq)).toEqual([3, 4]);
  });

  it("delivers every event exactly once in its place, for any run of commits and grants", () => {
    const step = fc.oneof(
      fc.record({
        add: fc.constantFrom("action.pending", "action.updated", "action.withdrawn", "action.resolved", "task.event"),
      }),
      fc.record({ grant: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ lag: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { pump, add, socket, sent } = makePump({ credit: 1 });
        let seq = 0;
        let granted = 1;
        for (const one of steps) {
          if ("add" in one) add(one.add, ++seq);
          if ("lag" in one) socket.lagging = one.lag;
          if ("grant" in one) {
            granted += one.grant;
            pump.grant(one.grant);
          } else pump.pump();
        }
        const placed = sent.filter(([, , place]) => place !== undefined);
        const early = sent.filter(([, , place]) => place === undefined);
        expect(placed.map(([, , place]) => place)).toEqual(placed.map((_, i) => i + 1));
        expect(placed.filter(([type]) => !CREDIT_EXEMPT.has(type)).length).toBeLessThanOrEqual(granted);
        expect(early.every(([type]) => CREDIT_EXEMPT.has(type))).toBe(true);
        expect(new Set(early.map(([, n]) => n)).size).toBe(early.length);
        socket.lagging = false;
        pump.grant(1000);
        expect(sent.filter(([, , place]) => place !== undefined)).toHaveLength(seq);
      }),
    );
  });
});

describe("slow readers (protocol.md 3.4.4)", () => {
  const gateway = makeSigner(generateKey("ES256"));
  const revision = (rid: string, rev: number) => ({
    jws: signRequest(gateway, requestClaimsAt(1_790_000_000_000, { rid, rev })),
  });
  const A = "019f0000-0000-7000-8000-000000000001";
  const B = "019f0000-0000-7000-8000-000000000002";

  it("stops while the socket lags, still sends what reduces risk, and drops older revisions when it goes on", () => {
    const { pump, add, take, socket } = makePump({ credit: 100 });
    socket.lagging = true;
    add("action.pending", 1, revision(A, 1));
    pump.pump();
    add("action.pending", 2, revision(B, 1));
    add("action.updated", 3, revision(A, 2));
    add("action.withdrawn", 4);
    add("action.updated", 5, revision(A, 3));
    pump.pump();
    expect(take()).toEqual([["action.withdrawn", 4, undefined]]);
    socket.lagging = false;
    pump.pump();
    expect(take().map(([, , seq]) => seq)).toEqual([2, 4, 5]);
    add("action.pending", 6, revision(A, 4));
    add("action.updated", 7, revision(A, 5));
    pump.pump();
    expect(take().map(([, , seq]) => seq)).toEqual([6, 7]);
  });

  it("keeps even what overtakes back while the socket is nearly full, and sends it once when it has drained", () => {
    const { pump, add, take, socket } = makePump({ credit: 0 });
    socket.full = true;
    add("action.pending", 1);
    add("action.withdrawn", 2);
    pump.pump();
    expect(take()).toEqual([]);
    socket.full = false;
    pump.pump();
    pump.pump();
    expect(take()).toEqual([["action.withdrawn", 2, undefined]]);
  });

  it("coalesces nothing but revisions of one request", () => {
    const events: FeedEvent[] = [
      { seq: 1, type: "action.pending", body: revision(A, 1) },
      { seq: 2, type: "action.resolved", body: { set: "a.b.c" } },
      { seq: 3, type: "action.pending", body: revision(B, 1) },
      { seq: 4, type: "action.updated", body: revision(A, 2) },
    ];
    expect(coalesce(events).map(({ seq }) => seq)).toEqual([2, 3, 4]);
  });
});
