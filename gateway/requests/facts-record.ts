import type { FhirJson } from "#shared/protocol/strict-json.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { codingsOf, conceptName, hasCode, listAt, membersAt, numberAt, textAt, type Members } from "./facts-json.ts";
import { SearchRefused, type RecordReader } from "./facts-reader.ts";
import { newestFirst } from "./facts-time.ts";

/** What was read, or that the record does not offer it: "not read" is never "none" (principle P3). */
export type Gathering<T> =
  { readonly kind: "read"; readonly items: readonly T[] } | { readonly kind: "not_read"; readonly why: string };

export interface Measured {
  /** `Observation/id` */
  readonly ref: string;
  /** A number with its comparator (`>60`), or the words of a code. */
  readonly value: string;
  readonly unit: string;
  readonly when?: string;
  /** Made by a device or an AI: it never settles a conflict (3.4(7)). */
  readonly by_machine: boolean;
}

export interface Allergy {
  readonly ref: string;
  readonly name: string;
  readonly resource: Members;
  readonly reaction?: string;
  readonly criticality?: string;
  readonly recorded?: string;
  /** The record says that there are none. */
  readonly none_known: boolean;
}

export interface ActiveMedicine {
  readonly ref: string;
  readonly name: string;
  readonly resource: Members;
  readonly since?: string;
}

const LOINC = "http://loinc.org";
export const WEIGHT = ["29463-7", "3141-9", "8335-2"] as const;
export const EGFR = ["33914-3", "62238-1", "98979-8", "98980-6", "48642-3", "48643-1", "77147-7", "50044-7"] as const;
export const PREGNANCY = ["82810-3"] as const;
const NO_KNOWN_ALLERGY = new Set(["716186003", "409137002", "429625007", "428607008", "428197003"]);
/** The whole name: "No known allergies except penicillin" is one. */
const NONE_KNOWN =
  /^no known(?: (?:or|and|drug|medication|medicine|food|environmental|latex|insect|animal|substance))* allerg(?:y|ies)(?: \(situation\))?\.?$/i;
const ALLERGY_GONE = new Set(["inactive", "resolved", "refuted", "entered-in-error"]);
/** HL7 AI tags and the older one of the same meaning. */
const AI_TAGS = new Set(["AIAST", "AIRPT", "AIASTHUM", "CLINAST_AIRPT", "AIML"]);

async function gather<T>(
  reader: RecordReader,
  type: string,
  parameters: Readonly<Record<string, string>>,
  take: (resource: Members) => T | undefined,
): Promise<Gathering<T>> {
  try {
    const found = await reader.search(type, parameters);
    if (!found.complete) return { kind: "not_read", why: "The record holds more entries than the gateway reads." };
    return { kind: "read", items: found.resources.flatMap((resource) => take(resource) ?? []) };
  } catch (fault) {
    if (fault instanceof CountersignError && fault.cause instanceof SearchRefused) {
      return { kind: "not_read", why: "The record does not offer this search." };
    }
    throw fault;
  }
}

/** Newest first. */
export async function measurements(
  reader: RecordReader,
  patient: string,
  codes: readonly string[],
): Promise<Gathering<Measured>> {
  const wanted = new Set(codes);
  const found = await gather(
    reader,
    "Observation",
    { patient, code: codes.map((code) => `${LOINC}|${code}`).join(","), _sort: "-date" },
    (o) => (hasCode(o["code"], wanted) ? measured(o) : undefined),
  );
  if (found.kind === "not_read") return found;
  return { kind: "read", items: newestFirst(found.items) };
}

function measured(o: Members): Measured | undefined {
  if (["entered-in-error", "cancelled", "registered"].includes(textAt(o, "status") ?? "")) return undefined;
  const number = numberAt(o, "valueQuantity", "value");
  // ">60" and "<15" are what laboratories send, and are not 60 and 15.
  const comparator = textAt(o, "valueQuantity", "comparator") ?? "";
  const value = number === undefined ? conceptName(o["valueCodeableConcept"]) : `${comparator}${number}`;
  if (value === undefined) return undefined;
  const when = textAt(o, "effectiveDateTime") ?? textAt(o, "effectivePeriod", "end") ?? textAt(o, "issued");
  return {
    ref: refOf(o),
    value,
    unit: textAt(o, "valueQuantity", "unit") ?? textAt(o, "valueQuantity", "code") ?? "",
    ...(when === undefined ? {} : { when }),
    by_machine: byMachine(o),
  };
}

/** Tagged as asserted by an AI, or performed by a device alone. */
export function byMachine(resource: Members): boolean {
  const tagged = listAt(resource, "meta", "security").some((tag) => AI_TAGS.has(textAt(tag, "code") ?? ""));
  const performers = listAt(resource, "performer").map((p) => textAt(p, "reference") ?? "");
  return tagged || (performers.length > 0 && performers.every((p) => p.startsWith("Device/")));
}

export function allergies(reader: RecordReader, patient: string): Promise<Gathering<Allergy>> {
  return gather(reader, "AllergyIntolerance", { patient }, (a) => {
    if (hasCode(a["clinicalStatus"], ALLERGY_GONE) || hasCode(a["verificationStatus"], ALLERGY_GONE)) return undefined;
    // One that the record does not name is one all the same: it must not be taken for none (principle P3).
    const name =
      conceptName(a["code"]) ??
      substances(a)
        .map(conceptName)
        .find((n) => n !== undefined) ??
      "Not named";
    const reaction = conceptName(listAt(a, "reaction", 0, "manifestation")[0]);
    const criticality = textAt(a, "criticality");
    const recorded = textAt(a, "recordedDate");
    return {
      ref: refOf(a),
      name,
      resource: a,
      ...(reaction === undefined ? {} : { reaction }),
      ...(criticality === undefined ? {} : { criticality }),
      ...(recorded === undefined ? {} : { recorded }),
      none_known: hasCode(a["code"], NO_KNOWN_ALLERGY) || NONE_KNOWN.test(name),
    };
  });
}

/** What an allergy is against: its code, and the substances of its reactions. */
export const substances = (allergy: Members): readonly FhirJson[] => [
  ...[allergy["code"]].filter((code) => code !== undefined),
  ...listAt(allergy, "reaction").flatMap((r) => membersAt(r, "substance") ?? []),
];

export function activeMedicines(reader: RecordReader, patient: string): Promise<Gathering<ActiveMedicine>> {
  return gather(reader, "MedicationRequest", { patient, status: "active" }, (m) => {
    if (m["status"] !== "active") return undefined;
    const since = textAt(m, "authoredOn");
    const name = conceptName(m["medicationCodeableConcept"]) ?? textAt(m, "medicationReference", "display");
    return { ref: refOf(m), name: name ?? "a medicine", resource: m, ...(since === undefined ? {} : { since }) };
  });
}

export interface Given {
  readonly ref: string;
  readonly name: string;
  readonly concept?: FhirJson;
  readonly when: string;
}

/** Doses recorded as given, newest first. */
export async function dosesGiven(reader: RecordReader, patient: string): Promise<Gathering<Given>> {
  const found = await gather<Given>(reader, "MedicationAdministration", { patient }, (m) => {
    const when = textAt(m, "effectiveDateTime") ?? textAt(m, "effectivePeriod", "end");
    const concept = m["medicationCodeableConcept"];
    const name = conceptName(concept);
    if (when === undefined || name === undefined || m["status"] !== "completed") return undefined;
    return { ref: refOf(m), name, when, ...(concept === undefined ? {} : { concept }) };
  });
  if (found.kind === "not_read") return found;
  return { kind: "read", items: newestFirst(found.items) };
}

export interface RecordedConsent {
  readonly ref: string;
  readonly when?: string;
  readonly words: string;
  /** What the consent excludes, in the record's words. */
  readonly excludes: readonly string[];
}

export function consents(reader: RecordReader, patient: string): Promise<Gathering<RecordedConsent>> {
  return gather(reader, "Consent", { patient, status: "active" }, (c) => {
    if (c["status"] !== "active") return undefined;
    const when = textAt(c, "dateTime");
    const provision = membersAt(c, "provision");
    const denied = [...listAt(provision, "provision"), ...(provision === undefined ? [] : [provision])].filter(
      (p) => textAt(p, "type") === "deny",
    );
    const excludes = denied.flatMap((p) => {
      const named = [...listAt(p, "code"), ...listAt(p, "class"), ...listAt(p, "securityLabel")];
      const words = named.flatMap(
        (n) => conceptName(n) ?? textAt(n, "display") ?? codingsOf({ coding: [n] })[0]?.code ?? [],
      );
      return words.length === 0 ? ["everything"] : words;
    });
    const words = textAt(c, "policyRule", "text") ?? conceptName(listAt(c, "category")[0]) ?? "recorded";
    return { ref: refOf(c), words, excludes, ...(when === undefined ? {} : { when }) };
  });
}

export const refOf = (resource: Members): string =>
  `${textAt(resource, "resourceType") ?? ""}/${textAt(resource, "id") ?? ""}`;
