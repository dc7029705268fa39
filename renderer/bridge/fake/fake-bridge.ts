import type {
  AppEvent,
  AppSnapshot,
  Bridge,
  CommandInput,
  GatewayStatus,
  HistoryRow,
  Phase,
  QueueRow,
  ReceiptView,
  Reply,
  RequestKey,
  RequestStatus,
  ReviewData,
} from "#shared/ipc/contract.ts";
import type { ExportStatus } from "#shared/ipc/exports.ts";
import type { InsightsView } from "#shared/ipc/insights.ts";
import { matchesIdentity, matchesOriginCode, matchesValue } from "#shared/presentation/reentry.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import { OKAFOR } from "./people.ts";
import { recordCommands, type FakeRecords } from "./record-commands.ts";

/** The PIN of everybody in the fake. */
export const FAKE_PIN = "135790";

interface Options {
  readonly snapshot: AppSnapshot;
  readonly reviews: readonly ReviewData[];
  readonly history?: readonly HistoryRow[];
  /** What the exports of this gallery come to; else they run on. */
  readonly exported?: ExportStatus;
  /** `reading`: they are being read, for as long as anybody looks, and so many requests were. */
  readonly insights?: Reply<InsightsView> | { readonly reading: number };
  /** What the gateway's history answers; without it, that there is no connection. */
  readonly records?: FakeRecords;
  /** Gateway time in seconds, and a timer; a fake that stands still never calls back. */
  readonly nowS: () => number;
  readonly later: (ms: number, callback: () => void) => void;
}

type Decide = CommandInput<"decide">;

export interface FakeBridge extends Bridge {
  /** Sends an event as main would, with the next `seq`. */
  readonly emit: (event: Unnumbered) => void;
  /** What was asked, for tests: command names and inputs in order. */
  readonly asked: readonly { readonly command: string; readonly input: unknown }[];
}

type Without<T> = T extends unknown ? Omit<T, "seq"> : never;
export type Unnumbered = Without<AppEvent>;

/**
 * Main in memory: keeps a snapshot, compares what is typed, moves a decision through its states and answers like main
 * does. It signs nothing and knows no gateway.
 */
export function makeFakeBridge(options: Options): FakeBridge {
  let { snapshot } = options;
  const reviews = new Map(options.reviews.map((review) => [review.row.key.rid, review]));
  const listeners = new Set<(event: AppEvent) => void>();
  const asked: { command: string; input: unknown }[] = [];

  const emit = (event: Unnumbered): void => {
    snapshot = { ...snapshot, seq: snapshot.seq + 1 };
    const numbered: AppEvent = { ...event, seq: snapshot.seq };
    if (numbered.kind === "rows") snapshot = { ...snapshot, rows: numbered.rows.reduce(withRow, snapshot.rows) };
    if (numbered.kind === "settings") snapshot = { ...snapshot, settings: numbered.settings };
    if (numbered.kind === "gateway") snapshot = withGateway(snapshot, numbered.gateway);
    if (numbered.kind === "phase") snapshot = { ...snapshot, phase: numbered.phase };
    for (const listener of listeners) listener(numbered);
  };
  const answer = <T>(command: string, input: unknown, make: () => Reply<T>): Promise<Reply<T>> => {
    asked.push({ command, input });
    return Promise.resolve(make());
  };
  const setStatus = (key: RequestKey, status: RequestStatus, receipt?: ReceiptView): void => {
    const held = reviews.get(key.rid);
    if (held === undefined) return;
    const review: ReviewData = { ...held, row: { ...held.row, status }, ...(receipt === undefined ? {} : { receipt }) };
    reviews.set(key.rid, review);
    emit({ kind: "rows", rows: [review.row] });
    emit({ kind: "review", review });
  };

  /** Sending, then what the gateway would say, step by step. */
  const play = (review: ReviewData, receipt: ReceiptView): void => {
    const { key } = review.row;
    setStatus(key, { kind: "sending", decision: receipt.decision, since: options.nowS() }, receipt);
    options.later(600, () => {
      const recorded: ReceiptView = { ...receipt, logged: "included" };
      if (receipt.decision === "deny") setStatus(key, { kind: "denied" }, recorded);
      else if (receipt.decision === "revoke") setStatus(key, { kind: "revoked" }, recorded);
      else if (review.claims.policy.quorum.need > 1)
        setStatus(key, { kind: "waiting_second" }, { ...recorded, can_revoke: true });
      else hold(review, recorded);
    });
  };
  const hold = (review: ReviewData, recorded: ReceiptView): void => {
    const { key } = review.row;
    const seconds = review.claims.policy.hold_s ?? 0;
    setStatus(key, { kind: "held", until: options.nowS() + seconds }, { ...recorded, can_revoke: true });
    options.later(seconds * 1000, () => {
      if (reviews.get(key.rid)?.row.status.kind !== "held") return;
      const executed_at = options.nowS();
      setStatus(
        key,
        { kind: "executed" },
        { ...recorded, can_revoke: false, executed_at, resource: "MedicationRequest/5591" },
      );
    });
  };

  const decide = (input: Decide): Reply<ReceiptView> => {
    const review = reviews.get(input.key.rid);
    if (review === undefined) return refuse("E_CLI_NOT_FOUND");
    if (review.row.digest !== input.digest) return refuse("E_CLI_NOT_SHOWN");
    const fault = input.choice.kind === "approve" ? approvalFault(review, input.choice) : undefined;
    if (fault !== undefined) return refuse(fault);
    const receipt: ReceiptView = {
      decision: input.choice.kind,
      signed_at: options.nowS(),
      signer: OKAFOR,
      reference: input.key.rid,
      logged: "pending",
      can_revoke: false,
    };
    play(review, receipt);
    return { ok: true, value: receipt };
  };

  const done = (): Reply<null> => ({ ok: true, value: null });
  return {
    emit,
    asked,
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get_snapshot: (input) => answer("get_snapshot", input, () => ({ ok: true, value: snapshot })),
    open_review: (input) =>
      answer("open_review", input, () => {
        const review = reviews.get(input.key.rid);
        return review === undefined ? refuse("E_CLI_NOT_FOUND") : { ok: true, value: review };
      }),
    close_review: (input) => answer("close_review", input, done),
    reveal_claims: (input) => answer("reveal_claims", input, done),
    decide: (input) => answer("decide", input, () => decide(input)),
    keep_draft: (input) => answer("keep_draft", input, done),
    cancel_decision: (input) => answer("cancel_decision", input, done),
    forward: (input) => answer("forward", input, done),
    extend: (input) => answer("extend", input, done),
    copy_reference: (input) =>
      answer("copy_reference", input, () => {
        emit({ kind: "notice", notice: "copied" });
        return done();
      }),
    run_scenario: (input) => answer("run_scenario", input, done),
    get_diagnostics: (input) => answer("get_diagnostics", input, () => ({ ok: true, value: { text: DIAGNOSTICS } })),
    save_diagnostics: (input) => answer("save_diagnostics", input, () => ({ ok: true, value: { saved: true } })),
    begin_export: (input) =>
      answer("begin_export", input, () => {
        emit({ kind: "export", status: options.exported ?? { kind: "running", done: 1200, of: 2417 } });
        return { ok: true, value: { started: true } };
      }),
    cancel_export: (input) =>
      answer("cancel_export", input, () => {
        emit({ kind: "export", status: { kind: "cancelled" } });
        return done();
      }),
    ask_insights: (input) => {
      const { insights = refuse("E_CLI_OFFLINE") } = options;
      if (!("reading" in insights)) return answer("ask_insights", input, () => insights);
      queueMicrotask(() => emit({ kind: "insights", iss: input.iss, read: insights.reading }));
      return new Promise(() => undefined);
    },
    stop_insights: (input) => answer("stop_insights", input, () => ({ ok: true, value: null })),
    ...recordCommands(options.records, answer),
    list_history: (input) => answer("list_history", input, () => ({ ok: true, value: options.history ?? [] })),
    set_settings: (input) =>
      answer("set_settings", input, () => {
        const settings = {
          ...snapshot.settings,
          ...Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)),
        };
        emit({ kind: "settings", settings });
        return { ok: true, value: settings };
      }),
    lock: (input) =>
      answer("lock", input, () => {
        emit({ kind: "phase", phase: { kind: "locked", people: [OKAFOR], waiting: snapshot.rows.length } });
        return done();
      }),
    add_gateway: (input) =>
      answer("add_gateway", input, () => {
        emit({ kind: "phase", phase: { kind: "setup", joins: OKAFOR, enrolment: { kind: "ticket" } } });
        return done();
      }),
    revoke_keys: (input) =>
      answer("revoke_keys", input, () => {
        emit({ kind: "phase", phase: { kind: "locked", people: [OKAFOR], waiting: snapshot.rows.length } });
        return done();
      }),
    replace_key: (input) =>
      answer("replace_key", input, () => {
        if (input.pin !== FAKE_PIN) return refuse("E_CLI_PIN", 2);
        emit({
          kind: "phase",
          phase: { kind: "unlocked", person: OKAFOR, replacing: { iss: input.iss, kind: "asking" } },
        });
        return done();
      }),
    unlock: (input) =>
      answer("unlock", input, () => {
        if (input.pin !== FAKE_PIN) return refuse("E_CLI_PIN", 2);
        const phase: Phase = { kind: "unlocked", person: OKAFOR };
        emit({ kind: "snapshot", snapshot: { ...options.snapshot, phase, seq: snapshot.seq + 1 } });
        return done();
      }),
    enrol_begin: (input) =>
      answer("enrol_begin", input, () => {
        emit({ kind: "phase", phase: { kind: "setup", enrolment: { kind: "connecting" } } });
        return done();
      }),
    practice_begin: (input) =>
      answer("practice_begin", input, () => {
        emit({ kind: "phase", phase: { kind: "unlocked", person: OKAFOR, practice: { kind: "running" } } });
        return done();
      }),
    practice_finish: (input) =>
      answer("practice_finish", input, () => {
        emit({ kind: "phase", phase: { kind: "locked", people: [OKAFOR], waiting: 0 } });
        return done();
      }),
    enrol_cancel: (input) =>
      answer("enrol_cancel", input, () => {
        emit({ kind: "phase", phase: { kind: "setup", enrolment: { kind: "ticket" } } });
        return done();
      }),
  };
}

function approvalFault(
  review: ReviewData,
  choice: Extract<Decide["choice"], { kind: "approve" }>,
): ErrorCode | undefined {
  const { claims } = review;
  const asked = claims.policy.reentry ?? [];
  const { initials = "", birth_year = "", value = "", origin_code = "" } = choice.reentry;
  if (asked.includes("identity") && !matchesIdentity(claims, { initials, birth_year })) return "E_CLI_REENTRY";
  if (asked.includes("value") && !matchesValue(claims, value)) return "E_CLI_REENTRY";
  if (asked.includes("origin-code") && !matchesOriginCode(claims, origin_code)) return "E_CLI_REENTRY";
  if (claims.policy.acr.endsWith(":session")) return undefined;
  return choice.pin === FAKE_PIN ? undefined : "E_CLI_PIN";
}

function refuse<T>(code: ErrorCode, triesLeft?: number): Reply<T> {
  const error = { code, message: sentenceOf(code), ...(triesLeft === undefined ? {} : { tries_left: triesLeft }) };
  return { ok: false, error };
}

const DIAGNOSTICS = `{
  "format": "countersign-diagnostics/1",
  "at": "2026-11-23T14:32:00.000Z",
  "app": { "version": "0.1.0", "mode": "live" },
  "requests": 9
}
`;

function withGateway(snapshot: AppSnapshot, gateway: GatewayStatus): AppSnapshot {
  const others = snapshot.gateways.filter(({ iss }) => iss !== gateway.iss);
  return { ...snapshot, gateways: [...others, gateway] };
}

function withRow(rows: readonly QueueRow[], row: QueueRow): readonly QueueRow[] {
  const at = rows.findIndex(({ key }) => key.rid === row.key.rid);
  return at === -1 ? [...rows, row] : rows.with(at, row);
}
