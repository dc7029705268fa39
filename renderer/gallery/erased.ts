import type { RecordDetail, RecordRow } from "#shared/ipc/reports.ts";

import { NOW, minutes } from "../bridge/fake/time.ts";
import {
  because,
  DETAIL,
  found,
  GOOD,
  lee,
  okafor,
  PAGE,
  record,
  ROWS,
  state,
  VERDICT,
  withheldRow,
} from "./records.ts";
import type { GalleryState } from "./state.ts";

const ERASED = { signature: "cannot_check", step: "request", ...because("E_STORE_ERASED") } as const;
/** Its record is of before records had a list (decision 0016). */
const EARLIER = { signature: "cannot_check", step: "erasure", ...because("E_STORE_ERASED_UNSHOWN") } as const;
/** The gateway says so, and nothing shows it. */
const HIDDEN = { signature: "not_valid", step: "erasure", ...because("E_LOG_ERASURE") } as const;
/** Before it was erased. */
const LONG_AGO = minutes(60 * 24 * 200);
const erasedRow = (n: number, change: Partial<RecordRow> = {}): RecordRow => ({
  ...withheldRow(n),
  received_at: NOW - LONG_AGO - minutes(60 * n),
  is_erased: true,
  erased_at: NOW - minutes(60 * 24 * 18),
  ...change,
});

/** What is withheld with the rest: the texts, and the one event that may name what was made. */
const GONE = /^(?:request|decisions)/;
const { shown: _shown, ...rest } = DETAIL;
const { canonical: _canonical, ...digestOnly } = DETAIL.signed;
const { next: _next, ...ONE_PAGE } = PAGE;
const DETAIL_ERASED: RecordDetail = {
  ...rest,
  row: erasedRow(1, { review: "open" }),
  verdict: { id: "1-1", ...ERASED },
  erasure: { at: NOW - minutes(60 * 24 * 18), why: "order", index: 18_231 },
  steps: [
    { step: "request", result: "not_run" },
    { step: "decisions/0", result: "not_run" },
    ...DETAIL.steps.filter(({ step }) => !GONE.test(step) && step !== "V29"),
    { step: "erasure", result: "passed" },
    { step: "erasure logged", result: "passed" },
  ],
  signed: digestOnly,
  decisions: DETAIL.decisions.map(({ signer, at, kind, digest, receipt }) => ({
    ...{
      signer,
      at: at - LONG_AGO,
      kind,
      digest,
      ...(receipt === undefined ? {} : { receipt: { ...receipt, at: receipt.at - LONG_AGO } }),
      key_storage: "os",
      overrides: [],
      acr: "",
      kid: "",
      chain: 0,
    },
    ...{ reentry: [], ack: [] },
  })),
  events: DETAIL.events
    .filter(({ name }) => name !== "task-completed")
    .map((event) => ({ ...event, at: event.at - LONG_AGO })),
  statements: DETAIL.statements.map((statement) => ({ ...statement, at: statement.at - LONG_AGO })),
  actions: ["close-review"],
};

const { erasure: _erasure, ...UNPROVEN } = DETAIL_ERASED;
const unproven = (verdict: typeof EARLIER | typeof HIDDEN): RecordDetail => ({
  ...UNPROVEN,
  verdict: { id: "1-1", ...verdict },
  steps: [
    ...UNPROVEN.steps.filter(({ step }) => !step.startsWith("erasure")),
    { step: "erasure", result: "failed", code: verdict.code },
    ...(verdict === EARLIER ? [{ step: "erasure logged", result: "passed" } as const] : []),
  ],
});

/** S9 and S10 where something was erased (decision 0015). */
export const ERASURES: readonly GalleryState[] = [
  state("records-erased", "History of a gateway, with rows that were erased", {
    ...GOOD,
    page: {
      ...ONE_PAGE,
      rows: [
        ...ROWS.slice(0, 2),
        erasedRow(3),
        erasedRow(4, { decision: "deny", state: "denied", signers: [lee], review: "open" }),
        erasedRow(5, { decision: "none", state: "expired", signers: [] }),
        erasedRow(30, { signers: [okafor, lee] }),
      ],
      total: 6,
    },
    verdict: {
      ...VERDICT,
      verdicts: [
        found("1-1", {}),
        found("1-2", {}),
        ...["1-3", "1-4"].map((id) => found(id, ERASED)),
        found("1-5", EARLIER),
        found("1-30", HIDDEN),
      ],
    },
  }),
  record("record-erased", "One record that was erased", { ...GOOD, detail: DETAIL_ERASED }),
  record("record-erased-not-valid", "One record that is said to be erased, and whose log does not prove it", {
    ...GOOD,
    detail: { ...unproven(HIDDEN), alarm: "E_LOG_ERASURE" },
  }),
  record("record-erased-earlier", "One record that was erased before that could be proved", {
    ...GOOD,
    detail: unproven(EARLIER),
  }),
];
