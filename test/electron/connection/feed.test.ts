import { expect, it } from "vitest";

import { Feed, type FeedMessage } from "../../../electron/connection/feed.ts";

/** As the gateway sends it in a snapshot: without a place in the sequence. */
const PENDING = { v: 1, type: "action.pending", id: "a", ts: "2026-01-01T00:00:00.000Z", body: { jws: "x" } };

it("a message without a place that can no longer be applied is nobody's fault, and acknowledges nothing", async () => {
  const acknowledged: number[] = [];
  const faults: unknown[] = [];
  const note = (reason: unknown): void => void faults.push(reason);
  process.on("unhandledRejection", note);
  const feed = new Feed("epoch", undefined, {
    apply: () => Promise.reject(new Error("the connection was given up")),
    sendCredit: () => undefined,
    acknowledge: (seq) => void acknowledged.push(seq),
    resync: () => undefined,
  });
  feed.take(PENDING as unknown as FeedMessage);
  // Node tells of a rejection that nobody handles after the microtasks of the turn.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", note);
  expect([faults, acknowledged]).toEqual([[], []]);
});

function follow(from?: number) {
  const applied: number[] = [];
  let resyncs = 0;
  const feed = new Feed("epoch", from === undefined ? undefined : { epoch: "epoch", seq: from }, {
    apply: async ({ seq }) => void applied.push(seq ?? 0),
    sendCredit: () => undefined,
    acknowledge: () => undefined,
    resync: () => resyncs++,
  });
  const take = (...seqs: number[]): void => {
    for (const seq of seqs) feed.take({ ...PENDING, seq, epoch: "epoch" } as unknown as FeedMessage);
  };
  return { feed, take, applied, resyncs: () => resyncs };
}

it("B3 an event that comes again is dropped, also one from before this subscription", () => {
  const { take, applied, resyncs } = follow(3);
  take(5, 5, 9, 5, 9, 3, 2);
  expect([applied, resyncs()]).toEqual([[5, 9], 0]);
});

it("B4 an event that was overtaken is not lost: everything is asked for anew", () => {
  const { take, applied, resyncs } = follow(3);
  take(9, 5);
  expect([applied, resyncs()]).toEqual([[9], 1]);
});

it("B4 what a snapshot told already is not taken for one that was overtaken", () => {
  const { feed, take, resyncs } = follow();
  feed.endSnapshot(7);
  take(6, 8, 8);
  expect(resyncs()).toBe(0);
});

it("B4 events come again and again without what is remembered growing for ever", () => {
  const { take, applied, resyncs } = follow(0);
  const many = Array.from({ length: 3000 }, (_, i) => i + 1);
  take(...many, ...many);
  expect([applied.length, resyncs()]).toEqual([3000, 0]);
});
