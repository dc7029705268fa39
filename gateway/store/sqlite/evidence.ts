import type { EvidenceReads, EvidenceWrites } from "../evidence.ts";
import type { Sql } from "./sql.ts";

const TYPES = ["AuditEvent", "Provenance"] as const;

export function evidenceOf(sql: Sql): EvidenceReads & EvidenceWrites {
  return {
    evidenceCursor: () => sql.get("SELECT leaf FROM evidence_cursor")?.int("leaf"),
    evidenceRefused: (limit) =>
      sql.all("SELECT * FROM evidence_refused ORDER BY at, leaf, part LIMIT ?", limit).map((row) => ({
        ...{ leaf: row.int("leaf"), part: row.int("part"), type: row.oneOf("type", TYPES) },
        ...{ status: row.int("status"), tries: row.int("tries"), at: row.int("at") },
      })),
    setEvidenceCursor(index) {
      sql.run(
        "INSERT INTO evidence_cursor (id, leaf) VALUES (1, ?) ON CONFLICT DO UPDATE SET leaf = excluded.leaf",
        index,
      );
    },
    refuseEvidence({ leaf, part, type, status, at }) {
      sql.run(
        `INSERT INTO evidence_refused (leaf, part, type, status, tries, at) VALUES (?,?,?,?,1,?)
           ON CONFLICT DO UPDATE SET status = excluded.status, tries = tries + 1, at = excluded.at`,
        ...[leaf, part, type, status, at],
      );
    },
    settleEvidence(leaf, part) {
      sql.run("DELETE FROM evidence_refused WHERE leaf = ? AND part = ?", leaf, part);
    },
  };
}
