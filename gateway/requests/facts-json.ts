import { NumberText, type FhirJson } from "#shared/protocol/strict-json.ts";

/** Reading CS-FHIR without trusting its shape: everything absent or of another type is `undefined` or empty. */

export type Members = Readonly<Record<string, FhirJson>>;
type Step = string | number;

export const isMembers = (value: FhirJson | undefined): value is Record<string, FhirJson> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof NumberText);

export function at(value: FhirJson | undefined, ...path: readonly Step[]): FhirJson | undefined {
  let here = value;
  for (const step of path) {
    if (typeof step === "number") here = Array.isArray(here) ? here[step] : undefined;
    else here = isMembers(here) && Object.hasOwn(here, step) ? here[step] : undefined;
  }
  return here;
}

export function textAt(value: FhirJson | undefined, ...path: readonly Step[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" && found !== "" ? found : undefined;
}

/** The number's source text, e.g. `2.50`. */
export function numberAt(value: FhirJson | undefined, ...path: readonly Step[]): string | undefined {
  const found = at(value, ...path);
  return found instanceof NumberText ? found.text : undefined;
}

export function listAt(value: FhirJson | undefined, ...path: readonly Step[]): readonly FhirJson[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function membersAt(value: FhirJson | undefined, ...path: readonly Step[]): Members | undefined {
  const found = at(value, ...path);
  return isMembers(found) ? found : undefined;
}

/** Every object inside a value, itself first, with the name under which its parent holds it. */
export function* objectsIn(value: FhirJson | undefined, name = ""): Generator<readonly [string, Members]> {
  if (Array.isArray(value)) {
    for (const item of value) yield* objectsIn(item, name);
  } else if (isMembers(value)) {
    yield [name, value];
    for (const [child, inner] of Object.entries(value)) yield* objectsIn(inner, child);
  }
}

export interface Coding {
  readonly system: string;
  readonly code: string;
  readonly display?: string;
}

/** Codings of a CodeableConcept that have a code. */
export function codingsOf(concept: FhirJson | undefined): readonly Coding[] {
  return listAt(concept, "coding").flatMap((coding) => {
    const code = textAt(coding, "code");
    const display = textAt(coding, "display");
    if (code === undefined) return [];
    return [{ system: textAt(coding, "system") ?? "", code, ...(display === undefined ? {} : { display }) }];
  });
}

/** How a CodeableConcept calls itself: its text, else a display, else a code. */
export function conceptName(concept: FhirJson | undefined): string | undefined {
  const codings = codingsOf(concept);
  return textAt(concept, "text") ?? codings.find(({ display }) => display !== undefined)?.display ?? codings[0]?.code;
}

export const hasCode = (concept: FhirJson | undefined, codes: ReadonlySet<string>): boolean =>
  codingsOf(concept).some(({ code }) => codes.has(code));

export const sameCoding = (a: readonly Coding[], b: readonly Coding[]): boolean =>
  a.some((x) => b.some((y) => x.code === y.code && x.system === y.system && x.system !== ""));
