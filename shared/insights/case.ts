/**
 * What the measures of approval-experience.md section 11 are made of: one request as it was asked, decided and ended.
 * Nothing of it is clinical, and people and agents are opaque names. Times are integer seconds of the gateway's clock.
 */
export interface Case {
  /** The request's `rid`, where the asker may know it. */
  readonly id?: string;
  /** URI of the kind of action. */
  readonly type: string;
  readonly agent: string;
  /** The registry's, when it asked. */
  readonly model?: string;
  readonly tier: 1 | 2 | 3;
  /** The pools that were asked: who is on the roster. */
  readonly pool: string;
  readonly asked_at: number;
  /** By when it should have been decided. */
  readonly due_at: number;
  readonly outcome: CaseOutcome;
  /** What became of an approval. */
  readonly after?: "failed" | "revoked";
  readonly first_open?: number;
  /** When it was settled: by the last approval that was needed, or the denial. */
  readonly decided_at?: number;
  /** Decisions of people whom the asker may know; others are not here. */
  readonly decisions: readonly CaseDecision[];
  /** Codes of why it was denied, and of what was approved against. */
  readonly reasons: readonly string[];
  readonly overrides: readonly string[];
  /** A claim or the action disagreed with the record. Absent where that was not told. */
  readonly conflict?: boolean;
  /** Not approvable for its text or content. Absent where that was not told. */
  readonly quarantined?: boolean;
  /** It was sent again with other content. */
  readonly changed: boolean;
  /** Length of the agent's words. */
  readonly claim_characters: number;
  /** Absent for requests of before it was kept. */
  readonly reading?: Reading;
  /** Earlier times the same was denied. */
  readonly denied_before: number;
}

export type CaseOutcome = "approved" | "denied" | "expired" | "withdrawn" | "open";

/** What there was to read: words of the action and of the record's alerts, changed fields, conflicts. */
export interface Reading {
  readonly words: number;
  readonly changed_fields: number;
  readonly conflicts: number;
}

export interface CaseDecision {
  readonly person: string;
  readonly kind: "approve" | "deny";
  readonly at: number;
  /** Milliseconds of attention, as signed (protocol.md 3.7 `dwell`). Absent where it was not measured. */
  readonly active_ms?: number;
  /** Raw view, agent's words or a preview was opened. Absent where that was not measured. */
  readonly looked_further?: boolean;
}

/** An approval with the request it was about. */
export interface Approval {
  readonly of: Case;
  readonly decision: CaseDecision;
}

export const approvalsOf = (cases: readonly Case[]): readonly Approval[] =>
  cases.flatMap((of) => of.decisions.flatMap((decision) => (decision.kind === "approve" ? [{ of, decision }] : [])));
