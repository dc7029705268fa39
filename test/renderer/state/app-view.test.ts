import { describe, expect, test } from "vitest";

import { opioid, opioidRevised } from "../../../renderer/bridge/fake/conflicts.ts";
import { refill } from "../../../renderer/bridge/fake/orders.ts";
import { allergyRemoval } from "../../../renderer/bridge/fake/others.ts";
import { makeReview, makeRow } from "../../../renderer/bridge/fake/reviews.ts";
import { makeGateway, makeSnapshot } from "../../../renderer/bridge/fake/snapshot.ts";
import { applyEvent, isReviewBehind, listedKey, withReview, withSnapshot } from "../../../renderer/state/app-view.ts";
import type { AppView } from "../../../renderer/state/app-view.ts";
import type { AppEvent } from "#shared/ipc/contract.ts";

const view = (change: Partial<AppView> = {}): AppView => ({ snapshot: makeSnapshot({ seq: 10 }), ...change });

function applied(from: AppView, event: AppEvent): AppView {
  const result = applyEvent(from, event);
  if (result.kind !== "applied") throw new Error(`expected the event to apply, it was ${result.kind}`);
  return result.view;
}

describe("the request that a link means", () => {
  const [here, there] = [makeRow(refill), makeRow(opioid)].map((row) => ({ ...row.key }));
  const elsewhere = { ...makeRow(refill), key: { ...makeRow(refill).key, iss: "https://gw.elmwood.example" } };

  test("is the one that was asked for, though another gateway lists one of that name", () => {
    expect(listedKey([elsewhere, makeRow(refill)], here!)).toEqual(here);
  });

  test("is that of the gateway that lists it, where the one that was asked does not", () => {
    expect(listedKey([makeRow(opioid), elsewhere], here!)).toEqual(elsewhere.key);
  });

  test("is none while nobody lists it", () => {
    expect(listedKey([makeRow(refill)], there!)).toBeUndefined();
  });
});

describe("events in order", () => {
  const gateway = makeGateway({ connection: { kind: "offline", since: 1, retry_at: 2 } });

  test("an event applies to the snapshot with seq one lower", () => {
    const next = applied(view(), { seq: 11, kind: "gateway", gateway });
    expect(next.snapshot.seq).toBe(11);
    expect(next.snapshot.gateways).toEqual([gateway]);
  });

  test("an old event changes nothing", () => {
    expect(applyEvent(view(), { seq: 10, kind: "gateway", gateway })).toEqual({ kind: "stale" });
  });

  test("a missing event is a gap, never skipped over", () => {
    expect(applyEvent(view(), { seq: 12, kind: "gateway", gateway })).toEqual({ kind: "gap" });
  });

  test("a snapshot jumps over a gap, an older one is refused", () => {
    const snapshot = makeSnapshot({ seq: 40 });
    expect(applied(view(), { seq: 40, kind: "snapshot", snapshot }).snapshot).toBe(snapshot);
    expect(applyEvent(view(), { seq: 9, kind: "snapshot", snapshot: makeSnapshot({ seq: 9 }) })).toEqual({
      kind: "stale",
    });
  });
});

describe("rows", () => {
  test("a known row is replaced in its place, a new one is added at the end", () => {
    const row = makeRow(opioid, { status: { kind: "needs_second" } });
    const before = view();
    const next = applied(before, { seq: 11, kind: "rows", rows: [row] });
    expect(next.snapshot.rows).toHaveLength(before.snapshot.rows.length);
    expect(next.snapshot.rows[1]).toBe(row);
    const added = makeRow(allergyRemoval);
    expect(applied(next, { seq: 12, kind: "rows", rows: [added] }).snapshot.rows.at(-1)).toBe(added);
  });

  test("a row that is gone leaves the others in their order", () => {
    const before = view();
    const { key } = makeRow(opioid);
    const rest = before.snapshot.rows.filter((row) => row.key.rid !== key.rid);
    expect(applied(before, { seq: 11, kind: "row_gone", key }).snapshot.rows).toEqual(rest);
  });
});

describe("the open review", () => {
  const review = makeReview(opioid);

  test("takes the status of its row while the content is the same", () => {
    const row = makeRow(opioid, { status: { kind: "expired", at: 5 } });
    expect(applied(view({ review }), { seq: 11, kind: "rows", rows: [row] }).review).toEqual({ ...review, row });
  });

  test("never takes a row of another digest: new content comes as a review", () => {
    const row = makeRow(opioidRevised);
    expect(applied(view({ review }), { seq: 11, kind: "rows", rows: [row] }).review).toBe(review);
  });

  test("is replaced by a newer review of the same request and by no other", () => {
    const revised = makeReview(opioidRevised, { previous: opioid });
    expect(applied(view({ review }), { seq: 11, kind: "review", review: revised }).review).toBe(revised);
    const other = makeReview(refill);
    expect(applied(view({ review }), { seq: 11, kind: "review", review: other }).review).toBe(review);
    expect(applied(view(), { seq: 11, kind: "review", review: other }).review).toBeUndefined();
  });

  test("an answer that comes after a newer revision does not put the old one back", () => {
    const revised = makeReview(opioidRevised);
    expect(withReview(view({ review: revised }), review).review).toBe(revised);
    expect(withReview(view({ review }), revised).review).toBe(revised);
    expect(withReview(view({ review: revised }), makeReview(refill)).review?.claims).toBe(refill);
  });
});

describe("how the open request stands", () => {
  const expired = { ...makeReview(opioid).row, status: { kind: "expired", at: 5 } } as const;

  test("is told by a snapshot that came instead of missed events", () => {
    const before = view({ review: makeReview(opioid) });
    const after = withSnapshot(before, makeSnapshot({ seq: 20, rows: [expired] }));
    expect(after.review?.row.status).toEqual({ kind: "expired", at: 5 });
  });

  test("is not undone by an answer that was on its way when it ended", () => {
    const ended = view({ snapshot: makeSnapshot({ seq: 20, rows: [expired] }) });
    expect(withReview(ended, makeReview(opioid)).review?.row.status).toEqual({ kind: "expired", at: 5 });
  });

  test("is behind when the snapshot holds a newer version of it", () => {
    const newer = makeSnapshot({ seq: 20, rows: [{ ...expired, rev: expired.rev + 1, digest: "sha-256:other" }] });
    const after = withSnapshot(view({ review: makeReview(opioid) }), newer);
    expect([isReviewBehind(after), after.review?.row.status.kind]).toEqual([true, "pending"]);
    expect(isReviewBehind(view({ review: makeReview(opioid) }))).toBe(false);
  });
});

describe("locking (AC17)", () => {
  const locked = { kind: "locked", people: [], waiting: 3 } as const;

  test("takes every row and the open review out of memory", () => {
    const next = applied(view({ review: makeReview(opioid) }), { seq: 11, kind: "phase", phase: locked });
    expect(next.review).toBeUndefined();
    expect(next.snapshot.rows).toEqual([]);
    expect(JSON.stringify(next)).not.toMatch(/WATERS|hydromorphone|MedRec/i);
  });

  test("a snapshot that is not unlocked takes the review with it", () => {
    const snapshot = makeSnapshot({ phase: locked, rows: [] });
    expect(withSnapshot(view({ review: makeReview(opioid) }), snapshot)).toEqual({ snapshot });
  });
});

test("notices and requests to open move the sequence on and change nothing else", () => {
  const before = view();
  const next = applied(before, { seq: 11, kind: "notice", notice: "copied" });
  expect({ ...next.snapshot, seq: 10 }).toEqual(before.snapshot);
});

test("what the reading misses changes nothing but itself in the open review, and nothing in another", () => {
  const short = { left_s: 4, counts: false, was_away: true } as const;
  const review = makeReview(refill);
  const open = view({ review });
  const told = applied(open, { seq: 11, kind: "reading", key: review.row.key, short });
  expect(told.review).toEqual({ ...review, short });
  expect(told.review?.claims).toBe(review.claims);
  expect(applied(told, { seq: 12, kind: "reading", key: review.row.key }).review).toEqual(review);
  expect(applied(open, { seq: 11, kind: "reading", key: makeReview(opioid).row.key, short }).review).toBe(review);
});
