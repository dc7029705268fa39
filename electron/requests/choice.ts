import type { CommandInput } from "#shared/ipc/contract.ts";
import { matchesIdentity, matchesOriginCode, matchesValue } from "#shared/presentation/reentry.ts";
import type { RarElement } from "#shared/protocol/claims/primitives.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { ACR } from "#shared/protocol/names.ts";

import type { Content, Revision } from "./revision.ts";

export type DecideInput = CommandInput<"decide">;
export type Choice = DecideInput["choice"];
export type ApproveChoice = Extract<Choice, { kind: "approve" }>;

/** An approval's members that come from the person's choices, checked against what main stored. */
export interface CheckedApproval {
  readonly granted: readonly RarElement[];
  readonly ack: readonly string[];
  readonly overrides: NonNullable<ApproveChoice["overrides"]>;
  readonly reentry: readonly ("identity" | "value" | "origin-code")[];
  /** How many drawn fields were in the viewport. */
  readonly fieldsSeen: number;
}

/**
 * SECURITY: the page sends ids and choices only; each is looked up in the verified request, and what is signed is what is
 * stored there (T-37, README decision 8).
 * @throws CountersignError `E_CLI_CHOICE` for an id that the request does not hold or a required part left out,
 * `E_DSP_INCOMPLETE`, `E_ACK_MISSING`, `E_CLI_REENTRY`
 */
export function checkApproval(revision: Revision, choice: ApproveChoice): CheckedApproval {
  const content = revision.content();
  const { claims } = content;
  const granted = pickGrants(claims, choice.granted);
  const ack = pickAcknowledged(claims, choice.ack);
  const overrides = pickOverrides(claims, choice);
  const fieldsSeen = checkSeen(content, choice.seen);
  return { granted, ack, overrides, reentry: checkReentry(claims, choice.reentry), fieldsSeen };
}

function pickGrants(claims: RequestClaims, ids: readonly string[]): readonly RarElement[] {
  const known = new Set(claims.authorization_details.map((element) => element.id));
  if (new Set(ids).size !== ids.length || ids.some((id) => !known.has(id))) throw new CountersignError("E_CLI_CHOICE");
  const granted = claims.authorization_details.filter((element) => ids.includes(element.id));
  if (granted.length === 0 || claims.authorization_details.some((e) => e.required && !granted.includes(e))) {
    throw new CountersignError("E_CLI_CHOICE", "A permission that the action cannot do without was left out.");
  }
  return granted;
}

function pickAcknowledged(claims: RequestClaims, ids: readonly string[]): readonly string[] {
  const asked = (claims.facts ?? []).filter((fact) => fact.ack).map((fact) => fact.id);
  if (ids.some((id) => !asked.includes(id))) throw new CountersignError("E_CLI_CHOICE");
  if (asked.some((id) => !ids.includes(id))) throw new CountersignError("E_ACK_MISSING");
  return asked;
}

function pickOverrides(claims: RequestClaims, choice: ApproveChoice): CheckedApproval["overrides"] {
  const asked = (claims.facts ?? []).filter((fact) => fact.override === true).map((fact) => fact.id);
  const given = choice.overrides.map((override) => override.fact);
  const wrong = new Set(given).size !== given.length || given.some((id) => !asked.includes(id));
  if (wrong) throw new CountersignError("E_CLI_CHOICE");
  if (asked.some((id) => !given.includes(id))) throw new CountersignError("E_ACK_MISSING");
  return choice.overrides;
}

/** Every field that must be seen was in the viewport (protocol.md 3.6(5)). */
function checkSeen({ must, fields }: Content, seen: readonly string[]): number {
  const shown = new Set(seen);
  if (must.some((id) => !shown.has(id))) throw new CountersignError("E_DSP_INCOMPLETE");
  return [...new Set([...must, ...fields])].filter((id) => shown.has(id)).length;
}

/** The typed values are compared here and go no further (approval-experience.md S5). Nothing says which was wrong. */
function checkReentry(claims: RequestClaims, typed: ApproveChoice["reentry"]): CheckedApproval["reentry"] {
  const asked = claims.policy.reentry ?? [];
  const matches = {
    identity: () => matchesIdentity(claims, { initials: typed.initials ?? "", birth_year: typed.birth_year ?? "" }),
    value: () => matchesValue(claims, typed.value ?? ""),
    "origin-code": () => matchesOriginCode(claims, typed.origin_code ?? ""),
  };
  if (!asked.every((what) => matches[what]())) throw new CountersignError("E_CLI_REENTRY");
  return asked;
}

/** What proves the person for this decision (protocol.md 3.7 `acr`, `amr`, `auth_time`). */
export interface Presence {
  readonly acr: (typeof ACR)[number];
  readonly amr: readonly string[];
  readonly auth_time: number;
}

/**
 * @param verifiedAt gateway seconds of the last right PIN: at unlock, or just now
 * @param justNow true when the PIN was entered for this decision
 */
export function presenceOf(storage: string, verifiedAt: number, justNow: boolean): Presence {
  const key = storage === "hardware" ? "hwk" : "swk";
  return {
    acr: justNow ? ACR[1] : ACR[0],
    amr: justNow ? [key, "pin", "user"] : [key, "user"],
    auth_time: verifiedAt,
  };
}
