import { inLanguage } from "../language.ts";

const n = (count: number): string => count.toLocaleString("en-GB");
const rows = (count: number): string => (count === 1 ? "1 record" : `${n(count)} records`);
const were = (count: number, what: string): string => `${rows(count)} ${count === 1 ? "is" : "are"} ${what}`;

/** Words of the export dialog (S9, approval-experience.md 11). */
export const exporting = inLanguage({
  open: "Export…",
  title: "Export",
  gateway: "Gateway",
  period: "Records asked for",
  days: { 7: "In the last 7 days", 28: "In the last 28 days", 90: "In the last 90 days", 365: "In the last 365 days" },
  filtered: "As filtered in the list",
  format: "Format",
  formats: {
    csv: { name: "Table (CSV)", means: "For a spreadsheet. No cell can act as a formula." },
    jsonl: { name: "Events (JSONL)", means: "Every signed object on a line of its own, with its proof in the log." },
    fhir: { name: "FHIR audit events", means: "One R4 AuditEvent for each decision. What did not verify is left out." },
    evidence: {
      name: "Evidence (ZIP)",
      means: "Everything that was signed, for a check without a network. At most 5,000 records.",
    },
  },
  patients: "Patients",
  identifiers: "With patient identifiers",
  noIdentifiers: "Without patient identifiers",
  identifiersMeans: "Names, numbers, dates of birth, and the words of agents and signers are in the file.",
  noIdentifiersMeans:
    "Names, numbers, free text and signed requests are left out. Record numbers stay: who may read the records can join them again.",
  bom: "Mark the file as UTF-8 (some spreadsheets need it)",
  purpose: "Why do you export?",
  recorded:
    "The export is recorded in the gateway's log with your name, the filter, this reason, and the file's digest.",
  cancel: "Cancel",
  begin: "Choose where and export…",
  choosing: "Choose a place in the window that has opened",
  missing: { format: "Choose a format", patients: "Choose with or without patient identifiers", purpose: "Choose why" },
  running: "Exporting",
  progress: (done: number, of: number | undefined): string =>
    of === undefined ? rows(done) : `${n(done)} of ${rows(of)}`,
  checking: "Every record is checked on this computer as it is written.",
  stop: "Stop and remove the file",
  done: "Export complete",
  file: "File",
  count: "Records",
  size: "Size",
  bytes: (bytes: number): string =>
    bytes < 1_000_000 ? `${n(Math.ceil(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`,
  digest: "SHA-256",
  digestMeans: (digest: string): string =>
    `Any change to the file changes this. The gateway's log has it as ${digest}.`,
  checked: "Checked",
  checks: {
    valid: (count: number): string => were(count, "valid"),
    valid_retired: (count: number): string => were(count, "valid, with a key since retired"),
    not_valid: (count: number): string => were(count, "NOT VALID"),
    erased: (count: number): string => `${were(count, "erased")}; what is left holds`,
    cannot_check: (count: number): string => `${rows(count)} could not be checked`,
  },
  leftOut: (count: number): string => `${rows(count)} left out: the format has no place for what this computer found`,
  failed: "The export failed",
  noFile: "No file was kept.",
  cancelled: "Stopped. No file was kept.",
  again: "Try again",
  close: "Close",
} as const);
