import type { FhirNode } from "../fhir-node.ts";
import { PART_WORDS } from "../words.ts";
import { formatReference } from "./codeable.ts";
import { formatFhirDate } from "./date.ts";
import { formatDecimal } from "./number.ts";
import type { Part } from "./part.ts";
import { formatQuantity } from "./quantity.ts";

/** MedicationRequest.dispenseRequest as labelled parts: quantity, refills, length, period, dispenser. */
export function formatDispense(node: FhirNode, zone: string): readonly Part[] {
  const parts: Part[] = [];
  const quantity = (from: FhirNode | undefined, label: string) => {
    const text = from && formatQuantity(from);
    if (from && text) parts.push({ role: "supply", label, text, pointer: from.pointer });
  };
  quantity(node.get("quantity"), PART_WORDS.quantity);
  const refills = node.get("numberOfRepeatsAllowed");
  const count = refills?.number();
  if (refills && count !== undefined)
    parts.push({ role: "supply", label: PART_WORDS.refills, text: formatDecimal(count), pointer: refills.pointer });
  quantity(node.get("expectedSupplyDuration"), PART_WORDS.supplyDuration);
  quantity(node.get("initialFill")?.get("quantity"), PART_WORDS.firstFill);
  quantity(node.get("initialFill")?.get("duration"), PART_WORDS.firstFillDuration);
  quantity(node.get("dispenseInterval"), PART_WORDS.dispenseInterval);
  const period = node.get("validityPeriod");
  for (const [name, label] of [
    ["start", PART_WORDS.validFrom],
    ["end", PART_WORDS.validUntil],
  ] as const) {
    const member = period?.get(name);
    const text = member?.string();
    if (member && text !== undefined)
      parts.push({ role: "date", label, text: formatFhirDate(text, zone), pointer: member.pointer });
  }
  const performer = node.get("performer");
  const who = performer && formatReference(performer);
  if (performer && who)
    parts.push({ role: "supply", label: PART_WORDS.dispenser, text: who, pointer: performer.pointer });
  return parts;
}
