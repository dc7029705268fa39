import type { AuditMarkName, AuditMarkReads, AuditMarkWrites } from "../audit-marks.ts";
import { MIGRATIONS } from "./schema.ts";
import type { Sql } from "./sql.ts";
import type { StoreKeys } from "./store-keys.ts";

const rowOf = (name: AuditMarkName): string => `audit_${name}`;

/**
 * SECURITY: sealed by the store's key, which is not in the file, for its own place: whoever edits the database at rest can take
 * a mark away and can make or move none. After a schema step none opens, since rows may have moved.
 */
const placeOf = (name: AuditMarkName): string => `audit ${name} of schema ${String(MIGRATIONS.length)}`;

/** Names of the rows that an older copy takes with it: what is restored is audited whole. */
export const AUDIT_ROWS: readonly string[] = [rowOf("mark"), rowOf("round")];

export function auditMarksOf(sql: Sql, keys: Pick<StoreKeys, "wrap" | "unwrap">): AuditMarkReads & AuditMarkWrites {
  return {
    auditMark(name) {
      const kept = sql.get("SELECT value FROM meta WHERE name = ?", rowOf(name))?.text("value");
      return kept === undefined
        ? undefined
        : keys.unwrap(placeOf(name), Buffer.from(kept, "base64url")).toString("utf8");
    },
    keepAuditMark(name, text) {
      sql.run(
        "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        ...[rowOf(name), keys.wrap(placeOf(name), Buffer.from(text)).toString("base64url")],
      );
    },
    dropAuditMark(name) {
      sql.run("DELETE FROM meta WHERE name = ?", rowOf(name));
    },
  };
}
