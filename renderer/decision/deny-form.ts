import type { CommandInput, DenialDraft } from "#shared/ipc/contract.ts";

import { words } from "../words/en-gb.ts";
import { DENY_REASONS } from "../words/en-gb/decision.ts";

type Deny = Extract<CommandInput<"decide">["choice"], { readonly kind: "deny" }>;
export type DenyCode = (typeof DENY_REASONS)[number]["code"];

export interface DenyForm {
  readonly code: DenyCode | undefined;
  readonly note: string;
  readonly isReported: boolean;
}

export const EMPTY_DENIAL: DenyForm = { code: undefined, note: "", isReported: false };

/** Words that would be lost. */
export const hasNote = (form: DenyForm | undefined): boolean => form !== undefined && form.note.trim() !== "";

/** Shortest words that go with "other" (protocol.md 3.7). */
const LEAST_NOTE = 8;

/** What is still to be filled in, in words; undefined when nothing is. */
export function missingDenial({ code, note }: DenyForm): string | undefined {
  if (code === undefined) return words.decision.deny.chooseReason;
  return code === "other" && note.trim().length < LEAST_NOTE ? words.decision.deny.writeNote : undefined;
}

/** The denial that main is asked to sign, or undefined while a reason is missing. */
export function denialOf(form: DenyForm): Deny | undefined {
  if (form.code === undefined || missingDenial(form) !== undefined) return undefined;
  const text = form.note.trim();
  return {
    kind: "deny",
    reason: { code: form.code, ...(text === "" ? {} : { text }) },
    report_agent: form.isReported,
  };
}

/** What is written so far, as main keeps it over a lock, and back. */
export const draftOf = ({ code, note, isReported }: DenyForm): DenialDraft => ({
  ...(code === undefined ? {} : { code }),
  note,
  report_agent: isReported,
});
export const formOf = ({ code, note, report_agent }: DenialDraft): DenyForm => ({
  code: DENY_REASONS.find((reason) => reason.code === code)?.code,
  note,
  isReported: report_agent,
});

/** The reason that a digit chooses. */
export const reasonOfDigit = (digit: number): DenyCode | undefined =>
  DENY_REASONS.find((reason) => reason.digit === digit)?.code;
