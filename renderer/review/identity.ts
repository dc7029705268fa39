import { formatAge, formatFhirDate } from "#shared/presentation/clinical/date.ts";
import { formatIdentifier, formatPersonName } from "#shared/presentation/clinical/person.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";

export type Patient = NonNullable<RequestClaims["patient"]>;

export interface Identifier {
  readonly label: string;
  readonly value: string;
  readonly isNhs: boolean;
}

/** Who a request is about, in the forms of the patient banner (NHS CUI Patient Banner; approval-experience.md S4). */
export interface Identity {
  readonly name: string;
  readonly born: string | undefined;
  /** `81y`; undefined when the birth date is partial or absent. */
  readonly age: string | undefined;
  readonly sex: string | undefined;
  readonly identifiers: readonly Identifier[];
  readonly died: string | true | undefined;
}

const NHS = "https://fhir.nhs.uk/Id/nhs-number";

/** `now` in seconds of gateway time; `zone` an IANA name. After a death the age is the age at death. */
export function identityOf(patient: Patient, now: number, zone: string): Identity {
  const { birthDate, deceased } = patient;
  const died = deceased === false ? undefined : deceased;
  const until = typeof died === "string" ? Date.parse(died) / 1000 : now;
  return {
    name: formatPersonName(patient),
    born: birthDate === undefined ? undefined : formatFhirDate(birthDate, zone).display,
    age: birthDate === undefined ? undefined : formatAge(birthDate, Number.isNaN(until) ? now : until, zone),
    sex: patient.sex === undefined ? undefined : sentenceCase(patient.sex),
    identifiers: identifiersOf(patient),
    died: typeof died === "string" ? formatFhirDate(died, zone).display : died,
  };
}

function identifiersOf(patient: Patient): readonly Identifier[] {
  const listed = (patient.identifiers ?? []).map(({ system, value, label }) => ({
    label,
    value: formatIdentifier(system, value),
    isNhs: system === NHS,
  }));
  const { mrn } = patient;
  const isListed = mrn === undefined || listed.some(({ value }) => value.replaceAll(" ", "") === mrn);
  return isListed ? listed : [...listed, { label: "MRN", value: mrn, isNhs: false }];
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
