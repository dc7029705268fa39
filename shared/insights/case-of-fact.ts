import type { RequestState } from "#shared/protocol/claims/receipt.ts";
import type { Risk } from "#shared/protocol/claims/request.ts";
import type { InsightDecision, InsightFact } from "#shared/reports/items.ts";

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
  const opened = fact.decisions.flatMap(({ opened_at }) => opened_at ?? []);
  const settled = fact.decisions.filter(({ kind }) => kind === (outcome === "approved" ? "approve" : "deny")).at(-1);
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
    ...(opened.length === 0 ? {} : { first_open: Math.min(...opened) }),
    ...(settled === undefined ? {} : { decided_at: settled.at }),
    decisions: fact.decisions.flatMap(decisionOf),
    reasons: fact.decisions.flatMap(({ kind, reason }) => (kind === "deny" && reason !== undefined ? [reason] : [])),
    overrides: fact.decisions.flatMap(({ kind, overrides }) => (kind === "approve" ? overrides : [])),
    ...(fact.conflicts === undefined ? {} : { conflict: fact.conflicts > 0 }),
    ...(fact.quarantined === undefined ? {} : { quarantined: fact.quarantined }),
    changed: fact.changed,
    claim_characters: fact.claim_chars,
    ...readingOf(fact),
    denied_before: fact.denied_before,
  };
}

function readingOf({ words, changed_fields, conflicts }: InsightFact): Pick<Case, "reading"> {
  if (words === undefined || changed_fields === undefined || conflicts === undefined) return {};
  return { reading: { words, changed_fields, conflicts } };
}

/** Only of people whom the asker may know. A revocation is not another decision about the request. */
function decisionOf({ kind, at, signer: person, active_ms }: InsightDecision): CaseDecision[] {
  if (person === undefined || kind === "revoke") return [];
  return [{ person, kind, at, ...(active_ms === undefined ? {} : { active_ms }) }];
}
