import { parseFhir, type FhirJson } from "#shared/protocol/strict-json.ts";

import type { PolicyInput } from "../ports.ts";
import { at, codingsOf, isMembers, listAt, textAt, type Members } from "../requests/facts-json.ts";
import { holdsCode, stringsIn } from "./signals.ts";

/** Resources by which a medicine is ordered, supplied or given. */
const MEDICINE_TYPES: ReadonlySet<string> = new Set([
  "MedicationRequest",
  "MedicationDispense",
  "MedicationAdministration",
]);
export const isMedicine = (type: string): boolean => MEDICINE_TYPES.has(type);

/** A list of medicines by words in their names, and by codes. */
export interface MedicineList {
  readonly name: string;
  readonly words: readonly string[];
  readonly codes: readonly { readonly system: string; readonly code: string }[];
}

/** The lists that hold one of these names, or a code of the resource. */
export const listsHolding = <L extends MedicineList>(
  lists: readonly L[],
  names: readonly string[],
  after: Members | undefined,
): readonly L[] =>
  lists.filter(
    (list) => list.words.some((word) => names.some((name) => holdsWord(name, word))) || holdsCode(after, list.codes),
  );

/**
 * Every name of the order's medicine: as stated, and, where the gateway found that a code means something else, that
 * meaning too. Empty when it names none.
 */
export function medicineNames(after: Members | undefined, { gathered }: PolicyInput): readonly string[] {
  const contained = listAt(after, "contained").filter(isMembers);
  const concepts = [after?.["medicationCodeableConcept"], ...contained.map((resource) => resource["code"])];
  const stated = concepts.flatMap(namesIn);
  const meant = gathered.facts.flatMap((f) => (f.code === "conflict" && f.label === "Code" ? [f.value] : []));
  return [...stated, ...meant].flatMap((name) => (name === undefined ? [] : [plain(name)])).filter((n) => n !== "");
}

/**
 * Whether the medicine itself has one of those names. SECURITY: one that stands elsewhere, or inside the order without a
 * name, is not named by whatever else in it is called something.
 */
export function namesMedicine(after: Members | undefined, input: PolicyInput): boolean {
  const reference = textAt(after, "medicationReference", "reference");
  const inside = listAt(after, "contained").find((one) => reference === `#${textAt(one, "id") ?? ""}`);
  const isElsewhere = after?.["medicationReference"] !== undefined && namesIn(at(inside, "code")).length === 0;
  return !isElsewhere && medicineNames(after, input).length > 0;
}

const namesIn = (concept: FhirJson | undefined): readonly string[] =>
  [textAt(concept, "text"), ...codingsOf(concept).map(({ display }) => display)].filter((name) => name !== undefined);

/**
 * The lists with a medicine that a tool's arguments speak of, wherever in them: what the tool would do with it nobody can
 * see, so a listed medicine in a message counts like one in an order.
 */
export function listsInArguments<L extends MedicineList>(lists: readonly L[], argumentsText: string): readonly L[] {
  if (argumentsText === "") return [];
  const value = parseFhir(argumentsText);
  return listsHolding(lists, stringsIn(value).map(plain), isMembers(value) ? value : undefined);
}

/** Letters and digits, lower case, one space between words; what draws nothing is no part of a name. */
function plain(text: string): string {
  const drawn = text.normalize("NFKC").replace(/\p{Default_Ignorable_Code_Point}/gu, "");
  return (drawn.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map(String).join(" ");
}

/** "insulin" is in "insulin glargine", and in "bioinsulin": a prefix does not hide a listed name. */
const holdsWord = (name: string, word: string): boolean => name.includes(plain(word));
