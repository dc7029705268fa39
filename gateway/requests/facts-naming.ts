import {
  conflictFact,
  failed,
  notRun,
  passed,
  shortValue,
  type Check,
  type Findings,
  type NewFact,
} from "./facts-fact.ts";
import { sameName } from "./facts-claims.ts";
import { unitMismatches } from "./facts-dose.ts";
import { codingsOf, listAt, objectsIn, textAt, type Coding, type Members } from "./facts-json.ts";
import { substanceWords } from "./facts-medicine.ts";
import type { PatientClaim } from "./facts-patient.ts";
import { amountsIn, compareAmounts, sameUnit } from "./facts-units.ts";

/** What a code is called. Undefined: the code is not known there. */
export interface Terminology {
  readonly name: string;
  display(system: string, code: string): Promise<string | undefined>;
}

/** What the action calls the patient, against the record's name. */
export function compareDisplays(action: Members | undefined, patient: PatientClaim, base: string): Findings {
  const label = "Patient's name in the action against the record";
  const shown = [...objectsIn(action)].flatMap(([, object]) => {
    const reference = textAt(object, "reference");
    const display = textAt(object, "display");
    const isPatient = reference === patient.ref || reference === `${base}/${patient.ref}`;
    return isPatient && display !== undefined ? [display] : [];
  });
  const [wrong] = shown.filter((display) => !sameName(display, patient));
  if (wrong !== undefined) {
    const fact = conflictFact({
      label: "Patient",
      text: `Action names ${shortValue(wrong, "someone else")}. Record says ${patient.name}.`,
      value: patient.name,
      path: patient.ref,
    });
    return { facts: [fact], checks: [failed("patient-name", label, fact.text)] };
  }
  return { facts: [], checks: shown.length === 0 ? [] : [passed("patient-name", label)] };
}

/** Unit text against UCUM code, and a medicine's words against its own code's words. */
export function compareInside(action: Members | undefined): Findings {
  const facts: NewFact[] = unitMismatches(objectsIn(action), sameUnit).map(({ value, unit, code }) =>
    conflictFact({ label: "Unit", text: `The action writes ${value} ${unit} and codes it as ${value} ${code}.` }),
  );
  for (const [name, object] of objectsIn(action)) {
    const text = textAt(object, "text");
    if (name !== "medicationCodeableConcept" || text === undefined) continue;
    for (const { display } of codingsOf(object)) {
      if (display !== undefined && medicineDiffers(text, display)) {
        const said = shortValue(text, "another medicine");
        facts.push(
          conflictFact({
            label: "Medicine",
            text: `The action writes ${said} and codes it as ${shortValue(display, "something else")}.`,
          }),
        );
      }
    }
  }
  return { facts, checks: [] };
}

/** No substance in common, or strengths that contradict. */
function medicineDiffers(text: string, display: string): boolean {
  const words = new Set(substanceWords(text));
  const other = substanceWords(display);
  if (words.size > 0 && other.length > 0 && !other.some((word) => words.has(word))) return true;
  const [a, b] = [amountsIn(text)[0], amountsIn(display)[0]];
  const order = a === undefined || b === undefined ? undefined : compareAmounts(a, b);
  return order !== undefined && order !== 0;
}

/** Displays of codes against what the codes mean (display against code, 3.4(8)). */
export async function compareCodes(
  action: Members | undefined,
  terminology: Terminology | undefined,
): Promise<Findings> {
  const label = "Names in the action against their codes";
  const codings = [...objectsIn(action)].flatMap(([, object]) => codingsOf({ coding: [...listAt(object, "coding")] }));
  const named = codings.filter((c): c is Required<Coding> => c.display !== undefined && c.system !== "");
  if (named.length === 0) return { facts: [], checks: [] };
  if (terminology === undefined) {
    const why = "No terminology service is connected to this gateway, so names were not compared with their codes.";
    return { facts: [], checks: [notRun("display-code", label, why)] };
  }
  const facts: NewFact[] = [];
  const unknown: string[] = [];
  for (const { system, code, display } of named.slice(0, 32)) {
    const known = await terminology.display(system, code);
    if (known === undefined) unknown.push(code);
    else if (!sameMeaning(display, known)) {
      const said = shortValue(display, "something else");
      facts.push(
        conflictFact({ label: "Code", text: `The action writes ${said}. Code ${code} means ${known}.`, value: known }),
      );
    }
  }
  return { facts, checks: [codeCheck(label, facts, unknown, named.length > 32, terminology.name)] };
}

function codeCheck(
  label: string,
  facts: readonly NewFact[],
  unknown: readonly string[],
  more: boolean,
  by: string,
): Check {
  const [first] = facts;
  if (first !== undefined) return failed("display-code", label, first.text, by);
  if (more) return notRun("display-code", label, "The action holds more codes than the gateway compares.");
  if (unknown.length > 0) {
    return notRun(
      "display-code",
      label,
      `Not known to ${by}: ${unknown
        .map((c) => c.slice(0, 20))
        .slice(0, 8)
        .join(", ")}.`,
    );
  }
  return passed("display-code", label, by);
}

const plainWords = (text: string): string =>
  (
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{N}.]+/gu) ?? []
  )
    .map(String)
    .sort()
    .join(" ");

/** The same words in any order and spelling of case; "(disorder)"-like tags of SNOMED CT do not count. */
const sameMeaning = (a: string, b: string): boolean => {
  const clean = (text: string): string => plainWords(text.replace(/\s*\([a-z /]+\)\s*$/i, ""));
  return clean(a) === clean(b);
};
