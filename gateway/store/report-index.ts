import type { DecisionClaims } from "#shared/protocol/claims/decision.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { poolUri } from "#shared/protocol/names.ts";
import type { Reading } from "#shared/reports/reading.ts";

import type { DecisionIndex, RequestIndex } from "./rows.ts";

/** What reports find and count a request by. `reading` is counted where the request is made. */
export function requestIndex(claims: RequestClaims, reading: Reading | undefined): RequestIndex {
  const { iss, aud, policy, agent, patient, rev, deadline_only, history, rationale } = claims;
  const under = poolUri(iss, "");
  const addressed = aud.filter((one) => one.startsWith(under)).map((one) => one.slice(under.length));
  const identifiers = [patient?.mrn, ...(patient?.identifiers ?? []).map(({ value }) => value)];
  return {
    agent_name: agent.name,
    ...(agent.model === undefined ? {} : { model: agent.model }),
    units: [...new Set([...policy.pools, ...addressed])],
    identifiers: [...new Set(identifiers.filter((value): value is string => value !== undefined && value !== ""))],
    blind: policy.quorum.blind === true,
    ...(reading === undefined ? {} : { reading }),
    changed: rev > 1 && deadline_only !== true,
    denied_before: history?.denied ?? 0,
    claim_chars: rationale?.text.length ?? 0,
  };
}

/** What reports count a decision by. `name` is the signer's, of their credential. */
export function decisionIndex(claims: DecisionClaims, name?: string): DecisionIndex {
  const { reason, overrides = [], dwell } = claims;
  return {
    ...(name === undefined ? {} : { signer_name: name }),
    ...(reason === undefined ? {} : { reason: reason.code }),
    overrides: overrides.map(({ code }) => code),
    ...(dwell === undefined ? {} : { active_ms: dwell.ms, seen: dwell.n }),
    ...(dwell?.opened_at === undefined ? {} : { opened_at: dwell.opened_at }),
  };
}
