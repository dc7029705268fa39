import type { Sql } from "./sql.ts";

/** Kinds of names that rows of reports hold by number. */
export type NameKind = "agent" | "model" | "type" | "unit" | "signer";

export interface ReportNames {
  /** Number of a name, a new one where it is not there; `label` is what people call it, the newest of them. */
  number(kind: NameKind, value: string, label?: string): number;
  find(kind: NameKind, value: string): number | undefined;
  /** Numbers of those that are there, as a JSON list. */
  known(kind: NameKind, values: readonly string[]): string;
  /** Numbers of names whose value or label holds the text, as a JSON list; letters of both cases alike. */
  like(kind: NameKind, text: string): string;
}

export function reportNames(sql: Sql): ReportNames {
  return {
    number(kind, value, label) {
      const row = sql.get("SELECT id, label FROM report_names WHERE kind = ? AND value = ?", kind, value);
      if (row === undefined) {
        return sql
          .one("INSERT INTO report_names (kind, value, label) VALUES (?,?,?) RETURNING id", kind, value, label ?? "")
          .int("id");
      }
      const id = row.int("id");
      if (label !== undefined && label !== row.text("label")) {
        sql.run("UPDATE report_names SET label = ? WHERE id = ?", label, id);
      }
      return id;
    },
    find: (kind, value) => sql.get("SELECT id FROM report_names WHERE kind = ? AND value = ?", kind, value)?.int("id"),
    known: (kind, values) =>
      sql
        .one(
          `SELECT json_group_array(id) AS ids FROM report_names
             WHERE kind = ? AND value IN (SELECT value FROM json_each(?))`,
          ...[kind, JSON.stringify(values)],
        )
        .text("ids"),
    like: (kind, text) =>
      sql
        .one(
          `SELECT json_group_array(id) AS ids FROM report_names
             WHERE kind = ?1 AND (instr(lower(value), lower(?2)) > 0 OR instr(lower(label), lower(?2)) > 0)`,
          ...[kind, text],
        )
        .text("ids"),
  };
}
