import type { Fact } from "#shared/protocol/claims/request.ts";

/** The only four things the banner says about allergies (NHS CUI Patient Banner PAB-0064). */
export type Allergies =
  | { readonly kind: "known"; readonly texts: readonly string[] }
  | { readonly kind: "none" }
  | { readonly kind: "not_recorded" }
  | { readonly kind: "unavailable" };

/** From the gateway's facts. Text that is not surely "none" is shown as known: silence and doubt are never "none". */
export function allergiesOf(facts: readonly Fact[]): Allergies {
  const stated = facts.filter(({ code }) => code === "allergies").map(({ text }) => text.trim());
  if (stated.length === 0) return { kind: "unavailable" };
  const known = stated.filter((text) => !NONE.test(text) && !NOT_RECORDED.test(text) && !UNAVAILABLE.test(text));
  if (known.length > 0) return { kind: "known", texts: known };
  if (stated.some((text) => UNAVAILABLE.test(text))) return { kind: "unavailable" };
  return stated.every((text) => NONE.test(text)) ? { kind: "none" } : { kind: "not_recorded" };
}

/** "No known drug allergy" is not here: it says nothing about food or latex. */
const NONE = /^no known allerg(?:y|ies)(?: \(recorded \d{2}-[A-Z][a-z]{2}-\d{4}\))?\.?$/i;
const NOT_RECORDED = /^allerg(?:y|ies)(?: -)? not recorded\.?$/i;
const UNAVAILABLE = /^allerg(?:y|ies)(?: -)? (?:not available|unavailable|could not be read)\.?$/i;
