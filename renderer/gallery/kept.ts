import type { RecordDetail } from "#shared/ipc/reports.ts";

import { makeSnapshot } from "../bridge/fake/snapshot.ts";
import { HISTORY } from "./history.ts";
import { DETAIL } from "./records.ts";
import type { GalleryState } from "./state.ts";

const KEPT: RecordDetail = {
  ...DETAIL,
  actions: [],
  statements: [],
  log: DETAIL.log.filter(({ what }) => what !== "outcome"),
  unasked: ["log-still", "since", "keys"],
};
const UNANSWERED: RecordDetail = {
  ...KEPT,
  row: { ...KEPT.row, decision: "deny" },
  verdict: { id: KEPT.row.id, signature: "cannot_check", step: "receipts/0", code: "E_REQ_LATE", why: "" },
  decisions: KEPT.decisions.map(({ receipt: _receipt, attention: _attention, ...one }) => ({
    ...one,
    kind: "deny",
    overrides: [],
    reason: { code: "not-needed" },
    undelivered: "E_REQ_LATE",
  })),
  events: [],
  log: [],
  unasked: ["answer", "log-ever", "since", "keys"],
};

const [first] = HISTORY;
const kept = (id: string, title: string, detail: RecordDetail): GalleryState => ({
  id,
  title,
  app: {
    snapshot: makeSnapshot(),
    reviews: [],
    history: HISTORY,
    records: { kept: detail },
    start: { kind: "history", ...(first === undefined ? {} : { openedKept: first }) },
  },
});

/** S10 from this computer alone. */
export const KEPT_STATES: readonly GalleryState[] = [
  kept("kept", "One decision of this computer's own, without the gateway", KEPT),
  kept("kept-unanswered", "One decision of this computer's own that nobody answered", UNANSWERED),
];
