import { NumberText } from "#shared/protocol/strict-json.ts";
import type { FhirJson } from "#shared/protocol/strict-json.ts";

import { compactText, leavesOf } from "../fhir-node.ts";
import type { Provenance, Row } from "../presentation.ts";
import type { Draft } from "./draft.ts";
import { leafRow } from "./leaf.ts";

/** A value of the claims as the presentation reads values: numbers by their text. */
export function asFhir(value: unknown): FhirJson {
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return new NumberText(String(value));
  if (Array.isArray(value)) return value.map(asFhir);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, member]) =>
        member === undefined ? [] : [[name, asFhir(member)] as const],
      ),
    );
  return null;
}

/**
 * Members of an object of the claims that no builder draws: a newer gateway's, shown raw and never dropped. Too many to be
 * read one by one are drawn as one text.
 */
export function otherMembers(
  draft: Draft,
  object: object,
  pointer: string,
  idPrefix: string,
  prov: Provenance,
  known: readonly string[],
  mustSee = true,
): readonly Row[] {
  const others = Object.entries(object).filter(([name, member]) => member !== undefined && !known.includes(name));
  if (others.length === 0) return [];
  const whole = asFhir(Object.fromEntries(others));
  const drawn = draft.drawsOneByOne(whole) ? leavesOf(whole) : [{ pointer: "", value: compactText(whole) }];
  return drawn.map((leaf) => leafRow(draft, leaf, pointer, prov, `${idPrefix}/other`, mustSee));
}
