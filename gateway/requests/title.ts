import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { isMembers, resolvePointer } from "#shared/protocol/json-pointer.ts";
import { parseFhir, type FhirJson } from "#shared/protocol/strict-json.ts";

/** Where FHIR resources name what they are about, the wording before the code's display. */
const NAMES = ["medicationCodeableConcept", "code", "vaccineCode", "type"].flatMap((member) => [
  [member, "text"],
  [member, "coding", "0", "display"],
]);
const LONGEST = 120;

/**
 * One line for an earlier step of a task (`task.prev[].title`): kind of action and what it was about, from that step's
 * signed bytes.
 */
export function titleOf({ action }: Pick<RequestClaims, "action">): string {
  const kind = action.type.slice(action.type.lastIndexOf(":") + 1).replace(".", " ");
  const body = parsed(action.op.before) ?? parsed(action.op.body);
  const type = isMembers(body) ? body["resourceType"] : undefined;
  const name = NAMES.map((tokens) => resolvePointer(body, tokens)).find((value) => typeof value === "string");
  const about = [type, name].filter((part) => typeof part === "string").join(" ");
  const title = about === "" ? kind : `${kind}: ${about}`;
  return title.length <= LONGEST ? title : `${title.slice(0, LONGEST - 1)}…`;
}

function parsed(text: string | undefined): FhirJson | undefined {
  if (text === undefined || text === "") return undefined;
  try {
    return parseFhir(text);
  } catch {
    // A body that cannot be read has no title; the request itself says so elsewhere.
    return undefined;
  }
}
