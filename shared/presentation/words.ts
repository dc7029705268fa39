/* eslint-disable max-lines -- one catalogue: a translator opens this file and no other */
import type { TextFlag } from "./text-hygiene.ts";

/** Every word that shared/presentation puts on a screen: British English, sentence case. One file, for translators. */

/**
 * What agent text may not pass for (approval-experience.md 3.2(5)): the app's marks of trust, its headings and the
 * prefixes by which texts pose as instructions.
 */
export const IMITATED = [
  "verified",
  "verified by",
  "approved by",
  "already approved",
  "countersign",
  "system:",
  "countersigned",
  "signature valid",
  "approval recorded",
  "from record",
  "will be done",
  "what the agent may do",
  "end of agent's words",
  "no action needed",
  "checks passed",
  "not checked",
  "tier 1",
  "tier 2",
  "tier 3",
] as const;

/** Words of tokens that stand for what is not drawn as itself. */
export const TOKEN_WORDS = {
  blankLines: (count: number): string => `[${String(count)} blank lines]`,
  spaces: (count: number): string => `[${String(count)} spaces]`,
} as const;

/** Units that are written as words: singular and plural. Units not here (mg, mL, mmol) do not inflect. */
export const UNIT_WORDS: Readonly<Record<string, readonly [singular: string, plural: string]>> = {
  microgram: ["microgram", "micrograms"],
  nanogram: ["nanogram", "nanograms"],
  micromole: ["micromole", "micromoles"],
  unit: ["unit", "units"],
  "international unit": ["international unit", "international units"],
  tablet: ["tablet", "tablets"],
  capsule: ["capsule", "capsules"],
  puff: ["puff", "puffs"],
  drop: ["drop", "drops"],
  patch: ["patch", "patches"],
  sachet: ["sachet", "sachets"],
  suppository: ["suppository", "suppositories"],
  application: ["application", "applications"],
  spray: ["spray", "sprays"],
  vial: ["vial", "vials"],
  ampoule: ["ampoule", "ampoules"],
  dose: ["dose", "doses"],
  second: ["second", "seconds"],
  minute: ["minute", "minutes"],
  hour: ["hour", "hours"],
  day: ["day", "days"],
  week: ["week", "weeks"],
  month: ["month", "months"],
  year: ["year", "years"],
};

/** Words that clinical phrases are made of. */
export const CLINICAL_WORDS = {
  per: "per",
  to: "to",
  atMost: "at most",
  atLeast: "at least",
  noUnit: (amount: string): string => `${amount} (no unit stated)`,
  lessThan: "less than",
  moreThan: "more than",
  onceA: "once a",
  twiceA: "twice a",
  threeTimesA: "three times a",
  fourTimesA: "four times a",
  timesA: (times: string, unit: string): string => `${times} times a ${unit}`,
  timesEvery: (times: string, period: string): string => `${times} times every ${period}`,
  every: (period: string): string => `every ${period}`,
  everyOther: (unit: string): string => `every other ${unit}`,
  eachTimeFor: (duration: string): string => `over ${duration} each time`,
  doses: (count: string): string => `${count} ${count === "1" ? "dose" : "doses"} in all`,
  maximum: (dose: string, period: string): string => `maximum ${dose} in ${period}`,
  whenNeeded: "when needed",
  notOnlyWhenNeeded: "regularly, not only when needed",
  whenNeededFor: (reason: string): string => `when needed for ${reason}`,
  at: (time: string): string => `at ${time}`,
  on: (days: string): string => `on ${days}`,
  from: (start: string): string => `from ${start}`,
  until: (end: string): string => `until ${end}`,
  forLength: (length: string): string => `for ${length}`,
  and: "and",
  before: (offset: string, event: string): string => `${offset} before ${event}`,
  after: (offset: string, event: string): string => `${offset} after ${event}`,
  ambiguous: (abbreviation: string, meanings: readonly string[]): string =>
    `${abbreviation} (${meanings.join(" or ")}?)`,
} as const;

/** Codes of FHIR EventTiming and DaysOfWeek. */
export const TIMING_WORDS: Readonly<Record<string, string>> = {
  MORN: "in the morning",
  "MORN.early": "early in the morning",
  "MORN.late": "late in the morning",
  NOON: "at noon",
  AFT: "in the afternoon",
  "AFT.early": "early in the afternoon",
  "AFT.late": "late in the afternoon",
  EVE: "in the evening",
  "EVE.early": "early in the evening",
  "EVE.late": "late in the evening",
  NIGHT: "at night",
  PHS: "after going to sleep",
  HS: "at bedtime",
  WAKE: "on waking",
  C: "with meals",
  CM: "with breakfast",
  CD: "with lunch",
  CV: "with the evening meal",
  AC: "before meals",
  ACM: "before breakfast",
  ACD: "before lunch",
  ACV: "before the evening meal",
  PC: "after meals",
  PCM: "after breakfast",
  PCD: "after lunch",
  PCV: "after the evening meal",
  mon: "Monday",
  tue: "Tuesday",
  wed: "Wednesday",
  thu: "Thursday",
  fri: "Friday",
  sat: "Saturday",
  sun: "Sunday",
};

/** HL7 v3 GTSAbbreviation, as used in Timing.code. */
export const TIMING_CODE_WORDS: Readonly<Record<string, string>> = {
  QD: "once a day",
  BID: "twice a day",
  TID: "three times a day",
  QID: "four times a day",
  QOD: "every other day",
  AM: "in the morning",
  PM: "in the afternoon or evening",
  BED: "at bedtime",
  WK: "once a week",
  MO: "once a month",
  Q1H: "every hour",
  Q2H: "every 2 hours",
  Q3H: "every 3 hours",
  Q4H: "every 4 hours",
  Q6H: "every 6 hours",
  Q8H: "every 8 hours",
  Q12H: "every 12 hours",
};

/** Prescribers' abbreviations with one meaning. Keys are lower case without points, except in `expandedCased`. */
export const ABBREVIATION_WORDS = {
  expanded: {
    qd: "once a day",
    qod: "every other day",
    bd: "twice a day",
    bid: "twice a day",
    tds: "three times a day",
    tid: "three times a day",
    qds: "four times a day",
    qid: "four times a day",
    qhs: "every night at bedtime",
    qam: "every morning",
    qpm: "every evening",
    qh: "every hour",
    tiw: "three times a week",
    biw: "twice a week",
    qwk: "once a week",
    prn: "when needed",
    po: "by mouth",
    iv: "intravenous",
    im: "intramuscular",
    sc: "subcutaneous",
    sq: "subcutaneous",
    subq: "subcutaneous",
    subcut: "subcutaneous",
    sl: "under the tongue",
    pr: "rectal",
    pv: "vaginal",
    ng: "by nasogastric tube",
    stat: "immediately",
    nocte: "at night",
    mane: "in the morning",
    ac: "before meals",
    pc: "after meals",
    npo: "nothing by mouth",
  },
  expandedCased: {
    MSO4: "morphine sulfate",
    MgSO4: "magnesium sulfate",
    MGSO4: "magnesium sulfate",
  },
  ambiguous: {
    MS: ["morphine sulfate", "magnesium sulfate"],
    HS: ["at bedtime", "half strength"],
    hs: ["at bedtime", "half strength"],
    OD: ["once a day", "right eye"],
    Od: ["once a day", "right eye"],
    od: ["once a day", "right eye"],
    "o.d.": ["once a day", "right eye"],
    "O.d.": ["once a day", "right eye"],
    "O.D.": ["once a day", "right eye"],
    OS: ["left eye", "by mouth"],
    OU: ["both eyes", "otherwise unknown"],
    AD: ["right ear", "right eye"],
    AU: ["both ears", "both eyes"],
    DC: ["discharge", "discontinue"],
    "D/C": ["discharge", "discontinue"],
    BT: ["bedtime", "twice a day"],
    SSI: ["sliding scale insulin", "strong solution of iodine"],
    AZT: ["zidovudine", "azathioprine"],
    CPZ: ["prochlorperazine", "chlorpromazine"],
    HCT: ["hydrocortisone", "hydrochlorothiazide"],
    PTU: ["propylthiouracil", "mercaptopurine"],
    TAC: ["triamcinolone", "tetracaine with adrenaline and cocaine"],
    T3: ["liothyronine", "paracetamol with codeine"],
    DTO: ["diluted tincture of opium", "deodorised tincture of opium"],
    IVP: ["intravenous push", "intravenous pyelogram"],
  },
} as const satisfies Record<string, Record<string, string | readonly string[]>>;

/** Routes by their SNOMED CT or HL7 v3 code and by the spellings that are read. */
export const ROUTE_WORDS: readonly {
  readonly word: string;
  readonly codes: readonly string[];
  readonly texts: readonly string[];
}[] = [
  { word: "oral", codes: ["26643006", "PO"], texts: ["oral", "oral route", "oral use", "by mouth", "po"] },
  {
    word: "intravenous",
    codes: ["47625008", "IV", "IVPUSH"],
    texts: ["intravenous", "intravenous route", "intravenous use", "iv"],
  },
  {
    word: "intramuscular",
    codes: ["78421000", "IM"],
    texts: ["intramuscular", "intramuscular route", "intramuscular use", "im"],
  },
  {
    word: "subcutaneous",
    codes: ["34206005", "SQ"],
    texts: ["subcutaneous", "subcutaneous route", "subcutaneous use", "sc", "sq", "subq", "subcut"],
  },
  { word: "sublingual", codes: ["37839007", "SL"], texts: ["sublingual", "sublingual route", "sublingual use", "sl"] },
  { word: "rectal", codes: ["37161004", "PR"], texts: ["rectal", "rectal route", "per rectum", "pr"] },
  { word: "vaginal", codes: ["16857009", "PV"], texts: ["vaginal", "per vagina", "vaginal route", "pv"] },
  { word: "nasal", codes: ["46713006", "NASINHL"], texts: ["nasal", "nasal route", "intranasal"] },
  { word: "to the eye", codes: ["54485002"], texts: ["ophthalmic", "ophthalmic route", "ocular"] },
  { word: "to the ear", codes: ["10547007"], texts: ["otic", "auricular", "otic route"] },
  { word: "on the skin", codes: ["6064005", "TOPICAL"], texts: ["topical", "topical route", "cutaneous"] },
  { word: "transdermal", codes: ["45890007", "TRNSDERM"], texts: ["transdermal", "transdermal route", "td"] },
  {
    word: "inhaled",
    codes: ["447694001", "IPINHL"],
    texts: ["inhaled", "inhalation", "respiratory tract route", "inh"],
  },
  { word: "by nasogastric tube", codes: ["127492001", "NGT"], texts: ["nasogastric", "nasogastric route", "ng"] },
  { word: "intrathecal", codes: ["72607000", "IT"], texts: ["intrathecal", "intrathecal route"] },
];

/** Labels of the parts of an action. */
export const PART_WORDS = {
  medicine: "Medicine",
  codedAs: "Coded as",
  dosage: "dosage",
  sequence: "Step of the dosage",
  dose: "Dose",
  doseKind: "Kind of dose",
  rate: "Rate",
  route: "Route",
  site: "Site",
  method: "Method",
  timing: "When",
  // The values say "when needed" and "maximum" themselves, so that they can stand alone: the labels do not repeat it.
  asNeeded: "Given",
  maximum: "Limit",
  maximumAtOnce: "Maximum at one time",
  maximumEver: "Maximum in a lifetime",
  dosageText: "Dosage in words",
  patientInstruction: "Instruction for the patient",
  additionalInstruction: "Further instruction",
  quantity: "Quantity",
  refills: "Refills",
  supplyDuration: "Supply for",
  firstFill: "First fill",
  firstFillDuration: "First fill for",
  dispenseInterval: "Time between fills",
  validFrom: "Valid from",
  validUntil: "Valid until",
  dispenser: "Dispensed by",
} as const;

/** Contradictions that the app itself found. They repeat parsed values only, never prose. */
export const CONFLICT_WORDS = {
  unit: (printed: string, coded: string): string => `The unit is printed as ${printed} and coded as ${coded}.`,
  route: (printed: string, coded: string): string => `The route is printed as ${printed} and coded as ${coded}.`,
  dose: (text: string, dose: string): string => `The words say ${text}. The structured dose says ${dose}.`,
} as const;

/** Code systems by their short names. Others are shown by their address. */
export const SYSTEM_WORDS: Readonly<Record<string, string>> = {
  "http://snomed.info/sct": "SNOMED CT",
  "http://loinc.org": "LOINC",
  "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
  "https://dmd.nhs.uk": "dm+d",
  "http://hl7.org/fhir/sid/icd-10": "ICD-10",
  "http://www.whocc.no/atc": "ATC",
  "http://hl7.org/fhir/sid/ndc": "NDC",
  "http://unitsofmeasure.org": "UCUM",
  "https://fhir.nhs.uk/Id/nhs-number": "NHS number",
  "https://fhir.nhs.uk/Id/ods-organization-code": "ODS",
};

export const SECTION_WORDS = {
  who: "Patient",
  risk: "Why this needs care",
  conflicts: "Conflicts",
  action: "Will be done if you approve",
  record: "From record",
  scope: "What the agent may do",
  checks: "Checks",
  chain: "Who asks, and earlier steps",
  claims: "Agent's words, not checked",
} as const;

export const WHO_WORDS = {
  patient: "Patient",
  noPatient: "This request names no patient.",
  name: "Name",
  born: "Born",
  died: "Died",
  deceased: "The record says that this patient has died.",
  gender: "Gender",
  nhsNumber: "NHS number",
  oddNhsNumber: "This is not a valid NHS number.",
  identifier: "Identifier",
  mrn: "Hospital number",
  ref: "Record",
} as const;

export const RISK_WORDS = {
  tier: (tier: number): string => `Tier ${String(tier)}`,
  because: (reasons: readonly string[]): string => `Because: ${reasons.map(inSentence).join("; ")}`,
  noReasons: "Routine. No reason for extra care was found.",
  reasonNotGiven: "Policy asks for extra care. It gave no reason.",
  otherReason: "Further reason from the gateway",
  undo: "Can it be undone?",
  reversible: {
    "read-only": "Nothing is changed.",
    reversible: "Yes, it can be reversed.",
    "externally-reversible": "Only by asking whoever receives it.",
    "until-dispensed": "Yes, until it is dispensed.",
    irreversible: "No, it cannot be reversed.",
  },
  decideBy: "Decide by",
  approvers: "Approvers",
  need: (need: number, holdS: number): string =>
    `${need === 1 ? "One approver." : `${String(need)} approvers, each deciding alone.`}${
      holdS === 0 ? "" : ` The gateway holds an approval for ${String(holdS)} seconds, so that it can be revoked.`
    }`,
} as const;

export const RECORD_WORDS = {
  fact: "Record",
  source: { gateway: "Checked by the gateway", ehr: "From record", cds: "From decision support" },
  noTime: "time not stated",
  severity: (sev: string): string =>
    sev === "critical" || sev === "high" ? "Important" : sev === "warning" ? "Take note" : `Severity: ${sev}`,
  missing: "Not stated in this request",
  none: "The gateway states nothing from the record.",
  conflict: "Conflict",
  noChecks: "No check was run.",
  result: { pass: "Passed", fail: "Failed", not_run: "Not checked" },
} as const;

/** Reserved codes of facts (protocol.md 3.5). */
export const FACT_WORDS: Readonly<Record<string, string>> = {
  allergies: "Allergies",
  weight: "Weight",
  "renal-function": "Kidney function",
  pregnancy: "Pregnancy",
  "active-medicine": "Current medicines",
  "last-given": "Last given",
  consent: "Consent",
  "record-version": "Record version",
  sensitivity: "Protected record",
};

export const SCOPE_WORDS = {
  limit: "And nothing else",
  nothingElse: "It may not do anything that is not listed here.",
  required: "Needed for this action",
  droppable: "You may leave this out",
  once: "Once.",
  times: (uses: number): string => `At most ${String(uses)} times.`,
  anyNumber: "Any number of times.",
  until: (time: string): string => `Until ${time}.`,
  noEnd: "No end stated.",
  forPatient: "for this patient",
  anyPatient: "not limited to one patient",
  everything: "everything in the record",
  act: (verbs: string, types: string, whose: string): string => `${capital(verbs)}: ${types}, ${whose}`,
  tool: (tools: string, servers: string, whose: string): string => `Call the tool ${tools} on ${servers}, ${whose}.`,
  opaque: (scope: string): string => `Sign-in scope ${scope}.`,
  verbs: {
    create: "create",
    update: "change",
    patch: "change",
    delete: "delete",
    read: "read",
    search: "search",
  } as Readonly<Record<string, string>>,
  permissions: { c: "create", r: "read", u: "change", d: "delete", s: "search" },
  types: {
    MedicationRequest: "medication orders",
    MedicationStatement: "medication statements",
    Observation: "observations",
    ServiceRequest: "referrals and service requests",
    AllergyIntolerance: "allergies",
    Condition: "problems",
    Patient: "patient details",
    DocumentReference: "documents",
    Task: "tasks",
  } as Readonly<Record<string, string>>,
} as const;

export const CLAIM_WORDS = {
  rationale: "Why the agent asks",
  trigger: "Asked because of",
  triggers: {
    irreversibility: "it cannot be undone",
    magnitude: "its size",
    uncertainty: "uncertainty",
    novelty: "it is new",
    authority_gap: "it is beyond the agent's authority",
    policy_rule: "a rule of policy",
  },
  rule: "Rule named by the agent",
  reference: "Source named by the agent",
  goal: "Goal of the task",
  earlierTitle: (n: number): string => `Title of earlier step ${String(n)}`,
  earlierOutcome: (n: number): string => `Outcome of earlier step ${String(n)}`,
  next: "What the agent plans next",
  attachment: (n: number): string => `Title of document ${String(n)}`,
  masked: "[code hidden]",
} as const;

export const CHAIN_WORDS = {
  agent: "Agent",
  model: "Model",
  owner: "Owner of the agent",
  sub: "Agent's registered name",
  key: "Agent's key",
  certificate: "Agent's certificate",
  obo: "Works for",
  through: "Acting through",
  startedBy: "Started by",
  started: { human: "A person", schedule: "A schedule, not a person", event: "An event, not a person" },
  person: "Person who started it",
  notStated: "Not stated",
  before: "Asked before",
  asked: (asked: number, denied: number): string => `Asked ${String(asked)} times. Denied ${String(denied)} times.`,
  lastDenied: (when: string): string => `Last denied ${when}.`,
  deniedBefore: "The same request was denied before.",
  step: "Step",
  stepOf: (idx: number, of: number | undefined): string =>
    of === undefined ? `Step ${String(idx)} of this task` : `Step ${String(idx)} of ${String(of)} of this task`,
  earlier: (n: number): string => `Earlier step ${String(n)}`,
  unknownOutcome: "Outcome not known to this app",
  outcomes: {
    open: "Waiting for a decision",
    partial: "Waiting for another approver",
    approved: "Approved",
    executing: "Being carried out",
    completed: "Done",
    failed: "Failed",
    denied: "Denied",
    expired: "Expired without a decision",
    withdrawn: "Withdrawn",
    superseded: "Replaced by a newer request",
    revoked: "Revoked",
    lapsed: "Approved, but not used in time",
  } as Readonly<Record<string, string>>,
} as const;

export const HEADLINE_WORDS = {
  newMedicine: "New medication order",
  doNotPerform: "Order not to give or do something",
  lifted: "Lift an order not to give or do something",
  enteredInError: "Mark an entry as entered in error",
  revived: "Put an ended entry back in force",
  retired: "Entry made inactive or stopped",
  stopped: "Stop an order",
  delete: "Delete from the record",
  external: (kind: string): string => `External ${inSentence(kind)}`,
  unknown: "Unknown kind of action",
  actions: {
    "order.create": "New order",
    "order.modify": "Change of an order",
    "order.discontinue": "Stop an order",
    "record.update": "Record update",
    "referral.create": "Referral",
    "data.release": "Release of data",
    "read.bulk": "Reading of many records",
    "tool.call": "Call of a tool",
  } as Readonly<Record<string, string>>,
} as const;

export const ACTION_WORDS = {
  whatHappens: "What happens",
  method: "Kind of message",
  sentTo: "Sent to",
  sentAs: "Sent as",
  version: "Only if the record is still version",
  changes: "Changes",
  other: (n: number): string => `Other content (${String(n)} ${n === 1 ? "field" : "fields"})`,
  rawBody: "Text that will be sent",
  noneStated: "None stated",
  attachment: (n: number, of: number): string => `Document ${String(n)} of ${String(of)}, will be sent`,
  bytes: (size: number): string => `${size.toLocaleString("en-GB")} bytes`,
  sensitive: "Sensitive document",
  patients: "Patients affected",
  reach: "Reach",
} as const;

export const CHANGE_WORDS = {
  words: { added: "Added", removed: "Removed", changed: "Changed", moved: "Moved" },
  only: {
    spacing: "Only spacing differs.",
    case: "Only capital letters differ.",
    normalisation: "Only the encoding of the letters differs.",
    notation: "The same number, written differently.",
    order: "Only the order differs.",
  },
  nothing: "(nothing)",
  none: "Nothing in the record would change.",
  wholeEntry: "Whole entry",
  retired: "The entry as a whole will no longer count.",
  fields: (n: number): string => `${String(n)} ${n === 1 ? "field" : "fields"}`,
  summary: (changed: number, unchanged: number): string =>
    `${String(changed)} ${changed === 1 ? "field changes" : "fields change"}. ${String(unchanged)} ${unchanged === 1 ? "does" : "do"} not.`,
  unchanged: (n: number): string => `${String(n)} unchanged ${n === 1 ? "field" : "fields"}`,
} as const;

/** FHIR's names of elements that say little to a clinician, with the element they are in where it matters. */
export const ELEMENT_WORDS: Readonly<Record<string, string>> = {
  telecom: "phone or email",
  "telecom.system": "kind",
  "telecom.value": "number or address",
  "telecom.use": "used for",
  "identifier.system": "kind",
  "address.postalCode": "postcode",
  "name.given": "given name",
  "name.family": "family name",
  "name.prefix": "title",
  birthDate: "date of birth",
  "coding.system": "code system",
  "coding.display": "words of the code",
  dosageInstruction: "dosage",
};

export const LEAF_WORDS = {
  text: "text",
  number: "number",
  boolean: "yes or no",
  null: "nothing",
  emptyList: "empty list",
  emptyObject: "empty group",
  yes: "yes",
  no: "no",
  whole: "Whole value",
  item: "item",
  unusualName: "Field with an unusual name",
  encoded: (characters: number): string => `${String(characters)} characters of encoded data, not readable here`,
} as const;

export const RAW_WORDS = {
  method: "Kind of message",
  url: "Sent to",
  media: "Sent as",
  body: "Text that will be sent",
  digest: "Its digest",
  before: "Now in record",
  issued: "Issued",
} as const;

/** Why something cannot be approved, or raises the tier. */
export const OBSTACLE_WORDS = {
  text: (code: TextFlag["code"]): string =>
    code === "hidden"
      ? "It contains a hidden character."
      : code === "mixed_script"
        ? "A word mixes letters of different scripts."
        : "A word looks like another one that it is not.",
  oddText: "Unusual characters in the record",
  oddName: "A field with an unusual name",
  imitation: "The agent's words imitate this app or name someone's approval",
  notJson: "The text that will be sent cannot be read as data.",
  patchFails: "The change does not fit the record it was made for.",
  noBase: "What the record holds now is missing, so the change cannot be shown.",
  opaque: "Contains encoded data that cannot be read here",
  unknownNotation: "Notation that this app does not know",
  conflict: "Request and record, or parts of the request, contradict each other",
  failedCheck: "A check failed",
  modifier: "An element that changes the meaning of the rest, which this app cannot put into words.",
  twinKeys: "Two fields of the same group look alike.",
  fewIdentifiers: "The patient has fewer than two identifiers.",
  otherPatient: "This is about another patient.",
  unknownGrant: "A kind of permission that this app does not know.",
  unknownLimit: "A permission with a limit that this app does not know",
  unknownVerb: "A permission with a verb that this app does not know",
  unknownAction: "A kind of action that this app does not know",
  notEnded: "This is called the end of an order, but the order would go on.",
  revives: "Puts an ended entry back in force",
  lifts: "Lifts an order not to give or do something",
  notOnce: "Not limited to one use",
  standingWrite: "Permission to change the record beyond this action",
  notOnePatient: "Permission that is not limited to one patient",
  deletes: "Deletes from the record",
  removes: "Takes something out of the record",
  manyPatients: "More than one patient",
  leavesOrganisation: "Leaves your organisation",
  standing: "Stays in force after this action",
  noView: "No plain-language view of this action",
  tooLong: "Longer than a person can be asked to read.",
} as const;

/** Notes of the app beside a text; hidden characters are drawn as tokens and need none. */
export function flagWords(flag: TextFlag): string | undefined {
  switch (flag.code) {
    case "imitation":
      return "Agent text, not a system message.";
    case "mixed_script":
      return `Letters of different scripts in: ${flag.words.join(", ")}`;
    case "look_alike":
      return `Looks like ${flag.like}, but is not.`;
    case "look_alike_number":
      return "Letters in the place of digits.";
    case "other_digits":
      return "Digits other than 0 to 9.";
    case "typed_token":
      return "A mark in square brackets here was typed; it is not the app's.";
    case "not_nfc":
      return "Letters and accents are encoded in an unusual way.";
    case "hidden":
    case "other_spaces":
    case "pictograph":
    case "padding":
      return undefined;
    default:
      return flag satisfies never;
  }
}

/** In the middle of a sentence: `high-alert medicine`, but `ECG`. */
function inSentence(text: string): string {
  return /^\p{Lu}\p{Lu}/u.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
