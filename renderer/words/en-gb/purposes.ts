import { inLanguage } from "../language.ts";

/** Why somebody looks at history or exports it: the same words and order wherever it is asked (protocol.md 3.20.2). */
export const purposes = inLanguage({
  choices: [
    { code: "TREAT", text: "Care of the patient" },
    { code: "PATSFTY", text: "Patient safety" },
    { code: "HQUALIMP", text: "Quality improvement" },
    { code: "HCOMPL", text: "Compliance or audit" },
    { code: "HLEGAL", text: "Legal request" },
    { code: "PATRQT", text: "The patient asked" },
    { code: "HSYSADMIN", text: "Running the system" },
  ],
  words: "In your own words (optional)",
} as const);
