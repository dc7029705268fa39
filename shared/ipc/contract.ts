/* eslint-disable max-lines -- one contract in one file: what is shown and what may be asked are read together */
import { z } from "zod";

import { OVERRIDE_CODES, REASON_CODES } from "#shared/protocol/claims/decision.ts";
import type { ReceiptClaims, RequestState } from "#shared/protocol/claims/receipt.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";
import type { Template } from "#shared/protocol/template.ts";

import { exportCommands, type ExportOutputs, type ExportStatus } from "./exports.ts";
import { insightsCommands, type InsightsOutputs } from "./insights.ts";
import { reportCommands, type ReportOutputs } from "./reports.ts";

/**
 * The one contract between main and renderer (architecture.md, boundaries 2). Main owns truth: the renderer gets one
 * snapshot, then events, and sends ids and choices only. Everything that crosses is plain data.
 */

// ------------------------------------------------------------------------------------------------ what main shows

/** A request at one gateway. `digest` names the exact signed bytes of a revision. */
export interface RequestKey {
  readonly iss: string;
  readonly rid: string;
}

/**
 * Status of a request on this client, computed by main (approval-experience.md 5). C1–C8 failures are never listed.
 * Times are integer seconds of the gateway's clock.
 */
export type RequestStatus =
  | { readonly kind: "pending" }
  | { readonly kind: "expiring"; readonly at: number }
  | { readonly kind: "changed"; readonly at: number; readonly from_rev: number }
  | { readonly kind: "quarantined"; readonly code: ErrorCode; readonly findings: readonly TextFinding[] }
  | { readonly kind: "needs_second" }
  | { readonly kind: "unconfirmed" }
  | { readonly kind: "signing" }
  | { readonly kind: "sending"; readonly decision: DecisionKind; readonly since: number }
  | { readonly kind: "undelivered"; readonly decision: DecisionKind; readonly code: ErrorCode }
  | { readonly kind: "waiting_second" }
  | { readonly kind: "held"; readonly until: number }
  | { readonly kind: "executing" }
  | { readonly kind: "executed" }
  | { readonly kind: "failed"; readonly code: string; readonly unknown: boolean }
  | { readonly kind: "denied" }
  | { readonly kind: "revoked" }
  | { readonly kind: "rejected"; readonly code: string }
  | { readonly kind: "expired"; readonly at: number }
  | { readonly kind: "withdrawn"; readonly at: number; readonly by: string; readonly reason: string }
  | { readonly kind: "decided_elsewhere"; readonly outcome: RequestState; readonly by: readonly string[] }
  | { readonly kind: "lapsed" };

export type DecisionKind = "approve" | "deny" | "revoke";

/** Where hidden or misleading characters were found. `pointer` is an RFC 6901 path, `token` e.g. `[U+202E]`. */
export interface TextFinding {
  readonly pointer: string;
  readonly token: string;
}

/** One row of the queue: what section S3 draws, from verified claims. */
export interface QueueRow {
  readonly key: RequestKey;
  readonly rev: number;
  readonly digest: string;
  readonly status: RequestStatus;
  readonly unread: boolean;
  readonly viewing: readonly string[];
  readonly received_at: number;
  readonly exp: number;
  readonly tier: 1 | 2 | 3;
  readonly patient: RequestClaims["patient"];
  readonly action_type: string;
  /** Named item of the action in clinical form (class A), e.g. a medicine's name. Empty where there is none. */
  readonly item: string;
  readonly agent_name: string;
  readonly conflict: boolean;
  /** How often the same was asked, this time included; `history.asked` of the request counts earlier times alone. */
  readonly asked: number;
  readonly denied: number;
}

/** Everything the review draws from: the verified claims themselves, never a summary. */
export interface ReviewData {
  readonly row: QueueRow;
  readonly claims: RequestClaims;
  readonly template: Template;
  readonly check_words: readonly string[];
  readonly gateway_name: string;
  /** Who signs, as the directory of this gateway says. */
  readonly signer: SignerLine;
  /** The earlier revision, when this one replaced it while it was open or unread. */
  readonly previous?: RequestClaims;
  readonly receipt?: ReceiptView;
  /** Why this person may not approve it, whatever they do (V15). They can deny it. */
  readonly barred?: ErrorCode;
  /** Absent once it was read for as long as policy asks. */
  readonly short?: ReadingShort;
  /** In the demonstration, and never before my decision or the request's end. */
  readonly lesson?: Lesson;
}

/** What main's own count of reading still misses for an approval (protocol.md 3.7 `dwell`, V24). */
export interface ReadingShort {
  /** Seconds, rounded up: to whole ones up to five, beyond that to whole fives. */
  readonly left_s: number;
  /** False while the window is hidden or in the background: then nothing is counted. */
  readonly counts: boolean;
  /** It was, at some time since the request was opened. */
  readonly was_away: boolean;
}

/** What a careful person does with a request that is there to be learned from, and why. */
export interface Lesson {
  readonly answer: "approve" | "deny" | "cannot-approve";
  readonly why: string;
}

/** What the receipt screen draws; present once a decision of mine exists. */
export interface ReceiptView {
  readonly decision: DecisionKind;
  readonly signed_at: number;
  readonly signer: SignerLine;
  /** Absent until a verified receipt arrived. */
  readonly receipt?: ReceiptClaims;
  readonly executed_at?: number;
  readonly resource?: string;
  readonly reference: string;
  readonly logged: "pending" | "included" | "not_logged" | "fork";
  readonly can_revoke: boolean;
}

export interface SignerLine {
  readonly sub: string;
  readonly name: string;
  readonly reg_no: string;
  readonly role: string;
}

export interface Person extends SignerLine {
  readonly kid: string;
  readonly key_storage: "hardware" | "os" | "software";
  /** Names of the gateways that this person's PIN opens here. */
  readonly gateways: readonly string[];
}

/** Connection of one gateway. `live` is the only state in which Approve may be offered (design README, decision 9). */
export type ConnectionStatus =
  | { readonly kind: "connecting"; readonly attempt: number }
  | { readonly kind: "live"; readonly since: number }
  | { readonly kind: "catching_up" }
  | { readonly kind: "stale"; readonly since: number }
  | { readonly kind: "offline"; readonly since: number; readonly retry_at: number }
  | { readonly kind: "refused"; readonly code: ErrorCode }
  /** This person is enrolled there, and their key or files do not open here: nothing of it can be shown. */
  | { readonly kind: "unopened"; readonly code: ErrorCode };

export interface GatewayStatus {
  readonly iss: string;
  readonly name: string;
  readonly env: "production" | "demo";
  readonly connection: ConnectionStatus;
  /** Seconds: gateway clock minus this computer's, when measured. */
  readonly clock_offset_s?: number;
  readonly last_message_at?: number;
  /** Envelopes refused by C1–C8 since start, by code; for IT. */
  readonly refused: Readonly<Record<string, number>>;
  readonly log_alarm?: string;
  /** Logs under other keys that this computer saw of this gateway before, where it began anew. */
  readonly earlier_logs?: number;
  /** Why the directory's status lists stop decisions here, if they do: my key, the gateway, or nobody knows. */
  readonly standing_stop?: ErrorCode;
  /** A supervisor or an operator stopped every agent there. */
  readonly everything_stopped?: EverythingStopped;
  /** The person at work may stop and resume there (protocol.md 3.20); the gateway decides again. */
  readonly may_stop?: true;
}

/** Since when, gateway seconds, and by whose verified statement. */
export interface EverythingStopped {
  readonly at: number;
  /** Name of the supervisor; only where their role holds, and their signature or the gateway's on its receipt of it. */
  readonly by?: string;
  /** `receipt`: the statement was kept back, its words are for supervisors. `none`: nobody's statement, so the gateway's operators; `not_valid`: the statement that came does not hold. */
  readonly proof: "statement" | "receipt" | "none" | "not_valid";
}

/** First run, locked or at work. Nothing clinical exists in the snapshot unless `unlocked`. */
export type Phase =
  | {
      readonly kind: "setup";
      readonly enrolment: EnrolmentStatus;
      /** Who is enrolled already and adds a gateway, under the PIN that they have. */
      readonly joins?: Person;
      /** Somebody is enrolled here: the locked screen is the way back. */
      readonly canLeave?: true;
      readonly damaged_keys?: number;
      readonly unreadable_keys?: number;
    }
  | {
      readonly kind: "locked";
      readonly people: readonly Person[];
      readonly waiting: number;
      readonly notice?: LockNotice;
      /** When the card was taken out (seconds), where that is why the app is locked. */
      readonly card_out?: number;
      /** Keys on this computer whose file was damaged, and set aside when the app was started. */
      readonly damaged_keys?: number;
      /** Keys whose file was out of reach when the app was started; nothing was done to it. */
      readonly unreadable_keys?: number;
    }
  | {
      readonly kind: "unlocked";
      readonly person: Person;
      readonly idle?: IdleState;
      readonly replacing?: KeyReplacement;
      readonly left?: LeftReview;
      /** Nothing of what is shown is real, and the person's own key is locked. */
      readonly practice?: PracticeStatus;
    };

/** Step 4 of set-up (S1): three requests that are not real. What was right is told when all three are decided. */
export type PracticeStatus =
  | { readonly kind: "offered"; readonly may_skip: boolean }
  | { readonly kind: "running" }
  | { readonly kind: "over"; readonly passed: boolean; readonly results: readonly PracticeResult[] };

/** The requests of the practice by name, in the order in which they are due. */
export type Exercise = "repeat" | "dose-change" | "wrong-weight";

export interface PracticeResult {
  readonly exercise: Exercise;
  readonly right: Lesson["answer"];
  /** What stood in the end: an approval that was taken back is a denial. */
  readonly answer: "approve" | "deny";
}

/** Nobody uses the workstation: what is on the screen is hidden, and shortly before the lock that is said. */
export type IdleState = "hidden" | "locking";

/** How the replacement of the person's own key at one gateway goes. */
export type KeyReplacement = ReplacementStep & { readonly iss: string };

/** Until it is done the present key counts and works. */
export type ReplacementStep =
  | { readonly kind: "asking" }
  /** The gateway has it; the directory has not signed for the new key yet. */
  | { readonly kind: "waiting" }
  /** Signed. The new key takes over when nothing is open and nothing waits for its receipt. */
  | { readonly kind: "ready" }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly error: WireFault };

/**
 * The request that this person had open when the app was locked (it comes first after unlock, S2), or when the page that
 * showed it ended (reliability.md A9).
 */
export interface LeftReview extends LockNotice {
  readonly why: "lock" | "page";
  readonly key: RequestKey;
  /** The denial that was being written, for five minutes. */
  readonly draft?: DenialDraft;
}

export interface LockNotice {
  readonly at: number;
  readonly sent: boolean;
}

/** Enrolment as steps (S1). Check words are computed locally; the second person compares them. */
export type EnrolmentStatus =
  | { readonly kind: "ticket"; readonly error?: WireFault }
  | { readonly kind: "connecting" }
  | { readonly kind: "check_words"; readonly words: readonly string[]; readonly expires_at: number }
  | { readonly kind: "done"; readonly person: Person; readonly gateway_name: string }
  | { readonly kind: "failed"; readonly error: WireFault };

export interface WireFault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly tries_left?: number;
  /** Of a query: the place in it that is not understood (RFC 6901), and what would fit. */
  readonly pointer?: string;
  readonly fits?: { readonly from: number; readonly to: number };
}

export interface HistoryRow {
  readonly key: RequestKey;
  readonly rev: number;
  readonly at: number;
  readonly decision: DecisionKind;
  readonly outcome: RequestState | "unknown";
  readonly patient_name: string;
  readonly item: string;
  readonly action_type: string;
  readonly signer: string;
  readonly reference: string;
  /** Names the decision: of one request there may be an approval and its revocation. */
  readonly digest: string;
  /** Verified on this computer when listed (approval-experience.md S9). */
  readonly signature: "valid" | "not_valid" | "cannot_check";
  readonly why?: string;
}

/** What a person can set, each unless their organisation has set it for this computer (approval-experience.md S12). */
export interface OwnSettings {
  readonly language: "system" | "en-GB";
  readonly theme: "system" | "light" | "dark" | "high-contrast";
  readonly text_size: 100 | 125 | 150 | 175 | 200;
  readonly density: "comfortable" | "compact";
  readonly single_keys: boolean;
  readonly facility_zone: string;
  /** Path of a PEM file with the site's certificate authorities, or empty. */
  readonly site_ca_file: string;
}

export interface Settings extends OwnSettings {
  /** Set by the organisation: shown, and not to be changed from here. */
  readonly managed: readonly (keyof OwnSettings)[];
}

/** One entry of the demonstration's menu. What the right answer is stays in main. */
export interface ScenarioEntry {
  readonly id: string;
  readonly title: string;
}

/** What this start of the app is; nothing that happens later changes it (approval-experience.md S13). */
export type Mode = "live" | "demo";

export interface AppSnapshot {
  /** Order of events: an event applies to the snapshot with `seq` one lower. */
  readonly seq: number;
  readonly version: string;
  readonly phase: Phase;
  readonly gateways: readonly GatewayStatus[];
  readonly rows: readonly QueueRow[];
  readonly settings: Settings;
  /** What the sample agents of the demonstration can be told to ask for; elsewhere nothing. */
  readonly scenarios: readonly ScenarioEntry[];
  /** Now in gateway time, integer seconds, when the snapshot was made. */
  readonly now: number;
}

/** Changes to the snapshot, in order. `notice` is app status for a toast: a catalogue key, never content. */
export type AppEvent = { readonly seq: number } & (
  | { readonly kind: "snapshot"; readonly snapshot: AppSnapshot }
  | { readonly kind: "phase"; readonly phase: Phase }
  | { readonly kind: "gateway"; readonly gateway: GatewayStatus }
  | { readonly kind: "rows"; readonly rows: readonly QueueRow[] }
  | { readonly kind: "row_gone"; readonly key: RequestKey }
  | { readonly kind: "review"; readonly review: ReviewData }
  /** Of the open review alone. */
  | { readonly kind: "reading"; readonly key: RequestKey; readonly short?: ReadingShort }
  | { readonly kind: "settings"; readonly settings: Settings }
  | {
      readonly kind: "notice";
      readonly notice: "connected" | "disconnected" | "copied" | "saved" | "key_added";
      /** Where it is about one gateway. */
      readonly iss?: string;
    }
  | { readonly kind: "open"; readonly key: RequestKey }
  | { readonly kind: "export"; readonly status: ExportStatus }
  /** Requests whose facts were read for the figures that are being taken. */
  | { readonly kind: "insights"; readonly iss: string; readonly read: number }
);

// ------------------------------------------------------------------------------------------------ what may be asked

const iss = z.string().min(1).max(512);
const key = z.strictObject({ iss, rid: z.string().length(36) });
const reason = z.strictObject({ code: z.enum(REASON_CODES), text: z.string().max(500).optional() });

/**
 * A person's choices. Main builds every claim from what it stored and refuses ids it does not know; typed values of a
 * re-entry are compared in main and never leave it.
 */
const decide = z.strictObject({
  key,
  rev: z.int().positive(),
  digest: z.string().length(51),
  choice: z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("approve"),
      granted: z.array(z.string().max(64)).max(64),
      ack: z.array(z.string().max(64)).max(256),
      overrides: z
        .array(
          z.strictObject({
            fact: z.string().max(64),
            code: z.enum(OVERRIDE_CODES),
            text: z.string().max(500).optional(),
          }),
        )
        .max(256),
      reason: reason.optional(),
      /** Ids of the drawn fields that were in the viewport (shared/presentation gives them). */
      seen: z.array(z.string().max(600)).max(4096),
      reentry: z.strictObject({
        initials: z.string().max(8).optional(),
        birth_year: z.string().max(4).optional(),
        value: z.string().max(64).optional(),
        origin_code: z.string().max(20).optional(),
      }),
      pin: z.string().max(64).optional(),
    }),
    z.strictObject({ kind: z.literal("deny"), reason, report_agent: z.boolean() }),
    z.strictObject({ kind: z.literal("revoke"), reason }),
  ]),
});

/** A denial as far as it is written. Nothing of it is signed, sent or stored before it is decided. */
const draft = z.strictObject({
  code: z.enum(REASON_CODES).optional(),
  note: z.string().max(500),
  report_agent: z.boolean(),
});
export type DenialDraft = z.infer<typeof draft>;

/** What crosses the command channel: the command's name and its input, parsed again by that command's schema. */
export const commandCall = z.strictObject({ command: z.string().max(64), input: z.unknown() });

/** Inputs of every command, schema first: the preload, the handlers, the renderer and the fakes share these types. */
export const commands = {
  get_snapshot: z.undefined(),
  enrol_begin: z.strictObject({
    ticket: z.string().max(4096),
    code: z.string().max(64),
    pin: z.string().max(64),
    key_store: z.enum(["os", "pkcs11", "software"]),
  }),
  enrol_cancel: z.undefined(),
  /** Begins the practice, or begins it anew. */
  practice_begin: z.undefined(),
  /** Goes on from a practice that was passed, or that may be skipped. */
  practice_finish: z.undefined(),
  unlock: z.strictObject({ kid: z.string().length(43), pin: z.string().max(64) }),
  lock: z.undefined(),
  /** Locks, and begins set-up for one more gateway of the person at work. */
  add_gateway: z.undefined(),
  /** Gives the keys of the person at work up for good, at every gateway; the app is locked afterwards. */
  revoke_keys: z.undefined(),
  /** Begins to replace the key of the person at work at one gateway; the steps come with the phase. */
  replace_key: z.strictObject({ iss, pin: z.string().max(64) }),
  open_review: z.strictObject({ key }),
  close_review: z.undefined(),
  reveal_claims: z.strictObject({ key }),
  decide,
  /** Keeps the denial that is being written of the open request: a lock would lose it. */
  keep_draft: z.strictObject({ key, draft }),
  /** Gives up the decision that is being signed; nothing happens once it is signed. */
  cancel_decision: z.undefined(),
  forward: z.strictObject({
    key,
    rev: z.int().positive(),
    to: z.string().max(512),
    note: z.string().max(280).optional(),
  }),
  extend: z.strictObject({ key, rev: z.int().positive(), seconds: z.int().min(60).max(86_400) }),
  ...exportCommands,
  ...insightsCommands,
  ...reportCommands,
  list_history: z.strictObject({ limit: z.int().min(1).max(200), before: z.int().optional() }),
  copy_reference: z.strictObject({ key }),
  /** The demonstration's agents ask for this. */
  run_scenario: z.strictObject({ id: z.string().max(64) }),
  get_diagnostics: z.undefined(),
  /** Saves what was shown last, in a place that the person picks. */
  save_diagnostics: z.undefined(),
  set_settings: z.strictObject({
    language: z.enum(["system", "en-GB"]).optional(),
    theme: z.enum(["system", "light", "dark", "high-contrast"]).optional(),
    text_size: z.union([z.literal(100), z.literal(125), z.literal(150), z.literal(175), z.literal(200)]).optional(),
    density: z.enum(["comfortable", "compact"]).optional(),
    single_keys: z.boolean().optional(),
    facility_zone: z.string().max(64).optional(),
    site_ca_file: z.string().max(1024).optional(),
  }),
} as const;

export type CommandName = keyof typeof commands;
export type CommandInput<C extends CommandName> = z.infer<(typeof commands)[C]>;

/** What a command gives back when it worked. */
export interface CommandOutputs extends ReportOutputs, ExportOutputs, InsightsOutputs {
  get_snapshot: AppSnapshot;
  enrol_begin: null;
  enrol_cancel: null;
  practice_begin: null;
  practice_finish: null;
  unlock: null;
  lock: null;
  add_gateway: null;
  revoke_keys: null;
  replace_key: null;
  open_review: ReviewData;
  close_review: null;
  reveal_claims: null;
  decide: ReceiptView;
  keep_draft: null;
  cancel_decision: null;
  forward: null;
  extend: null;
  list_history: readonly HistoryRow[];
  copy_reference: null;
  run_scenario: null;
  get_diagnostics: { readonly text: string };
  save_diagnostics: { readonly saved: boolean };
  set_settings: Settings;
}
export type CommandOutput<C extends CommandName> = CommandOutputs[C];

/** Every reply is one of these: a refusal is a reply, never silence (architecture.md, boundaries 1). */
export type Reply<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: WireFault };

/** `window.countersign`, exposed by the preload: one line per command, `onEvent` returns its unsubscribe. */
export type Bridge = {
  readonly [C in CommandName]: (input: CommandInput<C>) => Promise<Reply<CommandOutput<C>>>;
} & { readonly onEvent: (listener: (event: AppEvent) => void) => () => void };
