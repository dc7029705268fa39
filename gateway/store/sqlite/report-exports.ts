import type { ExportRecord, ReportReads, ReportWrites } from "../reports.ts";
import { present, type Row, type Sql } from "./sql.ts";

function exportOf(row: Row): ExportRecord {
  const finishedAt = row.maybeInt("finished_at");
  return {
    n: row.int("n"),
    id: row.text("id"),
    sub: row.text("sub"),
    at: row.int("at"),
    said: row.text("said"),
    record: row.text("record"),
    index: row.int("idx"),
    ...present("announced_rows", row.maybeInt("announced_rows")),
    ...(finishedAt === undefined
      ? {}
      : {
          finished: {
            ...{ at: finishedAt, rows: row.int("rows"), index: row.int("finished_idx") },
            ...present("digest", row.maybeText("digest")),
          },
        }),
  };
}

export function reportExports(sql: Sql): Pick<ReportReads, "exportRecord" | "exportRecords"> & ReportWrites {
  return {
    exportRecord(id) {
      const row = sql.get("SELECT * FROM exports WHERE id = ?", id);
      return row && exportOf(row);
    },
    exportRecords: ({ from, to, sub, before, limit }) =>
      sql
        .all(
          `SELECT * FROM exports WHERE at >= ? AND at < ? AND (?3 IS NULL OR sub = ?3) AND n < ? ORDER BY n DESC LIMIT ?`,
          ...[from, to, sub ?? null, before?.n ?? Number.MAX_SAFE_INTEGER, limit],
        )
        .map(exportOf),
    addExport(e) {
      sql.run(
        "INSERT INTO exports (id, sub, at, said, record, idx, announced_rows) VALUES (?,?,?,?,?,?,?)",
        ...[e.id, e.sub, e.at, e.said, e.record, e.index, e.announced_rows ?? null],
      );
    },
    finishExport: (id, { at, rows, digest, index }) =>
      sql.run(
        "UPDATE exports SET finished_at = ?, rows = ?, digest = ?, finished_idx = ? WHERE id = ? AND finished_at IS NULL",
        ...[at, rows, digest ?? null, index, id],
      ) === 1,
  };
}
