import type { CommandInput } from "#shared/ipc/contract.ts";
import type { Presentation, Row } from "#shared/presentation/presentation.ts";
import { valueTarget } from "#shared/presentation/reentry.ts";
import type { ValueTarget } from "#shared/presentation/reentry.ts";
import type { OverrideCode } from "#shared/protocol/claims/decision.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import { factsToOverride } from "../review/choices.ts";
import { words } from "../words/en-gb.ts";
import { asksForPin, needsOverrideNote } from "./friction.ts";

type Approve = Extract<CommandInput<"decide">["choice"], { readonly kind: "approve" }>;

export interface Override {
  readonly code?: OverrideCode;
  readonly note: string;
}

/** What the approver types on the sheet. Values stay here and go to main once; main compares them. */
export interface ApprovalForm {
  readonly initials: string;
  readonly birthYear: string;
  readonly originCode: string;
  readonly value: string;
  readonly pin: string;
  readonly overrides: Readonly<Record<string, Override>>;
}

export const EMPTY_FORM: ApprovalForm = {
  initials: "",
  birthYear: "",
  originCode: "",
  value: "",
  pin: "",
  overrides: {},
};

/** What this request asks of its approver, from its policy and facts. */
export interface Needs {
  readonly identity: boolean;
  readonly originCode: boolean;
  /** `unknown`: policy asks for a value that the action does not hold; main decides. */
  readonly value: ValueTarget | "unknown" | undefined;
  readonly overrides: readonly (Row & { readonly fact: NonNullable<Row["fact"]> })[];
  readonly overrideNote: boolean;
  readonly pin: boolean;
}

/** `isPinAsked`: main said that the last check of the person is too old for this decision. */
export function needsOf(claims: RequestClaims, presentation: Presentation, isPinAsked: boolean): Needs {
  const reentry = claims.policy.reentry ?? [];
  return {
    identity: reentry.includes("identity"),
    originCode: reentry.includes("origin-code"),
    value: reentry.includes("value") ? (valueTarget(claims) ?? "unknown") : undefined,
    overrides: factsToOverride(presentation),
    overrideNote: needsOverrideNote(presentation.tier),
    pin: isPinAsked || asksForPin(claims.policy),
  };
}

/** The first thing that is still to be filled in, in words; undefined when nothing is. Never says whether it is right. */
export function missing(form: ApprovalForm, needs: Needs): string | undefined {
  const said = words.decision.approve.missing;
  const isBlank = (text: string): boolean => text.trim() === "";
  if (needs.identity && (isBlank(form.initials) || !/^\d{4}$/.test(form.birthYear.trim()))) return said.identity;
  if (needs.originCode && isBlank(form.originCode)) return said.originCode;
  if (needs.value !== undefined && isBlank(form.value)) return said.value;
  for (const { fact } of needs.overrides) {
    const { code, note = "" } = form.overrides[fact.id] ?? {};
    if (code === undefined) return said.override;
    if ((needs.overrideNote || code === "other") && isBlank(note)) return said.overrideNote;
  }
  return needs.pin && form.pin.length < LEAST_PIN ? said.pin : undefined;
}

const LEAST_PIN = 6;

/** The approval that main is asked to sign: ids and choices only (README decision 8). */
export function approvalOf(
  form: ApprovalForm,
  needs: Needs,
  chosen: { readonly granted: readonly string[]; readonly acked: readonly string[]; readonly seen: readonly string[] },
): Approve {
  return {
    kind: "approve",
    granted: [...chosen.granted],
    ack: [...chosen.acked],
    overrides: needs.overrides.flatMap(({ fact }) => {
      const { code, note = "" } = form.overrides[fact.id] ?? {};
      if (code === undefined) return [];
      return [{ fact: fact.id, code, ...(note.trim() === "" ? {} : { text: note.trim() }) }];
    }),
    seen: [...chosen.seen],
    reentry: {
      ...(needs.identity ? { initials: form.initials.trim(), birth_year: form.birthYear.trim() } : {}),
      ...(needs.originCode ? { origin_code: form.originCode.trim() } : {}),
      ...(needs.value === undefined ? {} : { value: form.value.trim() }),
    },
    ...(needs.pin ? { pin: form.pin } : {}),
  };
}
