import type { Template } from "#shared/protocol/template.ts";

import { asSent } from "../../clinical/clinical-text.ts";
import type { ClinicalText } from "../../clinical/clinical-text.ts";
import { formatCodeable, formatReference } from "../../clinical/codeable.ts";
import { formatFhirDate } from "../../clinical/date.ts";
import { formatDispense } from "../../clinical/dispense.ts";
import { formatDosage } from "../../clinical/dosage.ts";
import { formatMedicineName } from "../../clinical/medicine-name.ts";
import { formatDecimal } from "../../clinical/number.ts";
import type { Part, PartRole } from "../../clinical/part.ts";
import { formatQuantity } from "../../clinical/quantity.ts";
import type { FhirNode } from "../../fhir-node.ts";
import { LEAF_WORDS, PART_WORDS } from "../../words.ts";
import type { Draft } from "../draft.ts";

export type RowKind = NonNullable<Template["rows"]>[number]["kind"];

/**
 * A value of the body by its template kind, as labelled parts. What a kind does not understand is not read, and so ends
 * up raw in other content: nothing is lost between the two.
 */
export function partsOf(draft: Draft, node: FhirNode, kind: RowKind, label: string, unit?: string): readonly Part[] {
  const zone = draft.options.facilityZone;
  const each = (format: (item: FhirNode) => ClinicalText | undefined, role: PartRole = "other"): readonly Part[] =>
    node.items().flatMap((item) => {
      const text = format(item);
      return text ? [{ role, label, text, pointer: item.pointer }] : [];
    });
  switch (kind) {
    case "medication":
      return medicineParts(draft, node, label);
    case "dosage":
      return node.items().flatMap((item, i, all) => numbered(formatDosage(item, zone), i, all.length));
    case "dispense":
      return formatDispense(node, zone);
    case "codeable":
      return each(formatCodeable);
    case "reference":
      return each((item) => contained(draft, item, label) ?? formatReference(item), "recipient");
    case "date":
      return each((item) => dated(item, zone), "date");
    case "quantity":
      return each((item) => formatQuantity(item) ?? numeral(item, unit));
    case "text":
    case "list":
      return each((item) => annotation(item) ?? numeral(item, unit));
    case "patient":
    case "agent":
    case "scope":
    case "facts":
    case "raw":
      return [];
    default:
      return kind satisfies never;
  }
}

const numbered = (parts: readonly Part[], i: number, count: number): readonly Part[] =>
  count < 2
    ? parts
    : parts.map((part) => ({ ...part, label: `${part.label} (${PART_WORDS.dosage} ${String(i + 1)})` }));

const dated = (node: FhirNode, zone: string): ClinicalText | undefined => {
  const text = node.string();
  return text === undefined ? undefined : formatFhirDate(text, zone);
};

function numeral(node: FhirNode, unit: string | undefined): ClinicalText | undefined {
  const number = node.number();
  if (number !== undefined) {
    const text = formatDecimal(number);
    return unit === undefined ? text : { ...text, display: `${text.display} ${unit}` };
  }
  const flag = node.boolean();
  if (flag === undefined) return undefined;
  return { display: flag ? LEAF_WORDS.yes : LEAF_WORDS.no, as_sent: String(flag), unknown: [] };
}

/** A string, or an Annotation's text: what is sent is shown as it is, never expanded. */
function annotation(node: FhirNode): ClinicalText | undefined {
  const text = node.string() ?? node.text("text");
  return text === undefined ? undefined : asSent(text);
}

function medicineParts(draft: Draft, node: FhirNode, label: string): readonly Part[] {
  const concept = formatCodeable(node);
  if (!concept) return [];
  const { pointer } = node;
  const name = formatMedicineName(concept.name, draft.spelling);
  const codes = concept.codes.join("; ");
  return [
    { role: "medicine", label, text: name, pointer },
    ...(codes === "" ? [] : [{ role: "other" as const, label: PART_WORDS.codedAs, text: asSent(codes), pointer }]),
  ];
}

/** `#med1` is a medicine or another resource inside this body: its name is read where it stands. */
function contained(draft: Draft, node: FhirNode, label: string): ClinicalText | undefined {
  const reference = node.get("reference");
  const target =
    typeof reference?.value === "string" && reference.value.startsWith("#") ? reference.value.slice(1) : "";
  if (target === "") return undefined;
  const resource = draft.body?.all("contained").find((item) => item.get("id")?.value === target);
  const code = resource?.get("code");
  const concept = code && formatCodeable(code);
  if (!resource || !concept) return undefined;
  resource.text("id");
  reference?.string();
  const display = node.text("display");
  const name = label === PART_WORDS.medicine ? formatMedicineName(concept.name, draft.spelling) : concept;
  const codes = concept.codes.length === 0 ? "" : ` (${concept.codes.join("; ")})`;
  const also = display === undefined || display === concept.name ? "" : ` “${display}”`;
  return {
    display: `${name.display}${codes}${also} (#${target})`,
    as_sent: `${concept.name}${codes}${also} (#${target})`,
    unknown: name.unknown,
  };
}
