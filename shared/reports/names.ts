/** The closed lists of reports (protocol.md 3.20). What a role may see of each is decided in the gateway alone. */

export const REPORT_NAMES = ["history", "history-detail", "insights", "agents", "exports"] as const;
export type ReportName = (typeof REPORT_NAMES)[number];

/** Roles of a credential that read more than their own decisions; any other role is an approver's. */
export const REPORT_ROLES = ["supervisor", "reviewer", "auditor"] as const;
export type ReportRole = (typeof REPORT_ROLES)[number];

/**
 * Why somebody looks at what may be about a patient: codes of HL7 v3 PurposeOfUse, as FHIR's `AuditEvent.authorization`
 * has them.
 */
export const PURPOSES = ["TREAT", "PATSFTY", "HQUALIMP", "HCOMPL", "HLEGAL", "PATRQT", "HSYSADMIN"] as const;
export type PurposeCode = (typeof PURPOSES)[number];

/**
 * What can be wrong with a decided request as the gateway knows it; a signature is checked by whoever reads. The first two
 * are attention data: README decision 12.
 */
export const PROBLEMS = ["unseen-fields", "below-expected", "revoked", "failed", "rejected", "expired"] as const;
export type Problem = (typeof PROBLEMS)[number];
export const ATTENTION_PROBLEMS: ReadonlySet<Problem> = new Set(["unseen-fields", "below-expected"]);

export const SORT_KEYS = ["received", "decided"] as const;
export type SortKey = (typeof SORT_KEYS)[number];

export const EXPORT_FORMATS = ["csv", "jsonl", "fhir", "evidence"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Counting stops here: `total` of one more means "more than". */
export const COUNTED_ROWS = 10_000;
/** Rows that one export may announce. */
export const EXPORTED_ROWS = 100_000;
/** Rows of a page, before its size in bytes ends it. */
export const PAGE_ROWS = 100;
