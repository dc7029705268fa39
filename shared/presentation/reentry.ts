import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import type { FhirJson } from "#shared/protocol/strict-json.ts";

import { formatDosage } from "./clinical/dosage.ts";
import { FhirNode } from "./fhir-node.ts";
import type { PresentOptions } from "./presentation.ts";
import { Draft } from "./present/draft.ts";

/**
 * What an approver types again (approval-experience.md 4 and S5). Main compares; the typed values never leave it
 * (protocol.md 3.7 `reentry`). Only case and surrounding spaces are forgiven.
 */

export interface IdentityAnswer {
  readonly initials: string;
  readonly birth_year: string;
}

/** The value to type: the dose's number with its unit beside the field, or the last four of the recipient's code. */
export type ValueTarget =
  | { readonly kind: "dose"; readonly number: string; readonly unit: string }
  | { readonly kind: "recipient"; readonly last4: string; readonly of: string };

const fold = (text: string): string => text.normalize("NFC").trim().toUpperCase();

/** First letters of a name's words: the first given name and the family name, `SW` for WATERS, Shauna. */
function initialsOf(patient: NonNullable<RequestClaims["patient"]>): string | undefined {
  const { family, given, name } = patient;
  const words = name.split(/\s+/u).filter((word) => /\p{L}/u.test(word));
  const first = given?.[0] ?? words[0];
  const last = family ?? words.at(-1);
  const letter = (text: string | undefined) => text?.normalize("NFC").match(/\p{L}/u)?.[0];
  const [a, b] = [letter(first), letter(last)];
  return a === undefined || b === undefined ? undefined : a + b;
}

/**
 * Whether initials (given, then family) and year of birth are those of the request's patient. Nothing says which was
 * wrong. A patient without a birth date or a name in letters cannot be matched, and the answer is `false`.
 */
export function matchesIdentity(claims: RequestClaims, answer: Partial<IdentityAnswer>): boolean {
  const { patient } = claims;
  if (!patient) return false;
  const initials = initialsOf(patient);
  const year = /^[0-9]{4}/.exec(patient.birthDate ?? "")?.[0];
  if (initials === undefined || year === undefined) return false;
  const typed = fold(answer.initials ?? "").replace(/[\s.]/gu, "");
  return typed === fold(initials) && (answer.birth_year ?? "").trim() === year;
}

/** What the value field asks for; `undefined` when the action holds neither a dose nor one recipient's code. */
export function valueTarget(claims: RequestClaims, options?: PresentOptions): ValueTarget | undefined {
  const draft = new Draft(claims, options ?? { facilityZone: "UTC", now: claims.iat });
  return valueOf(draft.after ?? draft.before);
}

/** The same of the resource itself, as it will be: policy asks for a value only where there is one. */
export function valueOf(value: FhirJson | undefined): ValueTarget | undefined {
  if (value === undefined) return undefined;
  const resource = new FhirNode(value);
  // With several steps of dosage the first is typed; all of them are read in the review.
  const number = resource
    .all("dosageInstruction")
    .flatMap((dosage) => formatDosage(dosage, "UTC"))
    .find((part) => part.role === "dose")?.number;
  if (number) return { kind: "dose", number: number.display, unit: number.unit };
  const [recipient, ...others] = resource.all("performer");
  const identifier = recipient?.get("identifier")?.text("value");
  const code = identifier ?? recipient?.text("reference")?.split("/").at(-1);
  if (code === undefined || others.length > 0 || code.length < 4) return undefined;
  return { kind: "recipient", last4: code.slice(-4), of: code };
}

/** Whether the typed value is the target's: a dose with or without its thousands comma, a code without regard to case. */
export function matchesValue(claims: RequestClaims, typed: string): boolean {
  const target = valueTarget(claims);
  if (!target) return false;
  if (target.kind === "recipient") return fold(typed) === fold(target.last4);
  // Whole or without its commas, never with commas elsewhere: "1,5" is not 15.
  return [target.number, target.number.replaceAll(",", "")].includes(fold(typed));
}

/** Whether the typed origin code is the request's `binding_message`. */
export function matchesOriginCode(claims: RequestClaims, typed: string): boolean {
  const code = claims.binding_message;
  return code !== undefined && fold(typed) === fold(code);
}
