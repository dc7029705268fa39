import { compactText } from "../fhir-node.ts";
import { isMembers, parsePointer, resolvePointer } from "#shared/protocol/json-pointer.ts";
import type { FhirJson } from "#shared/protocol/strict-json.ts";

/** Order in which changes are read (approval-experience.md S4b); never the agent's order. */
export const CHANGE_GROUPS = ["identity", "allergies", "resuscitation", "medicines", "problems", "rest"] as const;
export type ChangeGroup = (typeof CHANGE_GROUPS)[number];

const PATIENT_IDENTITY = new Set(
  "name birthDate identifier gender deceasedBoolean deceasedDateTime link active".split(" "),
);
const WHOSE = new Set("subject patient beneficiary individual".split(" "));
const MEDICINES = /^(?:Medication.*|Immunization.*)$/;
const ALLERGY = /allerg|intoleran/i;
/** SNOMED CT: resuscitation status, not for resuscitation, for attempted resuscitation. */
const RESUSCITATION = /resuscit|DNACPR|DNAR|"(?:304252001|304253006|439569004|450476008)"/i;

/** What the groups of places inside one resource depend on; `code` may be as long as the document. */
interface Kind {
  readonly type: string;
  readonly isAllergyList: boolean;
  readonly isResuscitation: boolean;
}

/** Tells the group of each place of a document; what a resource is, is found out once. */
export function groupFinder(document: FhirJson): (pointer: string) => ChangeGroup {
  const kinds = new Map<unknown, Kind>();
  const kindOf = (value: unknown): Kind => {
    const kind = kinds.get(value) ?? readKind(value);
    kinds.set(value, kind);
    return kind;
  };
  return (pointer) => {
    const tokens = parsePointer(pointer) ?? [];
    const { value, depth } = resourceAround(document, tokens);
    return groupOf(kindOf(value), tokens, tokens[depth] ?? "");
  };
}

/** The innermost resource around a place: a contained one, one in a Bundle entry, or the document itself. */
function resourceAround(document: FhirJson, tokens: readonly string[]): { value: unknown; depth: number } {
  const around: { value: unknown; depth: number } = { value: document, depth: 0 };
  let here: unknown = document;
  for (const [i, token] of tokens.entries()) {
    here = resolvePointer(here, [token]);
    if (here === undefined) break;
    if (isMembers(here) && typeof here["resourceType"] === "string")
      Object.assign(around, { value: here, depth: i + 1 });
  }
  return around;
}

function readKind(value: unknown): Kind {
  const type = isMembers(value) && typeof value["resourceType"] === "string" ? value["resourceType"] : "";
  const code = isMembers(value) ? [value["code"], value["category"], value["title"]] : [];
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- members of a FhirJson
  const named = compactText(code.filter((member) => member !== undefined) as FhirJson[]);
  return {
    type,
    isAllergyList: ["List", "Flag", "Composition"].includes(type) && ALLERGY.test(named),
    isResuscitation: RESUSCITATION.test(named),
  };
}

function groupOf(
  { type, isAllergyList, isResuscitation }: Kind,
  tokens: readonly string[],
  field: string,
): ChangeGroup {
  if (WHOSE.has(field) || (["Patient", "Person"].includes(type) && PATIENT_IDENTITY.has(field))) return "identity";
  if (type === "AllergyIntolerance" || tokens.some((token) => ALLERGY.test(token)) || isAllergyList) return "allergies";
  if (isResuscitation) return "resuscitation";
  if (MEDICINES.test(type)) return "medicines";
  return type === "Condition" ? "problems" : "rest";
}
