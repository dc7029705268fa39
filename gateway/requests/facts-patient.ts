import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { FhirJson } from "#shared/protocol/strict-json.ts";

import { at, codingsOf, isMembers, listAt, membersAt, objectsIn, textAt, type Members } from "./facts-json.ts";
import { patientReferences } from "./facts-operation.ts";
import type { RecordReader } from "./facts-reader.ts";

export type PatientClaim = NonNullable<RequestClaims["patient"]>;

/** Labels of identifier systems, as they stand beside the number on a screen. */
const LABELS: Readonly<Record<string, string>> = {
  "https://fhir.nhs.uk/Id/nhs-number": "NHS number",
  "http://hl7.org/fhir/sid/us-ssn": "SSN",
};

const patientFault = (message: string): CountersignError => new CountersignError("E_OP_PATIENT", message);

/**
 * The one patient an operation is about: every reference in the resource as it is and as it will be names the same one,
 * and the record knows it (C10; 21 CFR 1311.140(a)(1): one patient at a time).
 * @throws CountersignError `E_OP_PATIENT`, `E_UPSTREAM`
 */
export async function onePatient(
  reader: RecordReader,
  base: string,
  versions: readonly (Members | undefined)[],
): Promise<Members> {
  const references = new Set(versions.flatMap((version) => patientReferences(version, base)));
  const subjects = versions.flatMap((v) => ["subject", "patient", "for", "beneficiary"].map((name) => at(v, name)));
  for (const version of versions) {
    const id = textAt(version, "id");
    if (version?.["resourceType"] === "Patient" && id !== undefined) references.add(`Patient/${id}`);
  }
  if (references.size === 0) {
    for (const found of await Promise.all(subjects.map((s) => byIdentifier(reader, s)))) {
      if (found !== undefined) references.add(found);
    }
  }
  // SECURITY: a patient contained in the resource would be a second identity beside the record's (C10).
  if (versions.some((version) => [...objectsIn(version)].slice(1).some(([, o]) => o["resourceType"] === "Patient"))) {
    throw patientFault("The action brings a patient of its own inside it.");
  }
  const [reference] = references;
  if (reference === undefined) throw patientFault("The action names no patient.");
  if (references.size > 1) throw patientFault("The action names more than one patient. Ask for one at a time.");
  const patient = await reader.read(reference);
  if (patient?.resource["resourceType"] !== "Patient") throw patientFault("The record does not know this patient.");
  const own = listAt(patient.resource, "identifier");
  for (const subject of subjects) {
    const stated = membersAt(subject, "identifier");
    const same = (id: FhirJson): boolean =>
      textAt(id, "system") === textAt(stated, "system") && textAt(id, "value") === textAt(stated, "value");
    if (stated !== undefined && !own.some(same)) {
      throw patientFault("The action states an identifier that is not this patient's.");
    }
  }
  return patient.resource;
}

async function byIdentifier(reader: RecordReader, subject: FhirJson | undefined): Promise<string | undefined> {
  const system = textAt(subject, "identifier", "system");
  const value = textAt(subject, "identifier", "value");
  if (system === undefined || value === undefined) return undefined;
  const escape = (text: string): string => text.replace(/[\\,|$]/g, String.raw`\$&`);
  const found = await reader.search("Patient", { identifier: `${escape(system)}|${escape(value)}` });
  const [only] = found.resources;
  const id = textAt(only, "id");
  if (found.resources.length !== 1 || !found.complete || id === undefined) {
    throw patientFault("The patient's identifier does not lead to exactly one person in the record.");
  }
  return `Patient/${id}`;
}

/** The record's name that screens show: official before usual before any other, old ones last. */
export function bestName(patient: Members): Members | undefined {
  const rank = (name: FhirJson): number =>
    ["official", "usual", undefined, "nickname", "anonymous", "temp", "maiden", "old"].indexOf(textAt(name, "use"));
  return listAt(patient, "name")
    .filter(isMembers)
    .sort((a, b) => rank(a) - rank(b))[0];
}

/** "WATERS, Shauna Marie (Mrs)": family name in capitals, given names, title in brackets (CUI). */
export function nameWords(name: Members | undefined): string | undefined {
  const family = textAt(name, "family");
  const given = strings(name, "given").join(" ");
  const prefix = strings(name, "prefix").join(" ");
  if (family === undefined && given === "") return textAt(name, "text");
  const main = [family?.toUpperCase(), given].filter((part) => part !== undefined && part !== "").join(", ");
  return prefix === "" ? main : `${main} (${prefix})`;
}

const strings = (value: FhirJson | undefined, name: string): readonly string[] =>
  listAt(value, name).filter((item) => typeof item === "string");

/**
 * `patient` of the request, from the record alone: nothing of it is the agent's.
 * @throws CountersignError `E_OP_PATIENT` when the record has no name for the person
 */
export function patientClaim(patient: Members): PatientClaim {
  const name = bestName(patient);
  const words = nameWords(name);
  if (words === undefined) throw patientFault("The record has no name for this patient.");
  const identifiers = listAt(patient, "identifier").flatMap((id) => identifierOf(id));
  const mrn = identifiers.find(({ label }) => label === "MRN")?.value;
  const [family, birthDate, sex] = [textAt(name, "family"), textAt(patient, "birthDate"), textAt(patient, "gender")];
  const prefix = strings(name, "prefix").join(" ");
  const deceased = patient["deceasedBoolean"] ?? patient["deceasedDateTime"];
  return {
    ref: `Patient/${textAt(patient, "id") ?? ""}`,
    name: words,
    ...(birthDate === undefined ? {} : { birthDate }),
    ...(mrn === undefined ? {} : { mrn }),
    ...(sex === undefined ? {} : { sex }),
    ...(family === undefined ? {} : { family }),
    given: [...strings(name, "given")].slice(0, 8),
    ...(prefix === "" ? {} : { prefix }),
    identifiers: identifiers.slice(0, 16),
    ...(typeof deceased === "boolean" || typeof deceased === "string" ? { deceased } : {}),
  };
}

function identifierOf(identifier: FhirJson): readonly { system: string; value: string; label: string }[] {
  const value = textAt(identifier, "value");
  const system = textAt(identifier, "system") ?? "";
  if (value === undefined || textAt(identifier, "use") === "old") return [];
  const type = membersAt(identifier, "type");
  const isMrn = codingsOf(type).some(({ code }) => code === "MR") || /\bmrn\b/i.test(system);
  const label = LABELS[system] ?? (isMrn ? "MRN" : (textAt(type, "text") ?? lastSegment(system)));
  return [{ system, value, label: label.slice(0, 64) }];
}

const lastSegment = (system: string): string => system.split(/[/:]/).findLast((part) => part !== "") ?? "Identifier";
