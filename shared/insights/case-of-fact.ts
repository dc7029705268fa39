import type { RequestState } from "#shared/protocol/claims/receipt.ts";
import type { Risk } from "#shared/protocol/claims/request.ts";
import type { InsightFact } from "#shared/reports/items.ts";

import type { Case, CaseDecision, CaseOutcome } from "./case.ts";

const OUTCOMES: Readonly<Record<RequestState, CaseOutcome | undefined>> = {
  open: "open",
  partial: "open",
  approved: "approved",
  executing: "approved",
  completed: "approved",
  failed: "approved",
  lapsed: "approved",
  revoked: "approved",
  denied: "denied",
  expired: "expired",
  withdrawn: "withdrawn",
  // Its successor is counted.
  superseded: undefined,
};

/** Screen tiers of the gateway's risks (protocol.md 3.5). */
const TIERS: Readonly<Record<Risk, 1 | 2 | 3>> = { low: 1, moderate: 1, high: 2, critical: 3 };

/**
 * One fact of the `insights` report as the measures see it. Undefined for a revision that another replaced. People are in
 * it only where the gateway told the asker who they are.
 */
export function caseOfFact(fact: InsightFact): Case | undefined {
  const outcome = OUTCOMES[fact.outcome];
  if (outcome === undefined) return undefined;
  return {
    ...(fact.rid === undefined ? {} : { id: fact.rid }),
    type: fact.type,
    agent: fact.agent,
    ...(fact.model === undefined ? {} : { model: fact.model }),
    tier: TIERS[fact.risk],
    pool: fact.units.join(", "),
    asked_at: fact.received_at,
    due_at: fact.due_at,
    outcome,
    ...(fact.outcome === "failed" || fact.outcome === "revoked" ? { after: fact.outcome } : {}),
    ...(fact.first_open === undefined ? {} : { first_open: fact.first_open }),
    ...(fact.decided_at === undefined ? {} : { decided_at: fact.decided_at }),
    decisions: decisionsOf(fact, outcome),
    reasons: fact.reason_codes,
    overrides: fact.override_codes,
    conflict: fact.conflicts > 0,
    changed: fact.rev > 1,
    claim_characters: fact.claim_chars,
    reading: { words: fact.words, changed_fields: fact.changed_fields, conflicts: fact.conflicts },
    denied_before: fact.denied_before,
  };
}

/** Who decided is told with their attention, or not at all; when is that of the decision that settled it. */
function decisionsOf({ attention, decided_at: at }: InsightFact, outcome: CaseOutcome): CaseDecision[] {
  if (at === undefined || (outcome !== "approved" && outcome !== "denied")) return [];
  const kind = outcome === "approved" ? "approve" : "deny";
  return (attention ?? []).map(({ signer: person, active_ms }) => ({ person, kind, at, active_ms }));
}
