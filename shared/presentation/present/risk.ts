import type { Risk } from "#shared/protocol/claims/request.ts";
import { ACTION_TYPES } from "#shared/protocol/names.ts";
import { RISK_REASONS } from "#shared/protocol/registry.ts";

import { formatTimeToday } from "../clinical/date.ts";
import type { BodyKind, Section, Tier } from "../presentation.ts";
import { OBSTACLE_WORDS, RISK_WORDS, SECTION_WORDS } from "../words.ts";
import type { Draft } from "./draft.ts";
import { actionName, isCalledEnded, isLifted } from "./headline.ts";

const TIER_OF_RISK: Readonly<Record<Risk, Tier>> = { low: 1, moderate: 1, high: 2, critical: 3 };
const known: Readonly<Record<string, string>> = RISK_REASONS;
const names: readonly string[] = ACTION_TYPES;

/**
 * The tier: the gateway's risk, and whatever the app's own reading of the bytes adds. It can only go up (README decision
 * 15; protocol.md 3.5).
 */
export function tierOfDraft(draft: Draft, body: BodyKind): Tier {
  if (body === "generic") draft.raise(2, OBSTACLE_WORDS.noView);
  if (!names.includes(actionName(draft.claims.action.type))) {
    draft.raise(3, OBSTACLE_WORDS.unknownAction);
    draft.obstacle("/action/type", draft.claims.action.type, OBSTACLE_WORDS.unknownAction);
  }
  // SECURITY: the app's words never name another act than the bytes do, README decision 8 (T-20).
  if (isCalledEnded(draft)) draft.obstacle("/action/type", "", OBSTACLE_WORDS.notEnded);
  if (draft.diff?.revived) draft.raise(2, OBSTACLE_WORDS.revives);
  if (isLifted(draft)) draft.raise(2, OBSTACLE_WORDS.lifts);
  const base = TIER_OF_RISK[draft.claims.action.risk];
  const fixed = draft.reasons.reduce<Tier>((tier, r) => (r.tier !== "next" && r.tier > tier ? r.tier : tier), base);
  if (!draft.reasons.some((r) => r.tier === "next")) return fixed;
  return fixed === 1 ? 2 : 3;
}

const CONFLICT = "record-conflict";

function reasonsText(because: readonly string[], tier: Tier): string {
  if (because.length > 0) return RISK_WORDS.because(because);
  return tier === 1 ? RISK_WORDS.noReasons : RISK_WORDS.reasonNotGiven;
}

/** "Tier 3 because: high-alert medicine; weight conflict": the policy's reasons, then the app's own (section 4). */
export function riskSection(draft: Draft, tier: Tier): Section {
  const { action, exp, policy } = draft.claims;
  const codes = action.risk_reasons ?? [];
  const said = codes.filter((code) => Object.hasOwn(known, code)).map((code) => known[code] ?? code);
  // The gateway's word for a contradiction says what the app's own would say again.
  const own = draft.reasons
    .map(({ text }) => text)
    .filter((text) => !codes.includes(CONFLICT) || text !== OBSTACLE_WORDS.conflict);
  const because = [...new Set([...said, ...own])];
  const { facilityZone, now } = draft.options;
  const rows = [
    draft.row({
      id: "risk/tier",
      prov: "K",
      label: RISK_WORDS.tier(tier),
      text: reasonsText(because, tier),
      pointer: "/action/risk",
      ...(tier === 1 ? {} : { alert: { level: "warning", text: RISK_WORDS.tier(tier) } }),
    }),
    ...codes
      .filter((code) => !Object.hasOwn(known, code))
      .map((code) =>
        draft.row({
          id: `risk/reason/${code}`,
          prov: "R",
          label: RISK_WORDS.otherReason,
          text: code,
          pointer: "/action/risk_reasons",
        }),
      ),
    draft.row({
      id: "risk/reversible",
      prov: "K",
      label: RISK_WORDS.undo,
      text: RISK_WORDS.reversible[action.reversible],
      pointer: "/action/reversible",
    }),
    draft.row({
      id: "risk/exp",
      prov: "K",
      label: RISK_WORDS.decideBy,
      text: formatTimeToday(exp, now, facilityZone).text,
      pointer: "/exp",
    }),
    draft.row({
      id: "risk/approvers",
      prov: "K",
      label: RISK_WORDS.approvers,
      text: RISK_WORDS.need(policy.quorum.need, policy.hold_s ?? 0),
      pointer: "/policy",
      must_see: policy.quorum.need > 1,
    }),
  ];
  return { id: "risk", title: SECTION_WORDS.risk, prov: "K", rows };
}
