import type { Checked } from "./checked.ts";

/** The app's words in exports (class K). */
export const COLUMNS = {
  record: "Record",
  revision: "Revision",
  received: "Received (UTC)",
  due: "Decide by (UTC)",
  state: "State",
  decision: "Decision",
  decided: "Decided (UTC)",
  signer: "Signer",
  signer_id: "Signer's identifier",
  reason: "Reason",
  note: "Signer's note",
  overrides: "Approved against",
  tier: "Tier",
  kind: "Kind of action",
  item: "Item",
  patient: "Patient",
  born: "Born",
  patient_ids: "Patient's identifiers",
  agent: "Agent",
  agent_id: "Agent's identifier",
  model: "Agent's model",
  agent_words: "Agent's words - not checked",
  reading: "Active reading (seconds)",
  request_digest: "Digest of the request",
  decision_digest: "Digest of the decision",
  check_words: "Check words",
  log_index: "Place in the log",
  checked: "Checked on the exporting computer",
  finding: "What the check found",
  erased: "Erased (UTC)",
} as const;
export type Column = keyof typeof COLUMNS;

/** Columns that can name a patient, whatever is in them: they are not in the form without patient identifiers. */
export const NAMES_PATIENT: ReadonlySet<Column> = new Set([
  "note",
  "item",
  "patient",
  "born",
  "patient_ids",
  "agent_words",
]);

export const VERDICTS = {
  valid: "Valid",
  valid_retired: "Valid, key since retired",
  not_valid: "NOT VALID",
  cannot_check: "Cannot check",
  erased: "Erased, what is left holds",
} as const satisfies Record<Checked, string>;

/** In the place of what is not there: kept from this reader, or gone for everybody. */
export const WITHHELD = "withheld";
export const ERASED = "erased";
