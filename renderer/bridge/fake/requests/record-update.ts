import type { Fact, RequestClaims } from "#shared/protocol/claims/request.ts";

import { FHIR, NOTE_TIDY, TIER_2, makeClaims } from "../claims.ts";
import { NOW, minutes } from "../time.ts";

interface Update {
  readonly n: number;
  readonly patient: NonNullable<RequestClaims["patient"]>;
  /** `Patient/evans-gareth`. */
  readonly target: string;
  readonly before: unknown;
  readonly patch: readonly unknown[];
  readonly risk: RequestClaims["action"]["risk"];
  readonly riskReasons?: readonly string[];
  readonly facts: readonly Fact[];
  readonly checks?: RequestClaims["checks"];
  readonly rationale: string;
  readonly goal: string;
  readonly more?: Partial<RequestClaims>;
}

/** A change to a resource of the record (S4b): the patch and the resource it was read against. */
export function recordUpdate(update: Update): RequestClaims {
  return makeClaims({
    n: update.n,
    agent: NOTE_TIDY,
    patient: update.patient,
    action: {
      type: "urn:countersign:action:record.update",
      risk: update.risk,
      reversible: "reversible",
      ...(update.riskReasons === undefined ? {} : { risk_reasons: [...update.riskReasons] }),
      reach: { patients: 1, leaves_org: false, standing: false },
    },
    op: {
      method: "PATCH",
      url: `${FHIR}/${update.target}`,
      body: JSON.stringify(update.patch),
      before: JSON.stringify(update.before),
      if_match: 'W/"118"',
    },
    template: "urn:countersign:tpl:record-update",
    ...(update.risk === "high" ? { policy: TIER_2 } : {}),
    task: { id: `task-${update.n}`, idx: 1, of: 1, goal: update.goal },
    more: {
      exp: NOW + minutes(208),
      facts: [...update.facts],
      ...(update.checks === undefined ? {} : { checks: update.checks }),
      rationale: { src: "agent", trust: "untrusted", trigger: "uncertainty", text: update.rationale },
      initiator: { kind: "event" },
      ...update.more,
    },
  });
}
