import type { RequestClaims } from "../claims/request.ts";
import { CountersignError } from "../error.ts";

/** The one patient of a request, as its `patient` claim names them (protocol.md C10). */
export interface BoundPatient {
  /** `Patient/…`. */
  readonly ref: string;
  readonly id: string;
  /** True for an identifier that is this patient's. */
  hasIdentifier(system: string | undefined, value: string): boolean;
  /** True when a display text can be this patient's: every word of it is of their name or a form of address. */
  mayBeCalled(display: string): boolean;
}

const ADDRESS_WORDS = new Set(["mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "lord", "lady", "rev"]);

const wordsOf = (text: string): string[] =>
  text
    .normalize("NFC")
    .toLowerCase()
    .split(/[^\p{L}\p{M}]+/u)
    .filter((word) => word !== "");

export function boundPatient(patient: RequestClaims["patient"]): BoundPatient | undefined {
  if (!patient) return undefined;
  const identifiers = patient.identifiers ?? [];
  const names = new Set(
    [patient.name, patient.family, patient.prefix, ...(patient.given ?? [])].flatMap((name) => wordsOf(name ?? "")),
  );
  return {
    ref: patient.ref,
    id: patient.ref.slice("Patient/".length),
    hasIdentifier: (system, value) => {
      const alike = identifiers.filter((i) => i.value === value);
      // A number whose system is known is not the same number of another system.
      if (alike.length === 0) return value === patient.mrn;
      return system === undefined || alike.some((i) => i.system === system);
    },
    mayBeCalled: (display) => wordsOf(display).every((word) => names.has(word) || ADDRESS_WORDS.has(word)),
  };
}

/** @throws CountersignError `E_REQ_INCONSISTENT`, always */
export function inconsistent(why: string, cause?: unknown): never {
  throw new CountersignError("E_REQ_INCONSISTENT", why, cause === undefined ? undefined : { cause });
}
