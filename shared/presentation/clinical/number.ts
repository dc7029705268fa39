import { withoutEndingZeros } from "#shared/protocol/strict-json.ts";

import { notKnown } from "./clinical-text.ts";
import type { ClinicalText } from "./clinical-text.ts";

/**
 * Numbers by their text alone: zeros and separators move, no digit is computed (protocol.md 3.6(3)). Rules: leading
 * zero, no trailing zero, no naked point, comma from 1,000 (NHS CUI MEDi, ISMP error-prone list).
 */

const JSON_DECIMAL = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?$/;
/** What people write: a naked or trailing point and thousands commas as well. */
const WRITTEN = /^(0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+)?(?:\.([0-9]*))?$/;
/** `1.000` or `2.500` in prose may mean thousands: nobody can tell, so it stays raw (approval-experience.md 3.4(4)). */
const MAYBE_THOUSANDS = /^[1-9][0-9]{0,2}\.[0-9]{3}$/;

function inThousands(digits: string): string {
  const first = digits.length % 3;
  const groups = digits.slice(first).match(/[0-9]{3}/g) ?? [];
  return (first === 0 ? groups : [digits.slice(0, first), ...groups]).join(",");
}

function clinical(sign: string, whole: string, fraction: string): string {
  const digits = whole.replaceAll(",", "");
  const kept = withoutEndingZeros(fraction);
  return `${sign === "-" ? "\u2212" : ""}${inThousands(digits)}${kept === "" ? "" : `.${kept}`}`;
}

/** A number token of FHIR JSON. Exponents are not clinical notation and stay raw. */
export function formatDecimal(text: string): ClinicalText {
  const [match, sign = "", whole = "", fraction = ""] = JSON_DECIMAL.exec(text) ?? [];
  if (match === undefined) return notKnown(text);
  return { display: clinical(sign, whole, fraction), as_sent: text, unknown: [] };
}

/** A number inside text that people wrote, e.g. in dosage instructions. */
export function formatWrittenNumber(text: string): ClinicalText {
  const [match, whole, fraction] = WRITTEN.exec(text) ?? [];
  if (match === undefined || MAYBE_THOUSANDS.test(text)) return notKnown(text);
  if (whole === undefined && (fraction ?? "") === "") return notKnown(text);
  return { display: clinical("", whole ?? "0", fraction ?? ""), as_sent: text, unknown: [] };
}

/** Whether a formatted number takes the singular: one, or a part of one. */
export const isSingular = (display: string): boolean => display === "1" || display.startsWith("0.");
