import { RISK_REASONS, type RiskReason } from "#shared/protocol/registry.ts";

import type { PolicyVerdict } from "../../ports.ts";
import type { Obligation } from "../cedar/annotations.ts";
import type { PolicyPart } from "../cedar/parts.ts";
import type { Explained } from "../cedar/policy.ts";

/** Why policy answers as it does, a sentence a line. */
export function sentencesOf({ verdict, policies, question }: Explained): readonly string[] {
  const lines = [verdictSentence(verdict)];
  if (question === undefined) return [...lines, "The policies were not asked: this is decided before them."];
  if (policies.length === 0) return [...lines, "No policy is about it."];
  return [...lines, ...policies.map(policySentence)];
}

function verdictSentence(verdict: PolicyVerdict): string {
  switch (verdict.kind) {
    case "allow":
      return "Allowed without a person.";
    case "refuse":
      return `Refused (${verdict.code}): ${verdict.reason}`;
    case "ask": {
      const { policy, risk, risk_reasons, ttl_s, grant_ttl_s } = verdict;
      const { need, blind, ordered } = policy.quorum;
      const who = `${String(need)} ${need === 1 ? "person" : "people"} of ${policy.pools.join(" or ")}`;
      const roles = policy.roles === undefined ? "" : `, with the role ${policy.roles.join(" or ")}`;
      const how = [
        ...(blind === true ? ["without sight of each other"] : []),
        ...(ordered === true ? ["in order"] : []),
      ];
      const why = risk_reasons.length === 0 ? "" : ` Reasons: ${risk_reasons.map(reasonText).join("; ")}.`;
      return `Needs approval: ${risk} risk, ${[`${who}${roles}`, ...how].join(", ")}; held ${String(policy.hold_s ?? 0)} s, open ${String(ttl_s)} s, token at most ${String(grant_ttl_s)} s.${why}`;
    }
    default:
      return verdict satisfies never;
  }
}

const isReason = (text: string): text is RiskReason => Object.hasOwn(RISK_REASONS, text);
const reasonText = (reason: string): string => (isReason(reason) ? `${reason} (${RISK_REASONS[reason]})` : reason);

function policySentence({ id, says, file, line, obligation }: PolicyPart): string {
  return `${file}:${String(line)} "${id}" ${effectOf(obligation)}: ${says}`;
}

function effectOf(obligation: Obligation): string {
  switch (obligation.verdict) {
    case "refuse":
      return "refuses";
    case "allow":
      return "allows";
    case "ask":
      return `asks, at ${obligation.tier} risk at least`;
    case "otherwise":
      return `stands in where no other policy asks or allows, at ${obligation.tier} risk at least`;
    case "raise":
      return `raises it to ${obligation.tier} risk`;
    default:
      return obligation satisfies never;
  }
}
