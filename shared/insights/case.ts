/**
 * What the measures of approval-experience.md section 11 are made of: one request as it was asked, decided and ended.
 * Nothing of it is clinical, and people and agents are opaque names. Times are integer seconds of the gateway's clock.
 */
export interface Case {
  /** The request's `rid`. */
  readonly id: string;
  /** Registry name of the action. */
  readonly type: string;
  /** The registry's name of the agent, never its own. */
  readonly agent: string;
  readonly model?: string;
  readonly tier: 1 | 2 | 3;
  /** The pool that was asked: who is on the roster. */
  readonly pool: string;
  readonly asked_at: number;
  /** By when it should have been decided: the site's target, else the request's `exp`. */
  readonly due_at: number;
  readonly outcome: CaseOutcome;
  /** What became of an approval. */
  readonly after?: "failed" | "revoked";
  readonly decisions: readonly CaseDecision[];
  /** A claim or the action disagreed with the record. */
  readonly conflict: boolean;
  /** Hidden or misleading text, or something that could not be read: not approvable. */
  readonly quarantined: boolean;
  /** It was sent again with other content. */
  readonly changed: boolean;
  /** Length of the agent's words, UTF-16 units. */
  readonly claim_characters: number;
  readonly reading: Reading;
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
  readonly kind: "approve" | "deny" | "revoke";
  readonly at: number;
  readonly opened_at?: number;
  /** Milliseconds of attention, as signed (protocol.md 3.7 `dwell`). Absent where it was not measured. */
  readonly active_ms?: number;
  readonly reason?: string;
  readonly overrides: readonly string[];
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
