import type { FhirJson } from "#shared/protocol/strict-json.ts";

import drugGroups from "./facts-drug-groups.json" with { type: "json" };
import { at, codingsOf, listAt, sameCoding, textAt, type Members } from "./facts-json.ts";

/** A medicine's names and codes, for comparing. */
export interface MedicineNames {
  readonly concept: FhirJson | undefined;
  /** Words that name the substance, lower case. */
  readonly words: ReadonlySet<string>;
}

/** Words of medicine names that name no substance: forms, routes, salts. */
const NO_SUBSTANCE = new Set(
  (
    "oral tablet tablets capsule capsules solution suspension injection infusion cream ointment patch drops spray inhaler powder " +
    "syrup liquid sachet dose doses unit units release extended modified prolonged immediate delayed coated gastro resistant " +
    "with from each daily once twice strength film chewable dispersible soluble topical nasal rectal vial ampoule device pack " +
    "sodium potassium calcium magnesium sulfate sulphate hydrochloride chloride phosphate fumarate tartrate maleate citrate " +
    "succinate acetate besilate besylate mesilate bromide nitrate gluconate lactate anhydrous monohydrate trihydrate acid " +
    "allergy allergic intolerance adverse reaction sensitivity hypersensitivity substance drug medication product history known preparation " +
    "containing only propensity disorder finding confirmed"
  ).split(" "),
);

/** Words of at least four letters that may name a substance; all of them when every one is a salt or form. */
export function substanceWords(text: string): readonly string[] {
  // What draws nothing is no part of a name: a hidden character must not hide an allergy.
  const drawn = text.normalize("NFKC").replace(/\p{Default_Ignorable_Code_Point}/gu, "");
  const words = (drawn.toLowerCase().match(/\p{L}{4,}/gu) ?? []).map(String);
  const substances = words.filter((word) => !NO_SUBSTANCE.has(word));
  return substances.length > 0 ? substances : words;
}

export function namesOf(concepts: readonly (FhirJson | undefined)[]): MedicineNames {
  const texts = concepts.flatMap((c) => [textAt(c, "text"), ...codingsOf(c).map(({ display }) => display)]);
  const words = new Set(texts.flatMap((text) => (text === undefined ? [] : substanceWords(text))));
  return { concept: concepts[0], words };
}

/** The ordered medicine of a MedicationRequest; a contained Medication is read too. */
export function orderedMedicine(order: Members): MedicineNames {
  const contained = listAt(order, "contained").filter((c) => textAt(c, "resourceType") === "Medication");
  return namesOf([
    order["medicationCodeableConcept"],
    ...contained.map((medication) => at(medication, "code")),
    { text: textAt(order, "medicationReference", "display") ?? "" },
  ]);
}

/** The medicine is a resource that the order does not hold: what the order calls it is the agent's word, and no more. */
export const isElsewhere = (order: Members): boolean => {
  const reference = textAt(order, "medicationReference", "reference");
  return reference !== undefined && !reference.startsWith("#");
};

/** Why two are the same or related; undefined when nothing links them. */
export type Kinship =
  | { readonly kind: "code" }
  | { readonly kind: "word"; readonly word: string }
  | { readonly kind: "group"; readonly group: string };

/** Same code, then same substance word, then (for allergies) one of the listed groups. */
export function kinship(a: MedicineNames, b: MedicineNames, withGroups: boolean): Kinship | undefined {
  if (sameCoding(codingsOf(a.concept), codingsOf(b.concept))) return { kind: "code" };
  const word = [...a.words].find((one) => b.words.has(one));
  if (word !== undefined) return { kind: "word", word };
  if (!withGroups) return undefined;
  const group = drugGroups.groups.find((g) => [a, b].every(({ words }) => [...words].some((w) => inGroup(w, g))));
  return group === undefined ? undefined : { kind: "group", group: group.name };
}

function inGroup(word: string, group: (typeof drugGroups.groups)[number]): boolean {
  return (
    group.words.includes(word) ||
    group.endings.some((ending) => word.endsWith(ending)) ||
    (group.beginnings ?? []).some((beginning) => word.startsWith(beginning))
  );
}
