import { childDose, opioid } from "../bridge/fake/conflicts.ts";
import { makeGateway, makeSnapshot, SETTINGS } from "../bridge/fake/snapshot.ts";
import { deceasedPatient, floodRequests } from "../bridge/fake/more.ts";
import { arabicName, bisoprolol, hiddenCharacter, refill } from "../bridge/fake/orders.ts";
import { allergyRemoval, bulkAssign, externalReferral, phoneChange } from "../bridge/fake/others.ts";
import { OKAFOR, WARD_PHARMACIST } from "../bridge/fake/people.ts";
import { makeRow } from "../bridge/fake/reviews.ts";
import { NOW, minutes } from "../bridge/fake/time.ts";
import type { EnrolmentStatus, Phase, ReplacementStep } from "#shared/ipc/contract.ts";

import { DEMO } from "./demo.ts";
import { ERASURES } from "./erased.ts";
import { EXPORTS } from "./exports.tsx";
import { HISTORY, HISTORY_MANY } from "./history.ts";
import { INSIGHTS } from "./insights.ts";
import { KEPT_STATES } from "./kept.ts";
import { PRACTICE } from "./practice.ts";
import { READING } from "./reading.ts";
import { RECORDS } from "./records.ts";
import { CHANGED, receiptOfState, REVIEWS, reviewState } from "./requests.ts";
import { SEVERAL_GATEWAYS } from "./several-gateways.ts";
import { STOP_STATES } from "./stopped.ts";
import { SHEETS } from "./sheets.tsx";
import type { GalleryState } from "./state.ts";

const app = (id: string, title: string, state: Partial<NonNullable<GalleryState["app"]>>): GalleryState => ({
  id,
  title,
  app: { snapshot: makeSnapshot(), reviews: REVIEWS, ...state },
});
const setup = (id: string, title: string, enrolment: EnrolmentStatus): GalleryState =>
  app(id, title, { snapshot: makeSnapshot({ phase: { kind: "setup", enrolment }, rows: [], gateways: [] }) });
const locked = (id: string, title: string, phase: Omit<Extract<Phase, { kind: "locked" }>, "kind">): GalleryState =>
  app(id, title, { snapshot: makeSnapshot({ phase: { kind: "locked", ...phase }, rows: [] }) });
const replacing = (id: string, title: string, how: ReplacementStep): GalleryState =>
  app(id, title, {
    start: { kind: "settings" },
    snapshot: makeSnapshot({
      phase: { kind: "unlocked", person: OKAFOR, replacing: { iss: makeGateway().iss, ...how } },
    }),
  });
const OFFLINE = makeGateway({
  connection: { kind: "offline", since: NOW - minutes(12), retry_at: NOW + 20 },
  last_message_at: NOW - minutes(12),
});

const QUEUE: readonly GalleryState[] = [
  app("queue", "Queue", {}),
  app("queue-compact", "Queue, compact", {
    snapshot: makeSnapshot({ settings: { ...SETTINGS, density: "compact" } }),
  }),
  app("queue-empty", "Queue, nothing waits", { snapshot: makeSnapshot({ rows: [] }) }),
  app("queue-empty-offline", "Queue, nothing waits, not connected", {
    snapshot: makeSnapshot({ rows: [], gateways: [OFFLINE] }),
  }),
  app("queue-offline", "Queue, not connected", { snapshot: makeSnapshot({ gateways: [OFFLINE] }) }),
  app("queue-arrivals", "Queue, two new requests behind the bar", {
    events: [
      {
        kind: "rows",
        rows: [
          makeRow(allergyRemoval, { unread: true }),
          makeRow(deceasedPatient, { unread: true, status: { kind: "expiring", at: NOW + 60 } }),
        ],
      },
      { kind: "row_gone", key: makeRow(bisoprolol).key },
    ],
  }),
  app("queue-flood", "Queue, an agent in a loop", {
    snapshot: makeSnapshot({
      rows: [...makeSnapshot().rows, ...floodRequests.map((claims) => makeRow(claims, { unread: true }))],
    }),
  }),
  app("idle-hidden", "Hidden while nobody is there", {
    snapshot: makeSnapshot({ phase: { kind: "unlocked", person: OKAFOR, idle: "hidden" } }),
  }),
  app("idle-locking", "About to lock", {
    snapshot: makeSnapshot({ phase: { kind: "unlocked", person: OKAFOR, idle: "locking" } }),
  }),
  app("queue-ended", "Queue, with requests that ended", {
    snapshot: makeSnapshot({
      rows: [
        makeRow(refill),
        makeRow(opioid, { status: { kind: "decided_elsewhere", outcome: "denied", by: ["LEE, Min (Dr)"] } }),
        makeRow(childDose, { status: { kind: "expired", at: NOW - 60 } }),
        makeRow(phoneChange, {
          status: { kind: "withdrawn", at: NOW - 120, by: "spiffe://example/agents/notetidy", reason: "agent" },
        }),
        makeRow(externalReferral, { status: { kind: "undelivered", decision: "deny", code: "E_REQ_LATE" } }),
      ],
    }),
  }),
  app("clock-wrong", "Queue, this workstation's clock is wrong", {
    snapshot: makeSnapshot({ gateways: [makeGateway({ clock_offset_s: 190 })] }),
  }),
  app("standing-stopped", "Queue, the directory has suspended this person's key", {
    snapshot: makeSnapshot({ gateways: [makeGateway({ standing_stop: "E_KEY_SUSPENDED" })] }),
  }),
  app("standing-unknown", "Queue, the list of stopped keys cannot be read", {
    snapshot: makeSnapshot({ gateways: [makeGateway({ standing_stop: "E_CLI_STATUS" })] }),
  }),
  app("log-alarm", "Queue, the log was changed", {
    snapshot: makeSnapshot({ gateways: [makeGateway({ log_alarm: "E_LOG_FORK" })] }),
  }),
];

const REVIEW: readonly GalleryState[] = [
  reviewState({ id: "review-medication", title: "Review, medication order with a conflict, tier 3", claims: opioid }),
  reviewState({ id: "review-routine", title: "Review, routine repeat, tier 1", claims: refill }),
  reviewState({ id: "review-tier-2", title: "Review, dose change, tier 2", claims: bisoprolol }),
  reviewState({ id: "review-update", title: "Review, record update", claims: phoneChange }),
  reviewState({ id: "review-allergy", title: "Review, an allergy is removed", claims: allergyRemoval }),
  reviewState({ id: "review-referral", title: "Review, external referral", claims: externalReferral }),
  reviewState({ id: "review-generic", title: "Review, no plain-language view", claims: bulkAssign }),
  reviewState({ id: "review-arabic", title: "Review, a name in Arabic", claims: arabicName }),
  reviewState({ id: "review-deceased", title: "Review, the patient has died", claims: deceasedPatient }),
  reviewState({
    id: "review-quarantined",
    title: "Review, hidden character",
    claims: hiddenCharacter,
    row: { status: { kind: "quarantined", code: "E_DSP_TEXT", findings: [] } },
  }),
  reviewState({
    id: "review-expiring",
    title: "Review, expires soon",
    claims: childDose,
    row: { status: { kind: "expiring", at: childDose.exp }, viewing: ["LEE, Min (Dr)"] },
  }),
  reviewState({
    id: "review-second",
    title: "Review, second approver",
    claims: opioid,
    row: { status: { kind: "needs_second" } },
  }),
  reviewState({
    id: "review-barred",
    title: "Review, asked for by the person who reads it",
    claims: bisoprolol,
    review: { barred: "E_SOD_EXCLUDED" },
  }),
  reviewState({
    id: "review-left",
    title: "Review, come back to after a lock, with a denial half written",
    claims: opioid,
    snapshot: {
      phase: {
        kind: "unlocked",
        person: OKAFOR,
        left: {
          key: makeRow(opioid).key,
          at: NOW - 70,
          sent: false,
          why: "lock",
          draft: { code: "wrong-drug-or-dose", note: "Ten times the usual dose.", report_agent: false },
        },
      },
    },
  }),
  reviewState({
    id: "review-changed",
    title: "Review, changed while it was open",
    claims: opioid,
    events: [
      { kind: "rows", rows: [CHANGED.row] },
      { kind: "review", review: CHANGED },
    ],
  }),
  reviewState({
    id: "review-withdrawn",
    title: "Review, withdrawn",
    claims: refill,
    row: { status: { kind: "withdrawn", at: NOW - 60, by: "spiffe://example/agents/medrec-2", reason: "agent" } },
  }),
  reviewState({
    id: "review-expired",
    title: "Review, expired",
    claims: refill,
    row: { status: { kind: "expired", at: NOW - 60 } },
  }),
  reviewState({
    id: "review-decided",
    title: "Review, decided by someone else",
    claims: refill,
    row: { status: { kind: "decided_elsewhere", outcome: "denied", by: ["LEE, Min (Dr)"] } },
  }),
  reviewState({
    id: "review-offline",
    title: "Review, not connected",
    claims: refill,
    snapshot: { gateways: [OFFLINE] },
  }),
  reviewState({
    id: "review-unconfirmed",
    title: "Review, not confirmed yet",
    claims: refill,
    row: { status: { kind: "unconfirmed" } },
  }),
];

const RECEIPTS: readonly GalleryState[] = [
  receiptOfState("receipt-sending", "Receipt, sending", { kind: "sending", decision: "approve", since: NOW - 1 }),
  receiptOfState("receipt-unsure", "Receipt, no answer", { kind: "sending", decision: "approve", since: NOW - 30 }),
  receiptOfState("receipt-held", "Receipt, held", { kind: "held", until: NOW + 8 }, { can_revoke: true }),
  receiptOfState(
    "receipt-executed",
    "Receipt, executed",
    { kind: "executed" },
    { executed_at: NOW, resource: "MedicationRequest/5591", logged: "included" },
  ),
  receiptOfState(
    "receipt-second",
    "Receipt, waiting for the second approver",
    { kind: "waiting_second" },
    { can_revoke: true },
  ),
  receiptOfState("receipt-denied", "Receipt, denied", { kind: "denied" }, { decision: "deny", logged: "included" }),
  receiptOfState("receipt-revoked", "Receipt, revoked", { kind: "revoked" }, { decision: "revoke" }),
  receiptOfState("receipt-rejected", "Receipt, not accepted", { kind: "rejected", code: "E_UV_STALE" }),
  receiptOfState("receipt-failed", "Receipt, not executed", { kind: "failed", code: "E_EXEC_REFUSED", unknown: false }),
  receiptOfState(
    "receipt-unknown",
    "Receipt, outcome unknown",
    { kind: "failed", code: "E_EXEC_UNKNOWN", unknown: true },
    { logged: "fork" },
  ),
  ...(["E_REQ_LATE", "E_KEY_REVOKED"] as const).map((code) => {
    const [id, name] = code === "E_REQ_LATE" ? ["undelivered", ""] : ["key-over", ", the key is revoked"];
    const status = { kind: "undelivered", decision: "deny", code } as const;
    return receiptOfState(`receipt-${id}`, `Receipt, not delivered${name}`, status, { decision: "deny" });
  }),
];

const OTHERS: readonly GalleryState[] = [
  app("history", "History", { start: { kind: "history" }, history: HISTORY }),
  app("history-many", "History, a hundred decisions", { start: { kind: "history" }, history: HISTORY_MANY }),
  app("history-empty", "History, empty", { start: { kind: "history" }, history: [] }),
  app("settings", "Settings", {
    start: { kind: "settings" },
    snapshot: makeSnapshot({ gateways: [makeGateway({ refused: { E_SIG_BAD: 2, E_GW_KEY: 1 } })] }),
  }),
  app("settings-managed", "Settings, three set by the organisation", {
    start: { kind: "settings" },
    snapshot: makeSnapshot({
      settings: { ...SETTINGS, managed: ["theme", "facility_zone", "site_ca_file"] },
      gateways: [makeGateway({ earlier_logs: 1 })],
    }),
  }),
  replacing("settings-key-waiting", "Settings, the new key waits for the directory", { kind: "waiting" }),
  replacing("settings-key-ready", "Settings, the new key waits for a quiet moment", { kind: "ready" }),
  replacing("settings-key-done", "Settings, the key was replaced", { kind: "done" }),
  replacing("settings-key-failed", "Settings, the key was not replaced", {
    kind: "failed",
    error: { code: "E_KEY_SUSPENDED", message: "The signing key is suspended. Ask your administrator." },
  }),
  locked("locked", "Locked", { people: [OKAFOR], waiting: 3 }),
  locked("locked-card", "Locked, the card was taken out, keys were damaged", {
    ...{ people: [OKAFOR], waiting: 2, card_out: NOW - minutes(2), damaged_keys: 1, unreadable_keys: 1 },
    notice: { at: NOW - minutes(2), sent: false },
  }),
  locked("locked-notice", "Locked, several people, nothing was sent", {
    people: [OKAFOR, WARD_PHARMACIST],
    waiting: 1,
    notice: { at: NOW - 70, sent: false },
  }),
  setup("setup-ticket", "Set up, ticket and code", { kind: "ticket" }),
  setup("setup-error", "Set up, the code is wrong", {
    kind: "ticket",
    error: { code: "E_ENROL_CODE", message: "The enrolment code is wrong.", tries_left: 2 },
  }),
  setup("setup-connecting", "Set up, connecting", { kind: "connecting" }),
  setup("setup-words", "Set up, check words", {
    kind: "check_words",
    words: ["maple", "orbit", "tiger", "lamp", "ferry", "stone"],
    expires_at: NOW + minutes(14),
  }),
  setup("setup-done", "Set up, done", { kind: "done", person: OKAFOR, gateway_name: "Northgate Hospital" }),
  setup("setup-failed", "Set up, not confirmed", {
    kind: "failed",
    error: { code: "E_ENROL_REJECTED", message: "The second person did not confirm this enrolment." },
  }),
];

export const STATES: readonly GalleryState[] = [
  ...QUEUE,
  ...REVIEW,
  ...READING,
  ...SHEETS,
  ...RECEIPTS,
  ...OTHERS,
  ...EXPORTS,
  ...INSIGHTS,
  ...SEVERAL_GATEWAYS,
  ...PRACTICE,
  ...RECORDS,
  ...KEPT_STATES,
  ...STOP_STATES,
  ...ERASURES,
  ...DEMO,
];
