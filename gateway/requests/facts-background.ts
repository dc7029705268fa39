import { compareDecimals, parseDecimal } from "./facts-decimal.ts";
import { notRun, recordFact, type Check, type Findings, type NewFact, type Severity } from "./facts-fact.ts";
import type { PatientClaim } from "./facts-patient.ts";
import type { Allergy, Gathering, Measured } from "./facts-record.ts";
import { dateWords } from "./facts-time.ts";

/** What a careful prescriber looks at before an order; missing is said as its own sentence (3.3(3)). */
export function allergyFacts(read: Gathering<Allergy>): Findings {
  if (read.kind === "not_read") return unread("allergies", "Allergies", read.why);
  if (read.items.length === 0) {
    const text = "Allergies - not recorded.";
    return { facts: [recordFact({ code: "allergies", label: "Allergies", text, sev: "warning" })], checks: [] };
  }
  return { facts: read.items.map(allergyFact), checks: [] };
}

function allergyFact(allergy: Allergy): NewFact {
  const details = [
    allergy.reaction,
    allergy.criticality === "high" ? "high criticality" : undefined,
    allergy.recorded === undefined ? undefined : `recorded ${dateWords(allergy.recorded)}`,
  ].filter((d) => d !== undefined);
  return recordFact({
    code: "allergies",
    label: "Allergies",
    text: `${allergy.name}${details.length === 0 ? "" : ` (${details.join(", ")})`}`,
    sev: allergy.none_known ? "info" : allergy.criticality === "high" ? "high" : "warning",
    value: allergy.name,
    as_of: allergy.recorded,
    path: allergy.ref,
  });
}

export const weightFacts = (read: Gathering<Measured>): Findings => newest(read, "weight", "Weight", () => "info");

export const renalFacts = (read: Gathering<Measured>): Findings =>
  newest(read, "renal-function", "eGFR", (value) =>
    below(value, "30") ? "high" : below(value, "60") ? "warning" : "info",
  );

export const pregnancyFacts = (read: Gathering<Measured>): Findings =>
  newest(read, "pregnancy", "Pregnancy", (value) => (/^pregnant|confirmed|77386006/i.test(value) ? "high" : "info"));

function newest(
  read: Gathering<Measured>,
  code: string,
  label: string,
  severity: (value: string) => Severity,
): Findings {
  if (read.kind === "not_read") return unread(code, label, read.why);
  const found = read.items[0];
  if (found === undefined) {
    const text = `${label} - not recorded.`;
    return { facts: [recordFact({ code, label, text, sev: code === "weight" ? "warning" : "info" })], checks: [] };
  }
  const amount = found.unit === "" ? found.value : `${found.value} ${found.unit}`;
  const when = found.when === undefined ? "" : ` (${dateWords(found.when)})`;
  const by = found.by_machine ? ", written by a device or an AI" : "";
  return {
    facts: [
      recordFact({
        code,
        label,
        text: `${label} ${amount}${when}${by}`,
        sev: found.by_machine ? "warning" : severity(found.value),
        value: found.value,
        unit: found.unit === "" ? undefined : found.unit,
        as_of: found.when,
        path: found.ref,
      }),
    ],
    checks: [],
  };
}

/** "<30" is below 30. */
function below(value: string, limit: string): boolean {
  const [, comparator = "", number = ""] = /^(<=?)?(.*)$/.exec(value) ?? [];
  const [a, b] = [parseDecimal(number), parseDecimal(limit)];
  if (a === undefined || b === undefined) return false;
  const order = compareDecimals(a, b);
  return comparator === "" ? order < 0 : order <= 0;
}

function unread(code: string, label: string, why: string): Findings {
  const check: Check = notRun(code, `${label} in the record`, why);
  return {
    facts: [recordFact({ code, label, text: `${label} - could not be read.`, sev: "warning" })],
    checks: [check],
  };
}

/** A person recorded as dead: whatever is asked for is probably not meant for them. */
export function deceasedFacts(patient: PatientClaim): readonly NewFact[] {
  const { deceased } = patient;
  if (deceased === undefined || deceased === false) return [];
  const when = typeof deceased === "string" ? ` on ${dateWords(deceased)}` : "";
  return [
    recordFact({
      code: "deceased",
      label: "Deceased",
      text: `The record says that this person died${when}.`,
      sev: "critical",
      path: patient.ref,
      ...(typeof deceased === "string" ? { as_of: deceased } : {}),
    }),
  ];
}
