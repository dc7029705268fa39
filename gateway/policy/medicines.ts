import type { RiskReason } from "#shared/protocol/registry.ts";

import type { PolicyInput } from "../ports.ts";
import { codingsOf, isMembers, listAt, textAt, type Members } from "../requests/facts-json.ts";
import type { PolicyTable } from "./schema.ts";
import { holdsCode } from "./signals.ts";

export type MedicineFinding =
  | { readonly kind: "refuse"; readonly reason: string }
  | { readonly kind: "raise"; readonly reasons: readonly RiskReason[] };

/**
 * A medicine order against the lists of the table. Names come from the action and, where the gateway found that a code
 * means something else, from that meaning too: a false display does not hide a listed medicine.
 */
export function judgeMedicine(after: Members | undefined, input: PolicyInput, table: PolicyTable): MedicineFinding {
  const names = medicineNames(after, input);
  if (names.length === 0) {
    return { kind: "refuse", reason: "The order does not name its medicine, so policy cannot judge it." };
  }
  const hits = table.medicines.filter(
    (list) => list.words.some((word) => names.some((name) => holdsWord(name, word))) || holdsCode(after, list.codes),
  );
  const refused = hits.find(({ effect }) => effect === "refuse");
  if (refused !== undefined) {
    return { kind: "refuse", reason: `Agents may not ask for medicines of the list "${refused.name}".` };
  }
  return { kind: "raise", reasons: hits.map(({ reason }) => reason) };
}

function medicineNames(after: Members | undefined, { gathered }: PolicyInput): readonly string[] {
  const contained = listAt(after, "contained").filter(isMembers);
  const concepts = [after?.["medicationCodeableConcept"], ...contained.map((resource) => resource["code"])];
  const stated = concepts.flatMap((c) => [textAt(c, "text"), ...codingsOf(c).map(({ display }) => display)]);
  const meant = gathered.facts.flatMap((f) => (f.code === "conflict" && f.label === "Code" ? [f.value] : []));
  return [...stated, ...meant].flatMap((name) => (name === undefined ? [] : [plain(name)])).filter((n) => n !== "");
}

/** Letters and digits, lower case, one space between words; what draws nothing is no part of a name. */
function plain(text: string): string {
  const drawn = text.normalize("NFKC").replace(/\p{Default_Ignorable_Code_Point}/gu, "");
  return (drawn.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map(String).join(" ");
}

/** "insulin" is in "insulin glargine", and in "bioinsulin": a prefix does not hide a listed name. */
const holdsWord = (name: string, word: string): boolean => name.includes(plain(word));
