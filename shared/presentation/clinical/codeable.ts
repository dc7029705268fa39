import type { FhirNode } from "../fhir-node.ts";
import { SYSTEM_WORDS } from "../words.ts";
import type { ClinicalText } from "./clinical-text.ts";

export interface CodeableText extends ClinicalText {
  /** What it is called, without its codes. */
  readonly name: string;
  /** `SNOMED CT 80313002`, each with its own display where that differs from the name. */
  readonly codes: readonly string[];
}

const systemName = (system: string | undefined): string =>
  system === undefined ? "" : (SYSTEM_WORDS[system] ?? system);

/**
 * A CodeableConcept or Coding with everything it says: the text first, each code with its system, and a code's display
 * where it is not the text, since display and code may disagree (approval-experience.md 3.4(8)). Nothing is rewritten.
 */
export function formatCodeable(node: FhirNode): CodeableText | undefined {
  const codings = node.get("coding")?.items() ?? (node.get("code") === undefined ? [] : [node]);
  // Nothing is read of a concept without a name: its parts are then drawn raw, each at its place.
  if (!node.has("text") && !codings.some((coding) => coding.has("display")) && codings[0]?.has("code") !== true)
    return undefined;
  const text = node.text("text");
  const read = codings.map((coding) => ({
    system: coding.text("system"),
    code: coding.text("code"),
    display: coding.text("display"),
  }));
  const name = text ?? read.find(({ display }) => display !== undefined)?.display ?? read[0]?.code;
  if (name === undefined) return undefined;
  const codes = read.flatMap(({ system, code, display }) => {
    const own = display === undefined || display === name ? "" : `“${display}”`;
    const said = [systemName(system), code === name ? "" : (code ?? ""), own].filter((part) => part !== "").join(" ");
    return said === "" ? [] : [said];
  });
  const display = codes.length === 0 ? name : `${name} (${codes.join("; ")})`;
  return { name, codes, display, as_sent: display, unknown: [] };
}

/** `Elmwood Heart Centre (Organization/elmwood)` for a Reference; identifiers are shown with their system. */
export function formatReference(node: FhirNode): ClinicalText | undefined {
  const [display, reference, type] = [node.text("display"), node.text("reference"), node.text("type")];
  const identifier = node.get("identifier");
  const value = identifier?.text("value");
  const system = value === undefined ? undefined : identifier?.text("system");
  const code = value === undefined ? undefined : `${systemName(system)} ${value}`.trim();
  const inner = [reference, type, code].filter((part) => part !== undefined);
  if (display === undefined && inner.length === 0) return undefined;
  const text =
    display === undefined ? inner.join("; ") : inner.length === 0 ? display : `${display} (${inner.join("; ")})`;
  return { display: text, as_sent: text, unknown: [] };
}
