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
    epochChanged: () => undefined,
  });
  feed.take(PENDING as unknown as FeedMessage);
  // Node tells of a rejection that nobody handles after the microtasks of the turn.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", note);
  expect([faults, acknowledged]).toEqual([[], []]);
});
