import type { RequestClaims } from "#shared/protocol/claims/request.ts";

export type PatientClaim = NonNullable<RequestClaims["patient"]>;

/** `WATERS, Shauna (Mrs)` (NHS CUI Patient Banner PAB-0033..0036); without a family name, the name as the record shows it. */
export function formatPersonName(patient: Pick<PatientClaim, "name" | "family" | "given" | "prefix">): string {
  const { family, given = [], prefix } = patient;
  if (family === undefined || family === "") return patient.name;
  const first = given.length === 0 ? "" : `, ${given.join(" ")}`;
  return `${family.toUpperCase()}${first}${prefix === undefined || prefix === "" ? "" : ` (${prefix})`}`;
}

export const NHS_NUMBER_SYSTEM = "https://fhir.nhs.uk/Id/nhs-number";

/** Ten digits whose last is the modulus 11 check digit (NHS Data Dictionary). */
export function isNhsNumber(value: string): boolean {
  if (!/^[0-9]{10}$/.test(value)) return false;
  const sum = Array.from(value.slice(0, 9)).reduce((total, digit, i) => total + Number(digit) * (10 - i), 0);
  const check = (11 - (sum % 11)) % 11;
  return check < 10 && check === Number(value[9]);
}

/** `999 728 7652`: an NHS number in groups of 3, 3 and 4 (NHS CUI NHS Number); any other identifier as it is. */
export function formatIdentifier(system: string, value: string): string {
  const digits = value.replaceAll(" ", "");
  if (system !== NHS_NUMBER_SYSTEM || !/^[0-9]{10}$/.test(digits)) return value;
  return `${digits.slice(0, 3)} ${digits.slice(3, 6)} ${digits.slice(6)}`;
}
