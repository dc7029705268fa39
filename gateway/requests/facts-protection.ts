import { recordFact, type Findings } from "./facts-fact.ts";
import { codingsOf, listAt, textAt, type Members } from "./facts-json.ts";

/** Code of the fact; policy reads the labels of the patient from its value. */
export const PROTECTION = "sensitivity";

/** HL7 v3 Confidentiality that is no more than usual. */
const USUAL = new Set(["N", "L", "M", "U"]);
/** Where labels stand that say how protected something is (HL7 v3, R4 valueset-security-labels). */
const SYSTEMS = new Set([
  "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
  "http://terminology.hl7.org/CodeSystem/v3-ActCode",
  "",
]);
const WORDS: Readonly<Record<string, string>> = { R: "restricted", V: "very restricted" };

/** Whether the patient's own record is labelled as specially protected (`meta.security`). */
export function protectionFacts(patient: Members): Findings {
  const codings = codingsOf({ coding: [...listAt(patient, "meta", "security")] });
  const codes = [...new Set(codings.filter(({ system }) => SYSTEMS.has(system)).map(({ code }) => code))];
  const labels = codes.filter((code) => /^[A-Z][A-Za-z0-9-]{0,15}$/.test(code) && !USUAL.has(code));
  if (labels.length === 0) return { facts: [], checks: [] };
  const said = labels.map((code) => (WORDS[code] === undefined ? code : `${code} (${WORDS[code]})`)).join(", ");
  const id = textAt(patient, "id");
  return {
    facts: [
      recordFact({
        ...{ code: PROTECTION, label: "Protected record", sev: "warning" },
        text: `The patient's record is labelled as protected: ${said}.`,
        value: labels.join(" "),
        ...(id === undefined ? {} : { path: `Patient/${id}` }),
      }),
    ],
    checks: [],
  };
}
