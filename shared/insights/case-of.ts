import { present } from "#shared/presentation/present.ts";
import type { Presentation } from "#shared/presentation/presentation.ts";
import { flatText } from "#shared/presentation/text/tokens.ts";
import type { DecisionClaims } from "#shared/protocol/claims/decision.ts";
import type { RequestState } from "#shared/protocol/claims/receipt.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import type { Template } from "#shared/protocol/template.ts";

import type { Case, CaseDecision, CaseOutcome, Reading } from "./case.ts";

/** What was recorded about one request, its last revision. */
export interface Recorded {
  readonly claims: RequestClaims;
  readonly template: Template;
  readonly state: RequestState;
  /** Recorded decisions, in their order. */
  readonly decisions: readonly DecisionClaims[];
  /** An earlier revision had other content: forwarding and more time are no change. */
  readonly changed: boolean;
  /** By when it should be decided; the request's own `exp` where the site has no target. */
  readonly dueAt?: number;
}

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

/** One request as the measures see it. Undefined for a revision that another replaced. */
export function caseOf({ claims, template, state, decisions, changed, dueAt }: Recorded): Case | undefined {
  const outcome = OUTCOMES[state];
  if (outcome === undefined) return undefined;
  const drawn = present(claims, template, { facilityZone: "UTC", now: claims.iat });
  const { agent, action, policy, rationale, history } = claims;
  const reading = readingOf(drawn);
  return {
    id: claims.rid,
    type: action.type,
    agent: agent.name,
    ...(agent.model === undefined ? {} : { model: agent.model }),
    tier: drawn.tier,
    pool: policy.pools.join(", "),
    asked_at: claims.iat,
    due_at: dueAt ?? claims.exp,
    outcome,
    ...(state === "failed" || state === "revoked" ? { after: state } : {}),
    decisions: decisions.flatMap(decisionOf),
    conflict: reading.conflicts > 0,
    quarantined: drawn.obstacles.length > 0,
    changed,
    claim_characters: rationale?.text.length ?? 0,
    reading,
    denied_before: history?.denied ?? 0,
  };
}

function decisionOf({ decision, sub, iat, dwell, reason, overrides }: DecisionClaims): CaseDecision[] {
  if (decision !== "approve" && decision !== "deny" && decision !== "revoke") return [];
  return [
    {
      person: sub,
      kind: decision,
      at: iat,
      ...(dwell?.opened_at === undefined ? {} : { opened_at: dwell.opened_at }),
      ...(dwell === undefined ? {} : { active_ms: dwell.ms }),
      ...(reason === undefined ? {} : { reason: reason.code }),
      overrides: (overrides ?? []).map(({ code }) => code),
    },
  ];
}

const WORDS = /[^\s]+/g;

/** Words of the action and of the record's alerts, changed fields and conflicts, of what was drawn. */
export function readingOf({ sections }: Presentation): Reading {
  const rows = sections.flatMap((section) =>
    [...section.rows, ...(section.other?.rows ?? [])].map((row) => ({ section, row })),
  );
  const read = rows.filter(
    ({ section: { id }, row }) => id === "action" || (id === "record" && row.alert !== undefined),
  );
  const words = read.map(({ row }) => `${row.label} ${flatText(row.tokens)}`.match(WORDS)?.length ?? 0);
  return {
    words: words.reduce((sum, count) => sum + count, 0),
    changed_fields: rows.filter(({ row }) => row.change !== undefined).length,
    conflicts: rows.filter(({ section }) => section.id === "conflicts").length,
  };
}
