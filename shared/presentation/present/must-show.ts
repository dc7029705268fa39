import { isMembers } from "#shared/protocol/json-pointer.ts";
import { NumberText, type FhirJson } from "#shared/protocol/strict-json.ts";
import { parseTemplatePointer, templateReader } from "#shared/protocol/template-pointer.ts";
import type { Template } from "#shared/protocol/template.ts";

import { isMoreThan, leavesOf } from "../fhir-node.ts";
import type { Row, Section } from "../presentation.ts";
import type { Draft } from "./draft.ts";
import { leafRow } from "./leaf.ts";
import { asFhir } from "./other-members.ts";

/** Places that rows of an update stand for: the result shows the body and what it was made from. */
const STANDS_FOR: readonly (readonly [string, readonly string[]])[] = [
  ["/action/op/after#", ["/action/op/body#", "/action/op/before#"]],
  ["/action/op/body#", ["/action/op/after#"]],
  ["/task/idx", ["/task/of"]],
];

/** Of a request that is too long to be drawn, a must_show field with more values than this is not drawn either. */
const MOST_OF_TOO_LONG = 200;

const [SLASH, HASH] = [0x2f, 0x23];

/** Whether a place is the pointer's or below it. Of thousands of places, most are told apart by one character. */
function within(pointer: string): (place: string) => boolean {
  return (place) => {
    const next = place.charCodeAt(pointer.length);
    return (Number.isNaN(next) || next === SLASH || next === HASH) && place.startsWith(pointer);
  };
}

/** The places that rows show which have to be seen, those that they stand for among them. */
function placesOf(rows: readonly Row[]): readonly string[] {
  return rows.flatMap(({ pointer: place, must_see }) => {
    if (place === undefined || !must_see) return [];
    const stands = STANDS_FOR.filter(([from]) => place.startsWith(from));
    return [place, ...stands.flatMap(([from, tos]) => tos.map((to) => to + place.slice(from.length)))];
  });
}

const emptyish = (value: unknown): boolean =>
  (Array.isArray(value) && value.length === 0) || (isMembers(value) && Object.keys(value).length === 0);

/**
 * Every must_show pointer has a row that has to be seen (protocol.md 3.6(5)): what no builder drew is added raw, in the
 * section of its class; what may be absent and is gets one line.
 */
export function withMustShow(draft: Draft, template: Template, sections: readonly Section[]): readonly Section[] {
  const read = templateReader(draft.claims);
  const places = placesOf(sections.flatMap((s) => [...s.rows, ...(s.other?.rows ?? [])]));
  const extra: { readonly section: Section["id"]; readonly row: Row }[] = [];
  for (const text of template.must_show) {
    const parsed = parseTemplatePointer(text);
    const pointer = text.endsWith("?") ? text.slice(0, -1) : text;
    if (!parsed || places.some(within(pointer))) continue;
    const value = read(parsed);
    if (value === undefined || emptyish(value)) continue;
    const [section, prov] = homeOf(pointer);
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- read from parsed FHIR JSON
    const fhir = value instanceof NumberText || parsed.embedded ? (value as FhirJson) : asFhir(value);
    // The request says already that it is too long to be read and cannot be approved; the raw view has all of it.
    if (draft.isTooLong && isMoreThan(MOST_OF_TOO_LONG, fhir)) continue;
    for (const leaf of leavesOf(fhir))
      extra.push({ section, row: leafRow(draft, leaf, pointer, prov, `must${pointer}`) });
  }
  return sections.map((section) => ({
    ...section,
    rows: [...section.rows, ...extra.filter((e) => e.section === section.id).map((e) => e.row)],
  }));
}

function homeOf(pointer: string): readonly [Section["id"], Row["prov"]] {
  if (pointer.startsWith("/action")) return ["action", "A"];
  if (pointer.startsWith("/authorization_details")) return ["scope", "A"];
  if (/^\/(?:task|rationale)(?:\/|$)/.test(pointer)) return ["claims", "C"];
  return ["record", "R"];
}
