import { inconsistent, type BoundPatient } from "./patient.ts";

/** Search parameters that name a patient: alone, typed (`subject:Patient`), by identifier, or chained. */
const ABOUT = /^(patient|subject|for|beneficiary)(?::(Patient|identifier|missing))?(?:\.([A-Za-z_-]+))?$/;

/**
 * C10 for a search: every value that names a patient names this one (protocol.md 3.5).
 * @returns true when it names the patient at least once
 * @throws CountersignError `E_REQ_INCONSISTENT`
 */
export function checkSearch(
  type: string,
  query: readonly (readonly [name: string, value: string])[],
  patient: BoundPatient | undefined,
): boolean {
  let named = false;
  for (const [name, value] of query) {
    const kind = kindOf(type, name);
    const values = value.split(",");
    if (kind === "reference" || kind === "identifier") {
      named = true;
      for (const one of values) checkValue(kind, one, patient);
    } else if (kind === "unknown") {
      inconsistent(`The address looks patients up by ${name}.`);
    } else {
      for (const one of values) if (/(?:^|\/)Patient\//.test(one)) checkValue("reference", one, patient);
    }
  }
  if (type === "Patient" && query.length > 0 && patient && !named) {
    inconsistent("The address searches patients without naming the request's.");
  }
  return named;
}

type Kind = "reference" | "identifier" | "other" | "unknown";

function kindOf(type: string, name: string): Kind {
  if (type === "Patient") {
    if (name === "_id") return "reference";
    if (name === "identifier") return "identifier";
    return "other";
  }
  const [, parameter, modifier, chained] = ABOUT.exec(name) ?? [];
  if (parameter === undefined) return /^(?:patient|subject|for|beneficiary)[:.]/.test(name) ? "unknown" : "other";
  if (modifier === "missing") return "unknown";
  if (chained === undefined) return modifier === "identifier" ? "identifier" : "reference";
  if (chained === "_id") return "reference";
  return chained === "identifier" ? "identifier" : "unknown";
}

function checkValue(kind: "reference" | "identifier", value: string, patient: BoundPatient | undefined): void {
  const mine =
    patient !== undefined &&
    (kind === "reference" ? value === patient.id || value === patient.ref : hasToken(patient, value));
  if (!mine) inconsistent("The address names another patient.");
}

/** A FHIR token, `system|value` or `value`. */
function hasToken(patient: BoundPatient, token: string): boolean {
  const bar = token.indexOf("|");
  return bar < 0
    ? patient.hasIdentifier(undefined, token)
    : patient.hasIdentifier(token.slice(0, bar) === "" ? undefined : token.slice(0, bar), token.slice(bar + 1));
}
