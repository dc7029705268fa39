import { z } from "zod";

import type { RequestState } from "#shared/protocol/claims/receipt.ts";
import type { Erasure } from "#shared/protocol/evidence/erasure.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";
import type { Template } from "#shared/protocol/template.ts";
import { historyFilter, purpose } from "#shared/reports/filter.ts";

import type { DecisionKind, RequestKey } from "./contract.ts";

/**
 * History of a gateway between main and renderer (approval-experience.md S9, S10). Main asks, keeps what came, and verifies
 * it in a process of its own; the renderer gets rows to draw and, later, what the check found. A row without a verdict is
 * being checked and nothing else: no default says valid. Times are integer seconds of the gateway's clock.
 */

export type RowSignature = "valid" | "valid_retired" | "not_valid" | "cannot_check";

/** One row as the gateway sent it, before it is checked. What cannot be read of it is empty. */
export interface RecordRow {
  /** Main's name for it until the list is left. */
  readonly id: string;
  readonly key: RequestKey;
  readonly rev: number;
  readonly received_at: number;
  readonly decided_at?: number;
  /** What was decided last. */
  readonly decision: DecisionKind | "none";
  readonly state: RequestState;
  /** Absent where it was withheld, or the request is about nobody. */
  readonly patient_name?: string;
  readonly action_type: string;
  readonly item: string;
  readonly tier?: 1 | 2 | 3;
  readonly agent?: { readonly sub: string; readonly name: string };
  readonly signers: readonly { readonly sub: string; readonly name: string }[];
  /** Milliseconds of reading before the last decision; only where the gateway lets this person see it. */
  readonly active_ms?: number;
  readonly reference: string;
  readonly review?: "open" | "closed";
  /** The request was kept back: this person's role verifies without clinical content. */
  readonly is_withheld: boolean;
  /**
   * SECURITY: it was erased, as the gateway says, which is not believed before the row's verdict is `E_STORE_ERASED`: until
   * then, and with any other verdict, nothing on the screen says that it was.
   */
  readonly is_erased?: true;
  readonly erased_at?: number;
}

/** What the gateway let this person see. */
export interface RecordView {
  readonly scope: "own" | "units" | "all";
  readonly units: readonly string[];
  readonly clinical: boolean;
  readonly attention: boolean;
}

export interface RecordPage {
  readonly rows: readonly RecordRow[];
  readonly view: RecordView;
  readonly next?: string;
  /** Of the whole list, with its first page; above 10,000 it says "more than". */
  readonly total?: number;
  /** What would fit of a list that is too long to count. */
  readonly fits?: { readonly from: number; readonly to: number };
}

export interface RowVerdict {
  readonly id: string;
  readonly signature: RowSignature;
  /** Name of the step that failed, or that could not be run. */
  readonly step?: string;
  readonly code?: ErrorCode;
  /** In words for a person. */
  readonly why?: string;
}

/** What is wrong with a list although each row of it may hold. */
export interface ListTrouble {
  readonly kind: "order" | "range" | "doubled" | "missing" | "chain";
  readonly rows: readonly string[];
  /** Reference of the request that is not in it. */
  readonly reference?: string;
}

export interface PageVerdict {
  readonly verdicts: readonly RowVerdict[];
  readonly troubles: readonly ListTrouble[];
  /** When this computer checked, by its own clock. */
  readonly checked_at: number;
  /** Beginning of the name of the gateway's present signing key. */
  readonly key: string;
  /** The gateway's log is not the one this computer saw before. */
  readonly alarm?: ErrorCode;
}

/** One step of the check of one record, as `countersign verify` names it. */
export interface CheckedStep {
  readonly step: string;
  readonly result: "passed" | "failed" | "not_run" | "not_counted";
  readonly code?: ErrorCode;
  readonly why?: string;
}

export interface RecordDecision {
  readonly kind: DecisionKind;
  readonly at: number;
  readonly signer: { readonly sub: string; readonly name: string; readonly reg_no: string; readonly role: string };
  readonly reason?: { readonly code: string; readonly text?: string };
  readonly overrides: readonly { readonly fact: string; readonly code: string; readonly text?: string }[];
  readonly granted?: readonly string[];
  readonly acr: string;
  readonly key_storage: string;
  readonly kid: string;
  readonly digest: string;
  /** Place in its key's chain at this gateway. */
  readonly chain: number;
  readonly reentry: readonly string[];
  /** Ids of the facts that were ticked as read. */
  readonly ack: readonly string[];
  readonly attention?: {
    readonly ms: number;
    readonly fields: number;
    readonly opened_at?: number;
    readonly complete?: boolean;
  };
  /** Absent where the gateway never answered: then it never counted, for `undelivered`. */
  readonly receipt?: {
    readonly at: number;
    readonly result: "recorded" | "rejected";
    readonly code?: string;
    readonly outcome?: RequestState | "unknown";
    readonly have?: number;
    readonly need?: number;
  };
  readonly undelivered?: ErrorCode;
}

export interface RecordEvent {
  readonly name: string;
  readonly at: number;
  readonly by?: string;
  readonly reason?: string;
  readonly outcome?: string;
  readonly resource?: string;
  readonly code?: string;
}

/** What people said about it afterwards, each verified by itself. */
export interface RecordStatement {
  readonly kind: string;
  readonly at: number;
  readonly by: string;
  readonly reason?: { readonly code: string; readonly text?: string };
  readonly signature: "valid" | "not_valid";
  readonly code?: ErrorCode;
}

/** What this person may say of it: the gateway decides again. */
export type RecordAction =
  | "flag-decision"
  | "close-review"
  | "report-agent"
  | "pause-agent"
  | "resume-agent"
  | "pause-type"
  | "resume-type"
  | "stop-everything"
  | "resume-everything";

/**
 * One record with everything that is known of it, checked. `shown` and each decision are there only where their own
 * signatures hold: nothing is drawn that nobody signed.
 */
export interface RecordDetail {
  readonly row: RecordRow;
  readonly verdict: RowVerdict;
  readonly steps: readonly CheckedStep[];
  readonly checked_at: number;
  readonly key: string;
  readonly alarm?: ErrorCode;
  readonly shown?: { readonly claims: RequestClaims; readonly template: Template; readonly lang?: string };
  readonly signed: {
    readonly digest: string;
    readonly check_words: readonly string[];
    /** The exact text that was signed, where it was not withheld. */
    readonly canonical?: string;
  };
  readonly decisions: readonly RecordDecision[];
  readonly events: readonly RecordEvent[];
  readonly log: readonly { readonly what: string; readonly index: number; readonly size: number }[];
  readonly statements: readonly RecordStatement[];
  /** Where its log proves that it was erased. */
  readonly erasure?: Erasure;
  readonly actions: readonly RecordAction[];
  /** Revisions of the same request that the gateway holds. */
  readonly revs: readonly number[];
  /** From what this computer keeps, without the gateway: what only it, or the directory, could say (P3). */
  readonly unasked?: readonly Unasked[];
}

/** What cannot be checked without the gateway. */
export type Unasked =
  /** Whether its log still holds what was proven, or, where nothing was proven, whether it ever did. */
  | "log-still"
  | "log-ever"
  /** What others decided on a request that takes several approvals. */
  | "others"
  /** Whether it took a decision that was never answered. */
  | "answer"
  /** What happened after the last that was heard. */
  | "since"
  /** Whether a key was stopped since. */
  | "keys";

/** What the gateway says of an agent, for whoever may stop it. */
export interface AgentState {
  readonly sub: string;
  readonly name: string;
  readonly owner?: string;
  readonly model?: string;
  readonly paused_at?: number;
  readonly disabled_at?: number;
  readonly open_reviews: number;
  readonly reports: number;
}

/** The receipt of what was said. */
export interface StatementReceipt {
  readonly kind: string;
  readonly at: number;
  readonly digest: string;
}

/** A filter that a person keeps by name: without times, and without anything that may name a patient. */
const savedFilter = z.strictObject({
  name: z.string().min(1).max(60),
  filter: historyFilter.omit({ patient: true, text: true, from: true, to: true }),
});
export type SavedFilter = z.infer<typeof savedFilter>;
export const savedFilters = z.array(savedFilter).max(20);

const iss = z.string().min(1).max(512);
const recordId = z.string().min(1).max(64);
const sayReason = z.strictObject({ code: z.string().max(64), text: z.string().max(500).optional() });

export const reportCommands = {
  /** Asks the gateway for a page; with `next` of the page before, for the one after it. */
  query_records: z.strictObject({
    iss,
    filter: historyFilter,
    order: z.enum(["newest", "oldest"]),
    page: z.string().max(256).optional(),
    /** Asked of a person once; main keeps it until the app is locked. */
    purpose: purpose.optional(),
  }),
  /** Checks the rows of the page that was asked for last. */
  verify_records: z.strictObject({ iss, ids: z.array(recordId).max(100) }),
  /** Asks for everything about one record, and checks it. */
  open_record: z.strictObject({ iss, id: recordId }),
  /** Opens a decision of one's own from what this computer keeps, and checks it here; works without the gateway. */
  open_kept: z.strictObject({ iss, digest: z.string().length(51) }),
  ask_agent: z.strictObject({ iss, agent: z.string().max(512) }),
  get_filters: z.undefined(),
  set_filters: z.strictObject({ filters: savedFilters }),
  /** Signs a statement and waits for its receipt (protocol.md 3.20). */
  say: z.strictObject({
    iss,
    saying: z.discriminatedUnion("kind", [
      z.strictObject({
        kind: z.enum(["flag-decision", "close-review"]),
        rid: z.string().length(36),
        rev: z.int().positive(),
        reason: sayReason,
      }),
      z.strictObject({
        kind: z.enum(["report-agent", "pause-agent", "resume-agent"]),
        agent: z.string().max(512),
        reason: sayReason,
      }),
      z.strictObject({ kind: z.enum(["pause-type", "resume-type"]), type: z.string().max(128), reason: sayReason }),
    ]),
  }),
} as const;

export interface ReportOutputs {
  query_records: RecordPage;
  verify_records: PageVerdict;
  open_record: RecordDetail;
  open_kept: RecordDetail;
  ask_agent: AgentState;
  get_filters: readonly SavedFilter[];
  set_filters: null;
  say: StatementReceipt;
}
