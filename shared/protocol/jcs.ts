import { CountersignError } from "./error.ts";
import type { Json } from "./strict-json.ts";

/**
 * RFC 8785 for the integer-only objects that Countersign canonicalises (policy, template, view manifest, WebAuthn
 * challenge). Never used over FHIR bodies: it would change decimals (protocol.md 1, point 2).
 * @throws CountersignError `E_FMT_NUMBER` for a number that is not a safe integer
 */
export function jcs(value: Json): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new CountersignError("E_FMT_NUMBER");
    return String(value);
  }
  if (Array.isArray(value)) {
    let items = "";
    for (const item of value) items += `${items === "" ? "" : ","}${jcs(item)}`;
    return `[${items}]`;
  }
  // Default sort compares UTF-16 code units, which is what RFC 8785 3.2.3 asks for.
  let members = "";
  for (const name of Object.keys(value).sort()) {
    const v = value[name];
    if (v === undefined) continue;
    members += `${members === "" ? "" : ","}${quoted(name)}:${jcs(v)}`;
  }
  return `{${members}}`;
}

/** Printable ASCII without quote and backslash: what JSON writes as it stands. */
const PLAIN = /^[ !#-[\]-~]*$/;
const quoted = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));
