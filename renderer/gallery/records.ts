import type { PageVerdict, RecordDetail, RecordPage, RecordRow, RowVerdict } from "#shared/ipc/reports.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import { ISS } from "../bridge/fake/claims.ts";
import { opioid } from "../bridge/fake/conflicts.ts";
import { fakeUuid } from "../bridge/fake/digest.ts";
import { OKAFOR } from "../bridge/fake/people.ts";
import { makeReview } from "../bridge/fake/reviews.ts";
import { makeSnapshot } from "../bridge/fake/snapshot.ts";
import { NOW, minutes } from "../bridge/fake/time.ts";
import type { FakeRecords } from "../bridge/fake/record-commands.ts";
import type { GalleryState } from "./state.ts";

const AGENT = { sub: "spiffe://northgate.example/agents/medrec-2", name: "MedRec-2" };
export const okafor = { sub: OKAFOR.sub, name: OKAFOR.name };
export const lee = { sub: "https://directory.northgate.example/approvers/lee", name: "LEE, Min (Dr)" };

const row = (n: number, change: Partial<RecordRow> = {}): RecordRow => ({
  id: `1-${String(n)}`,
  key: { iss: ISS, rid: fakeUuid(n) },
  rev: 1,
  received_at: NOW - n * 3700,
  decided_at: NOW - n * 3700 + 90,
  decision: "approve",
  state: "completed",
  patient_name: "WATERS, Shauna (Mrs)",
  action_type: "urn:countersign:action:order.create",
  item: "HYDROmorphone 1 mg per mL Oral Solution",
  tier: 3,
  agent: AGENT,
  signers: [okafor],
  active_ms: 41_200,
  reference: fakeUuid(n),
  is_withheld: false,
  ...change,
});

export const ROWS: readonly RecordRow[] = [
  row(1),
  row(2, {
    decision: "deny",
    state: "denied",
    patient_name: "JONES, Mair (Ms)",
    item: "Elmwood Heart Centre, cardiology",
    action_type: "urn:countersign:action:referral.create",
    signers: [lee],
    active_ms: 18_400,
  }),
  row(3, {
    patient_name: "EVANS, Gareth (Mr)",
    item: "4 fields",
    action_type: "urn:countersign:action:record.update",
    active_ms: 2_100,
    review: "open",
  }),
  row(4, { patient_name: "EVANS, Gareth (Mr)", item: "amlodipine 5 mg Oral Tablet", signers: [okafor, lee] }),
  row(5, {
    decision: "none",
    state: "expired",
    signers: [],
    patient_name: "OKORO, Tunde (Mr)",
    item: "amoxicillin 250 mg Oral Capsule",
  }),
  row(30, { state: "revoked", decision: "revoke", item: "warfarin 2.5 mg Oral Tablet" }),
];

export const PAGE: RecordPage = {
  rows: ROWS,
  view: { scope: "units", units: ["ward-4b"], clinical: true, attention: true },
  next: "more",
  total: 2417,
};

export const found = (id: string, change: Partial<RowVerdict>): RowVerdict => ({ id, signature: "valid", ...change });
export const because = (code: NonNullable<RowVerdict["code"]>) => ({ code, why: sentenceOf(code) });
export const VERDICT: PageVerdict = {
  verdicts: [
    found("1-1", {}),
    found("1-2", {}),
    found("1-3", { signature: "not_valid", step: "decisions/0 V1-V8", ...because("E_SIG_BAD") }),
    found("1-4", { signature: "valid_retired" }),
    found("1-5", { signature: "cannot_check", step: "log", ...because("E_LOG_PENDING") }),
    found("1-30", {}),
  ],
  troubles: [],
  checked_at: NOW - 20,
  key: "7f3aQx9d",
};

const FIFTY = Array.from({ length: 50 }, (_, i) => {
  const { id: _id, key: _key, reference: _reference, received_at: _at, ...like } = ROWS[i % 5] ?? row(1);
  return row(100 + i, like);
});

const review = makeReview(opioid);
export const DETAIL: RecordDetail = {
  row: row(1),
  verdict: { id: "1-1", signature: "valid" },
  steps: [
    ...["gateway", "credentials/0", "request C1-C5", "request C6", "request C7"].map((step) => ({
      step,
      result: "passed" as const,
    })),
    { step: "request C8", result: "not_run" },
    ...["request C9", "request C10", "request C11", "request C12", "request C13", "request C14"].map((step) => ({
      step,
      result: "passed" as const,
    })),
    ...[
      "receipts/0",
      "decisions/0 V1-V8",
      "receipts/0 answers",
      "V29",
      "outcome",
      "log",
      "log/0",
      "log/1",
      "state",
    ].map((step) => ({ step, result: "passed" as const })),
  ],
  checked_at: NOW - 20,
  key: "7f3aQx9d",
  shown: { claims: review.claims, template: review.template, lang: "en-GB" },
  signed: { digest: review.row.digest, check_words: review.check_words, canonical: JSON.stringify(review.claims) },
  decisions: [
    {
      kind: "approve",
      at: NOW - minutes(60),
      signer: OKAFOR,
      overrides: [{ fact: "f1", code: "will-monitor" }],
      granted: review.claims.authorization_details.map(({ id }) => id),
      acr: "urn:countersign:acr:uv",
      key_storage: "os",
      kid: "k",
      digest: "sha-256:mHn0c1mJ7xXxq6lq3r6gk2m5Gx3aQ0jJwYy3h0m1x2Y",
      chain: 118,
      reentry: ["identity"],
      ack: (review.claims.facts ?? []).filter(({ ack }) => ack).map(({ id }) => id),
      attention: { ms: 41_200, fields: 9, opened_at: NOW - minutes(61), complete: true },
      receipt: { at: NOW - minutes(60) + 1, result: "recorded", outcome: "approved", have: 1, need: 1 },
    },
  ],
  events: [
    { name: "request-resolved", at: NOW - minutes(60) + 1, outcome: "approved" },
    { name: "task-executing", at: NOW - minutes(59) },
    { name: "task-completed", at: NOW - minutes(59) + 3, resource: "MedicationRequest/5591" },
    { name: "token-revoked", at: NOW - minutes(59) + 4, reason: "task-completed" },
  ],
  log: [
    { what: "request", index: 88_210, size: 88_402 },
    { what: "decision", index: 88_214, size: 88_402 },
  ],
  statements: [
    {
      kind: "flag-decision",
      at: NOW - minutes(30),
      by: lee.name,
      reason: { code: "other", text: "Please look at the weight that was used." },
      signature: "valid",
    },
  ],
  actions: ["flag-decision", "report-agent", "pause-agent", "resume-agent", "pause-type", "resume-type"],
  revs: [1],
};

const AGENT_STATE = { ...AGENT, owner: "Pharmacy informatics", open_reviews: 1, reports: 2 };
export const GOOD: FakeRecords = {
  page: PAGE,
  verdict: VERDICT,
  detail: DETAIL,
  agent: AGENT_STATE,
  filters: [{ name: "Opioids on 4B", filter: { risks: ["critical"] } }],
};

const { verdict: _verdict, ...UNCHECKED } = GOOD;

export const state = (
  id: string,
  title: string,
  records: FakeRecords,
  more: Partial<NonNullable<GalleryState["app"]>> = {},
): GalleryState => ({
  id,
  title,
  app: { snapshot: makeSnapshot(), reviews: [], start: { kind: "history" }, records, ...more },
});
export const record = (id: string, title: string, records: FakeRecords): GalleryState =>
  state(id, title, records, { start: { kind: "history", opened: records.detail?.row ?? row(1) } });

export const withheldRow = (n: number): RecordRow => {
  const { patient_name: _name, tier: _tier, agent: _agent, active_ms: _ms, ...rest } = row(n);
  return { ...rest, action_type: "", item: "", is_withheld: true };
};
const { shown: _shown, ...notShown } = DETAIL;
const { canonical: _canonical, ...digestOnly } = DETAIL.signed;

/** S9 and S10: every state of the gateway's history, of one record, and what is said about it. */
export const RECORDS: readonly GalleryState[] = [
  state("records", "History of a gateway, checked", GOOD),
  state("records-page", "History of a gateway, a page of fifty rows that is the only one", {
    ...GOOD,
    page: { rows: FIFTY, view: PAGE.view, total: FIFTY.length },
    verdict: { ...VERDICT, verdicts: FIFTY.map(({ id }) => found(id, {})) },
  }),
  state("records-checking", "History of a gateway, checking", UNCHECKED),
  state("records-empty", "History of a gateway, nothing yet", {
    page: { rows: [], view: PAGE.view, total: 0 },
    verdict: { ...VERDICT, verdicts: [] },
  }),
  state("records-why", "History of a gateway, asked why", { ...GOOD, asksWhy: true }),
  state("records-failed", "History of a gateway, cannot be read", {
    fault: { code: "E_CLM_SHAPE", message: sentenceOf("E_CLM_SHAPE") },
  }),
  state("records-bad-filter", "History of a gateway, a filter that is not understood", {
    fault: { code: "E_QUERY_FILTER", message: "/filter/patient: is not known", pointer: "/filter/patient" },
  }),
  state("records-alarm", "History of a gateway, changed, and too long to count", {
    ...GOOD,
    page: { ...PAGE, total: 10_001, fits: { from: NOW - minutes(60 * 24 * 40), to: NOW } },
    verdict: {
      ...VERDICT,
      alarm: "E_LOG_FORK",
      verdicts: VERDICT.verdicts.map(({ id }) =>
        found(id, { signature: "not_valid", step: "log extends", ...because("E_LOG_FORK") }),
      ),
      troubles: [{ kind: "missing", rows: [], reference: fakeUuid(9) }],
    },
  }),
  state("records-auditor", "History of a gateway, without clinical content", {
    ...GOOD,
    page: {
      ...PAGE,
      rows: [1, 2, 4].map(withheldRow),
      view: { scope: "all", units: [], clinical: false, attention: true },
    },
  }),
  record("record", "One record, valid", GOOD),
  record("record-not-valid", "One record, not valid", {
    ...GOOD,
    detail: {
      ...notShown,
      verdict: { id: "1-1", signature: "not_valid", step: "request C1-C5", ...because("E_SIG_BAD") },
      steps: [...DETAIL.steps.slice(0, 2), { step: "request C1-C5", result: "failed", code: "E_SIG_BAD" }],
      signed: digestOnly,
      decisions: [],
      log: [],
    },
  }),
  record("record-auditor", "One record, without clinical content", {
    ...GOOD,
    detail: {
      ...notShown,
      row: withheldRow(1),
      signed: digestOnly,
      actions: [],
      decisions: DETAIL.decisions.map(({ reason: _reason, ...decision }) => ({ ...decision, overrides: [] })),
    },
  }),
];
