import { isMembers } from "#shared/protocol/json-pointer.ts";
import type { FhirJson } from "#shared/protocol/strict-json.ts";

import { childPointer } from "../../fhir-node.ts";
import { skeleton } from "../../text/skeleton.ts";
import { OBSTACLE_WORDS } from "../../words.ts";
import type { Draft } from "../draft.ts";

/** Resources whose own `doNotPerform` this app says in the headline. */
const NEGATABLE: ReadonlySet<string> = new Set(["MedicationRequest", "ServiceRequest"]);

/**
 * Walks a resource for what changes the meaning of the rest (approval-experience.md 3.4(10)): known modifiers change the
 * headline; any other stops the approval. JSON keys are ACTION text: hidden characters, and keys that look like their
 * neighbours, stop it too (3.4(13)).
 */
export function judgeStructure(draft: Draft, value: FhirJson, pointer: string, isKnownRoot = true): void {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) judgeStructure(draft, item, childPointer(pointer, String(i)), false);
    return;
  }
  if (!isMembers(value)) return;
  const seen = new Map<string, string>();
  for (const [name, raw] of Object.entries(value)) {
    const member = raw;
    const at = childPointer(pointer, name);
    draft.judge(name, at);
    const key = skeleton(name).toLowerCase();
    // SECURITY: 3.4(13): two keys that look alike may be read as one by a person and as two by a server.
    if (seen.has(key)) draft.obstacle(at, name, OBSTACLE_WORDS.twinKeys);
    seen.set(key, name);
    if (name === "modifierExtension" || name === "implicitRules") draft.obstacle(at, name, OBSTACLE_WORDS.modifier);
    if (name === "doNotPerform" && member !== false && !(isKnownRoot && isNegatable(value)))
      draft.obstacle(at, name, OBSTACLE_WORDS.modifier);
    judgeStructure(draft, member, at, false);
  }
}

const isNegatable = (value: Readonly<Record<string, unknown>>): boolean =>
  typeof value["resourceType"] === "string" && NEGATABLE.has(value["resourceType"]) && value["doNotPerform"] === true;
