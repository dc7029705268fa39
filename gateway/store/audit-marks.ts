/** How far the store was audited (docs/decisions/0018): what serving relies on, and how far a round that goes on is. */
export type AuditMarkName = "mark" | "round";

export interface AuditMarkReads {
  /**
   * Exactly what this store kept under the name; undefined where it kept nothing.
   * @throws CountersignError `E_STORE_CORRUPT` for what it did not keep: changed, of another store, under another key, or of
   * before a schema step
   */
  auditMark(name: AuditMarkName): string | undefined;
}
export interface AuditMarkWrites {
  keepAuditMark(name: AuditMarkName, text: string): void;
  dropAuditMark(name: AuditMarkName): void;
}
