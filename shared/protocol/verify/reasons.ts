import { OVERRIDE_CODES, REASON_CODES, type DecisionClaims } from "../claims/decision.ts";
import type { PolicyClaim, RequestClaims } from "../claims/request.ts";
import { CountersignError } from "../error.ts";

/** Fewest characters of the words that go with `other` (protocol.md 3.7). */
const OTHER_MIN = 8;

const hasWords = (text: string | undefined, least: number): boolean => (text ?? "").trim().length >= least;

/**
 * V18: a reason where one is needed (deny and revoke always, approve when policy says), from the list, with words for
 * `other`.
 * @throws CountersignError `E_CLM_REASON`
 */
export function checkReason({ decision, reason }: DecisionClaims, policy: PolicyClaim): void {
  if (!reason) {
    const needed = decision !== "approve" || policy.reason_on.includes("approve");
    if (needed) throw new CountersignError("E_CLM_REASON");
    return;
  }
  const known = REASON_CODES.some((code) => code === reason.code);
  if (!known || (reason.code === "other" && !hasWords(reason.text, OTHER_MIN))) {
    throw new CountersignError("E_CLM_REASON");
  }
}

/**
 * V21: what the policy made the person confirm one by one: facts to acknowledge, facts to override with a reason, and
 * values typed again.
 * @throws CountersignError `E_ACK_MISSING`
 */
export function checkConfirmations(claims: DecisionClaims, { facts = [], policy }: RequestClaims): void {
  const acknowledged = new Set(claims.ack);
  const overridden = new Set((claims.overrides ?? []).filter(isOverride).map((o) => o.fact));
  const reentered = new Set<string>(claims.reentry);
  const complete =
    facts.every((f) => (!f.ack || acknowledged.has(f.id)) && (f.override !== true || overridden.has(f.id))) &&
    (policy.reentry ?? []).every((what) => reentered.has(what));
  if (!complete) throw new CountersignError("E_ACK_MISSING");
}

const isOverride = ({ code, text }: { code: string; text?: string | undefined }): boolean =>
  OVERRIDE_CODES.some((known) => known === code) && (code !== "other" || hasWords(text, 1));
