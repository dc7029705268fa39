import { AUDIT_ROWS } from "./audit-marks.ts";
import { openDatabase } from "./database.ts";
import { MIGRATIONS } from "./schema.ts";

/** Name of the row that says so, until the first start has dealt with it. */
export const RESTORED = "restored";

/**
 * Makes a copy of a database one that was restored: its feed gets another epoch with the next opening, since the sequence
 * after the backup was lost (protocol.md 3.4.4), and it remembers `record` until {@link RegistryWrites.settleRestored}.
 */
export function markRestored(file: string, record: string): void {
  const db = openDatabase(file, { access: "alone", migrations: MIGRATIONS });
  try {
    db.exec("BEGIN IMMEDIATE");
    // Its next start audits it whole before it serves (docs/decisions/0018).
    for (const name of ["feed_epoch", ...AUDIT_ROWS]) db.prepare("DELETE FROM meta WHERE name = ?").run(name);
    db.prepare(
      "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    ).run(RESTORED, record);
    db.exec("COMMIT");
  } finally {
    db.close();
  }
}
