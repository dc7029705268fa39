import type { PartRole } from "#shared/presentation/clinical/part.ts";

/** Where a row's rule comes from. Each row of the table names one of them. */
export const SOURCES = {
  AC14: "approval-experience.md 13, AC14",
  S4a: "approval-experience.md S4a, the worked example",
  "3.4(4)": "approval-experience.md 3.4(4): text outside a strict number grammar stays raw",
  P19: "approval-experience.md 2, P19: what is not understood is shown raw",
  ISMP: "ISMP, list of error-prone abbreviations, symbols and dose designations",
  "tall man": "ISMP and FDA, look-alike drug names with tall man letters",
  JC: "Joint Commission, official Do Not Use list",
  CUI: "NHS CUI, Medication Line, MEDi-001 to MEDi-053",
  BNF: "British National Formulary, abbreviations used by prescribers",
  "dm+d": "NHS dm+d, names of medicinal products as its editorial policy spells them",
  RxNorm: "RxNorm, normalised names with strengths in MG and ML",
  UCUM: "UCUM, case-sensitive codes",
  "FHIR Dosage": "HL7 FHIR R4, Dosage",
  "FHIR Timing": "HL7 FHIR R4, Timing.repeat",
  "FHIR dispense": "HL7 FHIR R4, MedicationRequest.dispenseRequest",
  EventTiming: "HL7 FHIR R4, value set event-timing",
  "HL7 GTS": "HL7 v3, GTSAbbreviation, as used by Timing.code",
  SNOMED: "SNOMED CT, route of administration",
  site: "the site's own list of names",
  plain: "text that is safe already and stays as it is",
} as const;

export type Source = keyof typeof SOURCES;
/** What was sent, and what is drawn for it. */
export type TextRow = readonly [source: Source, sent: string, shown: string];
/** `sent` is JSON; `asSent` is how it is written beside what is drawn. */
export type PartRow = readonly [source: Source, role: PartRole, sent: string, shown: string, asSent: string];

/** `dosageInstruction.text` that has one meaning. */
export const WRITTEN: readonly TextRow[] = [
  ["AC14", "10U", "10 units"],
  ["AC14", "0.50 mg", "0.5 mg"],
  ["AC14", ".5 mg", "0.5 mg"],
  ["AC14", "1000 units", "1,000 units"],
  ["AC14", "QD", "once a day"],
  ["AC14", "MSO4", "morphine sulfate"],
  ["S4a", "2.0MG PO Q4H PRN", "2 mg by mouth every 4 hours when needed"],
  ["JC", "10 u", "10 units"],
  ["JC", "10 IU", "10 international units"],
  ["JC", "q.d.", "once a day"],
  ["JC", "Q.D.", "once a day"],
  ["JC", "qod", "every other day"],
  ["JC", "Q.O.D.", "every other day"],
  ["JC", "5.0 mg", "5 mg"],
  ["JC", "MgSO4", "magnesium sulfate"],
  ["ISMP", "5 ug", "5 micrograms"],
  ["ISMP", "5 µg", "5 micrograms"],
  ["ISMP", "1 mcg", "1 microgram"],
  ["ISMP", "10 cc", "10 mL"],
  ["ISMP", "5 SQ", "5 subcutaneous"],
  ["ISMP", "SC", "subcutaneous"],
  ["ISMP", "sub q", "sub q"],
  ["ISMP", "subq", "subcutaneous"],
  ["ISMP", "b.i.d.", "twice a day"],
  ["ISMP", "qhs", "every night at bedtime"],
  ["ISMP", "q1d", "every day"],
  ["ISMP", "TIW", "three times a week"],
  ["ISMP", "100000 units", "100,000 units"],
  ["ISMP", "5mg", "5 mg"],
  ["ISMP", "5mL", "5 mL"],
  ["ISMP", "5 mg/mL", "5 mg per mL"],
  ["ISMP", "5. mg", "5 mg"],
  ["ISMP", "0.25 mg", "0.25 mg"],
  ["ISMP", "dose: .5", "dose: 0.5"],
  ["CUI", "5 ml", "5 mL"],
  ["CUI", "2 tabs", "2 tablets"],
  ["CUI", "1 tabs", "1 tablet"],
  ["CUI", "0.5 tablets", "0.5 tablet"],
  ["CUI", "10,000 units", "10,000 units"],
  ["CUI", "20 mg/kg/day", "20 mg per kg per day"],
  ["BNF", "tds", "three times a day"],
  ["BNF", "qds", "four times a day"],
  ["BNF", "nocte", "at night"],
  ["BNF", "mane", "in the morning"],
  ["BNF", "stat", "immediately"],
  ["HL7 GTS", "q6h", "every 6 hours"],
  ["HL7 GTS", "Q4-6H", "every 4 to 6 hours"],
  ["HL7 GTS", "q 12 hrs", "every 12 hours"],
  ["HL7 GTS", "q2wk", "every 2 weeks"],
  ["plain", "5 mg by mouth once a day", "5 mg by mouth once a day"],
  ["plain", "call 07700 900811 on 12/11/2026", "call 07700 900811 on 12/11/2026"],
];

/** `dosageInstruction.text` that nobody can be sure of: it stays, with its meanings, and says so. */
export const UNCLEAR: readonly TextRow[] = [
  ["3.4(4)", "1.000 units", "1.000 units"],
  ["3.4(4)", "2.500 mg", "2.500 mg"],
  ["3.4(4)", "2,5 mg", "2,5 mg"],
  ["3.4(4)", "05 mg", "05 mg"],
  ["3.4(4)", "1.2.3 mg", "1.2.3 mg"],
  ["3.4(4)", "1,00 mg", "1,00 mg"],
  ["ISMP", "take .5 now", "take .5 now"],
  ["P19", "2.0 flumps", "2.0 flumps"],
  ["ISMP", "MS 10 mg", "MS (morphine sulfate or magnesium sulfate?) 10 mg"],
  ["ISMP", "HS", "HS (at bedtime or half strength?)"],
  ["ISMP", "5mg po od", "5 mg by mouth od (once a day or right eye?)"],
  ["ISMP", "o.d.", "o.d. (once a day or right eye?)"],
  ["ISMP", "1 drop OD", "1 drop OD (once a day or right eye?)"],
  ["ISMP", "D/C aspirin", "D/C (discharge or discontinue?) aspirin"],
];

/** `medicationCodeableConcept.text`; the site has "semaGLUTide" on its list. */
export const NAMES: readonly TextRow[] = [
  ["tall man", "HYDROMORPHONE 2.0MG", "HYDROmorphone 2 mg"],
  ["tall man", "hydroxyzine 25 MG Oral Tablet", "hydrOXYzine 25 mg Oral Tablet"],
  ["CUI", "PARACETAMOL 500MG", "paracetamol 500 mg"],
  ["RxNorm", "amoxicillin 500 MG Oral Capsule", "amoxicillin 500 mg Oral Capsule"],
  ["RxNorm", "warfarin sodium 5 MG Oral Tablet", "warfarin sodium 5 mg Oral Tablet"],
  ["dm+d", "Morphine 10mg/5ml oral solution", "Morphine 10 mg per 5 mL oral solution"],
  ["dm+d", "Salbutamol 100micrograms/dose inhaler CFC free", "Salbutamol 100 micrograms per dose inhaler CFC free"],
  [
    "dm+d",
    "Insulin aspart 100units/ml solution for injection",
    "Insulin aspart 100 units per mL solution for injection",
  ],
  ["dm+d", "Heparin sodium 25,000units/5ml injection", "Heparin sodium 25,000 units per 5 mL injection"],
  ["dm+d", "Hydrocortisone 1% cream", "hydroCORTisone 1% cream"],
  ["plain", "Coumadin", "Coumadin"],
  ["site", "SEMAGLUTIDE", "semaGLUTide"],
  ["JC", "MSO4 10 mg", "morphine sulfate 10 mg"],
];

const timing = (json: string, source: Source, shown: string): PartRow => [
  source,
  "timing",
  `{"timing":${json}}`,
  shown,
  json,
];
const dose = (quantity: string, source: Source, shown: string, asSent: string): PartRow => [
  source,
  "dose",
  `{"doseAndRate":[{"doseQuantity":${quantity}}]}`,
  shown,
  asSent,
];

/** One `dosageInstruction` each. */
export const DOSAGE: readonly PartRow[] = [
  timing(`{"repeat":{"frequency":1,"period":1,"periodUnit":"d"}}`, "FHIR Timing", "once a day"),
  timing(`{"repeat":{"frequency":2,"period":1,"periodUnit":"d"}}`, "FHIR Timing", "twice a day"),
  timing(`{"repeat":{"frequency":5,"period":1.0,"periodUnit":"d"}}`, "FHIR Timing", "5 times a day"),
  timing(
    `{"repeat":{"frequency":1,"frequencyMax":2,"period":1,"periodUnit":"d"}}`,
    "FHIR Timing",
    "1 to 2 times a day",
  ),
  timing(`{"repeat":{"frequency":1,"period":4,"periodMax":6,"periodUnit":"h"}}`, "FHIR Timing", "every 4 to 6 hours"),
  timing(`{"repeat":{"frequency":1,"period":1,"periodUnit":"h"}}`, "FHIR Timing", "every hour"),
  timing(`{"repeat":{"frequency":1,"period":2,"periodUnit":"d"}}`, "FHIR Timing", "every other day"),
  timing(`{"repeat":{"frequency":3,"period":2,"periodUnit":"wk"}}`, "FHIR Timing", "3 times every 2 weeks"),
  timing(
    `{"repeat":{"frequency":1,"period":1,"periodUnit":"wk","dayOfWeek":["mon","thu"]}}`,
    "FHIR Timing",
    "once a week, on Monday and Thursday",
  ),
  timing(`{"repeat":{"timeOfDay":["08:00:00","20:30:00"]}}`, "FHIR Timing", "at 08:00 and 20:30"),
  timing(
    `{"repeat":{"frequency":1,"period":1,"periodUnit":"d","boundsDuration":{"value":7,"unit":"days","code":"d"}}}`,
    "FHIR Timing",
    "once a day, for 7 days",
  ),
  timing(
    `{"repeat":{"frequency":1,"period":1,"periodUnit":"d","boundsPeriod":{"start":"2026-11-23","end":"2026-11-30"}}}`,
    "FHIR Timing",
    "once a day, from 23-Nov-2026, until 30-Nov-2026",
  ),
  timing(
    `{"repeat":{"count":3,"duration":2,"durationUnit":"h"}}`,
    "FHIR Timing",
    "over 2 hours each time, 3 doses in all",
  ),
  timing(`{"repeat":{"when":["HS"]}}`, "EventTiming", "at bedtime"),
  timing(`{"repeat":{"offset":30,"when":["ACM"]}}`, "EventTiming", "30 minutes before breakfast"),
  timing(`{"code":{"coding":[{"code":"BID"}]}}`, "HL7 GTS", "twice a day"),
  timing(`{"code":{"text":"QD"}}`, "HL7 GTS", "once a day"),
  timing(
    `{"repeat":{"frequency":1,"period":1,"periodUnit":"d"},"code":{"coding":[{"code":"BID"}]}}`,
    "HL7 GTS",
    "once a day, twice a day",
  ),
  dose(`{"value":2.50,"unit":"mg","code":"mg"}`, "JC", "2.5 mg", "2.50 mg"),
  dose(`{"value":10,"unit":"U"}`, "JC", "10 units", "10 U"),
  dose(`{"value":1000,"unit":"IU"}`, "JC", "1,000 international units", "1000 IU"),
  dose(`{"value":0.5,"unit":"ug"}`, "ISMP", "0.5 microgram", "0.5 ug"),
  dose(`{"value":20000,"unit":"[iU]","code":"[iU]"}`, "UCUM", "20,000 international units", "20000 [iU]"),
  dose(`{"value":2,"unit":"{tbl}","code":"{tbl}"}`, "UCUM", "2 tablets", "2 {tbl}"),
  dose(`{"value":40,"unit":"meq"}`, "UCUM", "40 mEq", "40 meq"),
  dose(`{"value":1.5,"unit":"mg/kg"}`, "CUI", "1.5 mg per kg", "1.5 mg/kg"),
  [
    "FHIR Dosage",
    "dose",
    `{"doseAndRate":[{"doseRange":{"low":{"value":1,"unit":"TAB"},"high":{"value":2,"unit":"TAB"}}}]}`,
    "1 to 2 tablets",
    "1 TAB - 2 TAB",
  ],
  ["FHIR Dosage", "rate", `{"doseAndRate":[{"rateQuantity":{"value":75,"unit":"mL/h"}}]}`, "75 mL per hour", "75 mL/h"],
  [
    "UCUM",
    "rate",
    `{"doseAndRate":[{"rateQuantity":{"value":0.10,"unit":"ug/kg/min"}}]}`,
    "0.1 microgram per kg per minute",
    "0.10 ug/kg/min",
  ],
  [
    "FHIR Dosage",
    "rate",
    `{"doseAndRate":[{"rateRatio":{"numerator":{"value":5.0,"unit":"mg"},"denominator":{"value":1,"unit":"h"}}}]}`,
    "5 mg per hour",
    "5.0 mg / 1 h",
  ],
  [
    "FHIR Dosage",
    "maximum",
    `{"maxDosePerPeriod":{"numerator":{"value":4,"unit":"doses"},"denominator":{"value":24,"unit":"h"}}}`,
    "maximum 4 doses in 24 hours",
    "4 doses / 24 h",
  ],
  ["FHIR Dosage", "maximum", `{"maxDosePerAdministration":{"value":4.0,"unit":"mg"}}`, "4 mg", "4.0 mg"],
  ["BNF", "route", `{"route":{"text":"PO"}}`, "oral", "PO"],
  [
    "SNOMED",
    "route",
    `{"route":{"coding":[{"system":"http://snomed.info/sct","code":"34206005","display":"Subcutaneous route"}]}}`,
    "subcutaneous",
    "Subcutaneous route (SNOMED CT 34206005)",
  ],
  ["FHIR Dosage", "timing", `{"asNeededCodeableConcept":{"text":"pain"}}`, "when needed for pain", "pain"],
  ["FHIR Dosage", "timing", `{"asNeededBoolean":true}`, "when needed", "true"],
];

/** One `dispenseRequest` each. */
export const SUPPLY: readonly PartRow[] = [
  ["FHIR dispense", "supply", `{"quantity":{"value":24.0,"unit":"mL"}}`, "24 mL", "24.0 mL"],
  ["FHIR dispense", "supply", `{"quantity":{"value":1000,"unit":"tabs"}}`, "1,000 tablets", "1000 tabs"],
  ["FHIR dispense", "supply", `{"numberOfRepeatsAllowed":0}`, "0", "0"],
  ["UCUM", "supply", `{"expectedSupplyDuration":{"value":3,"unit":"d","code":"d"}}`, "3 days", "3 d"],
  ["FHIR dispense", "date", `{"validityPeriod":{"end":"2026-12-01"}}`, "01-Dec-2026", "2026-12-01"],
];
