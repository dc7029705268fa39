import { childDose } from "../bridge/fake/conflicts.ts";
import { bisoprolol, refill } from "../bridge/fake/orders.ts";
import { OKAFOR } from "../bridge/fake/people.ts";
import { makeReview, makeRow } from "../bridge/fake/reviews.ts";
import { makeGateway, makeSnapshot } from "../bridge/fake/snapshot.ts";
import { NOW, minutes } from "../bridge/fake/time.ts";
import type { PracticeResult, PracticeStatus, QueueRow } from "#shared/ipc/contract.ts";

import { RECORDED, receiptOf, REVIEWS } from "./requests.ts";
import type { GalleryState } from "./state.ts";

const results = (...answers: readonly PracticeResult["answer"][]): readonly PracticeResult[] =>
  (["repeat", "dose-change", "wrong-weight"] as const).map((exercise, i) => ({
    exercise,
    right: exercise === "wrong-weight" ? "deny" : "approve",
    answer: answers[i] ?? "deny",
  }));
const MISSED = { kind: "over", passed: false, results: results("approve", "deny", "approve") } as const;
const rows = (change: Partial<QueueRow>): readonly QueueRow[] =>
  [refill, bisoprolol, childDose].map((claims, i) => makeRow({ ...claims, exp: NOW + minutes(120 * (i + 1)) }, change));
const ROWS = {
  offered: [],
  running: rows({ unread: true }),
  over: rows({ status: { kind: "denied" } }),
};

const practice = (
  id: string,
  title: string,
  status: PracticeStatus,
  state: Partial<NonNullable<GalleryState["app"]>> = {},
): GalleryState => ({
  id: `practice-${id}`,
  title: `Practice, ${title}`,
  app: {
    snapshot: makeSnapshot({
      phase: { kind: "unlocked", person: OKAFOR, practice: status },
      rows: ROWS[status.kind],
      gateways: status.kind === "offered" ? [] : [makeGateway({ name: "Practice", env: "demo" })],
    }),
    reviews: REVIEWS,
    ...state,
  },
});

const denied = makeReview(
  childDose,
  { receipt: receiptOf({ receipt: RECORDED, decision: "deny" }) },
  { status: { kind: "denied" } },
);

/** What follows an enrolment (S1, step 4). */
export const PRACTICE: readonly GalleryState[] = [
  practice("offered", "what is going to happen", { kind: "offered", may_skip: false }),
  practice("may-skip", "passed less than a year ago", { kind: "offered", may_skip: true }),
  practice("queue", "its queue", { kind: "running" }),
  practice("last", "the last request is decided", MISSED, {
    reviews: [denied],
    start: { kind: "request", key: denied.row.key, sheet: undefined },
  }),
  practice("missed", "what was missed", MISSED),
  practice("passed", "passed", { kind: "over", passed: true, results: results("approve", "approve", "deny") }),
];
