import type { RequestState } from "#shared/protocol/claims/receipt.ts";
import type { Risk } from "#shared/protocol/claims/request.ts";
import type { Problem, SortKey } from "#shared/reports/names.ts";
import type { DecisionIndex, RequestIndex } from "./rows.ts";

/*
 * What reports ask of the store (protocol.md 3.20.2). The index is written by the methods that write requests, decisions,
 * answers and statements, in their transaction; there is nothing else to call. Patients are in it as digests under a key of
 * the store and never in words.
 */

/** Who asks: what they may see is a part of every query, never a step after it. */
export interface Asker {
  readonly sub: string;
  /** Bare names of pools whose requests are theirs to see; beside those they signed a decision in. */
  readonly units: readonly string[];
  /** Every request. */
  readonly all: boolean;
}

/** Every member narrows, the values of a list are alternatives. Times are of the request's `iat`. */
export interface ReportFilter {
  readonly from?: number;
  readonly to?: number;
  /** Free text over what is not clinical. */
  readonly text?: string;
  /** Reference or identifier of a patient. */
  readonly patient?: string;
  /** URNs of action types. */
  readonly types?: readonly string[];
  readonly decisions?: readonly ("approve" | "deny" | "revoke" | "none")[];
  readonly risks?: readonly Risk[];
  readonly agents?: readonly string[];
  readonly signers?: readonly string[];
  readonly units?: readonly string[];
  readonly states?: readonly RequestState[];
  readonly problems?: readonly Problem[];
  /** Of reading times and unseen fields the asker's own alone are looked at. */
  readonly ownAttention?: boolean;
  readonly review?: "open" | "closed";
}

/** Place of a row in an order: the time it is ordered by, and its number. */
export interface ReportPlace {
  readonly key: number;
  readonly n: number;
}

export interface ReportRow extends Omit<RequestIndex, "identifiers" | "blind"> {
  readonly place: ReportPlace;
  readonly rid: string;
  readonly rev: number;
  readonly iat: number;
  readonly due_at: number;
  readonly agent: string;
  /** URN. */
  readonly type: string;
  readonly risk: Risk;
  readonly state: RequestState;
  readonly changed_at: number;
  /** The asker signed a recorded decision here. */
  readonly mine: boolean;
  /** It is for one of the asker's units. */
  readonly inUnit: boolean;
  /** Its quorum is blind and still open. */
  readonly blindOpen: boolean;
  readonly review?: "open" | "closed";
}

/** A recorded decision as reports count it. */
export interface ReportDecision extends Omit<DecisionIndex, "signer_name" | "seen"> {
  readonly signer: string;
  readonly decision: string;
  readonly at: number;
  readonly unseen_fields?: number;
  readonly below_expected?: boolean;
}

export interface ReportReads {
  /**
   * Rows in their order after `after`: revisions that are current or were decided on, with nothing of an open blind quorum
   * to whom has not decided on it. Looks at a bounded number of rows: `rest` is where to go on, absent at the end.
   */
  reportRows(query: {
    readonly asker: Asker;
    readonly filter: ReportFilter;
    readonly sort: { readonly by: SortKey; readonly newestFirst: boolean };
    readonly limit: number;
    readonly after?: ReportPlace;
  }): { readonly rows: readonly ReportRow[]; readonly rest?: ReportPlace };
  /**
   * How many rows the filter finds, at most `most + 1`; `from` is then the least `from` with which it finds no more than
   * `most`. Undefined where that takes looking at too many: `looks` times as many as for one answer.
   */
  countReportRows(query: {
    readonly asker: Asker;
    readonly filter: ReportFilter;
    readonly most: number;
    readonly looks: number;
  }): { readonly total: number; readonly from?: number } | undefined;
  /** The newest measured approvals of what the filter finds: how each was read, and by nobody. */
  reportReadings(query: {
    readonly asker: Asker;
    readonly filter: ReportFilter;
    readonly most: number;
  }): readonly (Pick<ReportRow, "agent" | "type" | "reading"> &
    Pick<ReportDecision, "active_ms" | "unseen_fields" | "below_expected">)[];
  /** Agents that ever asked, by URI, with the newest name. */
  reportAgents(): readonly { readonly agent: string; readonly name: string }[];
  /** Every revision of one request that the asker may see, the latest first. */
  reportRowsOf(rid: string, asker: Asker): readonly ReportRow[];
  /** Recorded decisions of the row in their order. */
  reportDecisions(n: number): readonly ReportDecision[];
  /** An agent's newest requests by state, and open reviews among them, as the asker sees them. */
  agentCounts(
    agent: string,
    asker: Asker,
    newest: number,
  ): {
    readonly states: Readonly<Record<string, number>>;
    readonly openReviews: number;
    /** `iat` of all of its requests, whoever asks. */
    readonly first_at?: number;
    readonly last_at?: number;
  };
  /** Nobody but the signer of its decisions may learn anything of this request: its quorum is blind and open. */
  isBlindOpen(rid: string): boolean;
  /** Key of this store for whatever must be recognised later and forged by nobody; 32 bytes. */
  reportKey(): Uint8Array;
  exportRecord(id: string): ExportRecord | undefined;
  /** The newest first. `sub`: one person's alone. */
  exportRecords(query: {
    readonly from: number;
    readonly to: number;
    readonly sub?: string;
    readonly before?: ReportPlace;
    readonly limit: number;
  }): readonly ExportRecord[];
}

/** An export as it was announced, and how it ended. */
export interface ExportRecord {
  readonly n: number;
  readonly id: string;
  readonly sub: string;
  readonly at: number;
  /** JSON of format, purpose, identifiers and filter, as in the stored `access` record. */
  readonly said: string;
  /** Digest of the `access` record, and the index of its leaf. */
  readonly record: string;
  readonly index: number;
  /** Absent where counting took looking at too many. */
  readonly announced_rows?: number;
  readonly finished?: {
    readonly at: number;
    readonly rows: number;
    readonly digest?: string;
    readonly index: number;
  };
}

export interface ReportWrites {
  addExport(record: Omit<ExportRecord, "n" | "finished">): void;
  /** False when it was finished before. */
  finishExport(id: string, end: NonNullable<ExportRecord["finished"]>): boolean;
}
