import type { QueueRow, RequestStatus, ReviewData } from "#shared/ipc/contract.ts";
import { headline } from "#shared/presentation/present.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import { fakeDigest } from "./digest.ts";
import { OKAFOR } from "./people.ts";
import { templateNamed } from "./templates.ts";

const TIERS = { low: 1, moderate: 1, high: 2, critical: 3 } as const;
const PENDING: RequestStatus = { kind: "pending" };

/** The row main would make of these claims. */
export function makeRow(claims: RequestClaims, change: Partial<QueueRow> = {}): QueueRow {
  return {
    key: { iss: claims.iss, rid: claims.rid },
    rev: claims.rev,
    digest: fakeDigest(JSON.stringify(claims)),
    status: PENDING,
    unread: false,
    viewing: [],
    received_at: claims.iat,
    exp: claims.exp,
    tier: TIERS[claims.action.risk],
    patient: claims.patient,
    action_type: claims.action.type,
    item: headline(claims).item,
    agent_name: claims.agent.name,
    conflict: (claims.facts ?? []).some((fact) => fact.code === "conflict"),
    asked: (claims.history?.asked ?? 0) + 1,
    denied: claims.history?.denied ?? 0,
    ...change,
  };
}

export function makeReview(
  claims: RequestClaims,
  change: Partial<ReviewData> = {},
  row: Partial<QueueRow> = {},
): ReviewData {
  return {
    row: makeRow(claims, row),
    claims,
    template: templateNamed(claims.display.tpl),
    check_words: ["maple", "orbit", "tiger", "lamp"],
    gateway_name: "Northgate Hospital",
    signer: OKAFOR,
    ...change,
  };
}
