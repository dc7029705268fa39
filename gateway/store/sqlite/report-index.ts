import type { Problem } from "#shared/reports/names.ts";
import { isBelowExpected } from "#shared/insights/times.ts";

import type { NewDecision, NewRequest, RequestIndex, StatementRow } from "../rows.ts";
import { patientDigest } from "./patient-digest.ts";
import { reportNames } from "./report-names.ts";
import type { Row, Sql } from "./sql.ts";

/** Bits of `report_rows.problems`. Those of states are set by the trigger of the schema. */
export const PROBLEM_BITS: Readonly<Record<Problem, number>> = {
  "unseen-fields": 1,
  "below-expected": 2,
  revoked: 4,
  failed: 8,
  rejected: 16,
  expired: 32,
};
export const REVIEW = { open: 1, closed: 2 } as const;

/** Writes the index of reports beside what it is about, in the caller's transaction. */
export interface ReportIndex {
  request(request: NewRequest, at: number): void;
  decision(decision: NewDecision): void;
  /** A decision about this revision was refused from V10 on. */
  rejection(rid: string, rev: number): void;
  statement(statement: StatementRow): void;
}

const POOLS = "/pools/";

/** What the row itself says, for a request that came without an index. */
const plainIndex = ({ aud }: NewRequest): RequestIndex => ({
  agent_name: "",
  units: aud.filter((one) => one.includes(POOLS)).map((one) => one.slice(one.lastIndexOf(POOLS) + POOLS.length)),
  identifiers: [],
  blind: false,
  changed: false,
  denied_before: 0,
  claim_chars: 0,
});

export function reportIndex(sql: Sql, key: () => Uint8Array): ReportIndex {
  const names = reportNames(sql);

  function addPatient(n: number, r: NewRequest, identifiers: readonly string[]): void {
    const digests = identifiers.map((value) => patientDigest(key(), "identifier", value));
    if (r.patient !== undefined) digests.push(patientDigest(key(), "ref", r.patient));
    for (const digest of digests) {
      sql.run(
        "INSERT INTO report_patients (patient, iat, n) VALUES (?,?,?) ON CONFLICT DO NOTHING",
        ...[digest, r.iat, n],
      );
    }
  }

  return {
    request(r, at) {
      const index = r.index ?? plainIndex(r);
      const { reading } = index;
      const n = sql
        .one(
          `INSERT INTO report_rows (rid, rev, iat, due_at, agent, model, type, risk, state, changed_at, units, blind, words,
             fields, conflicts, must, quarantined, changed, denied_before, claim_chars)
             VALUES (?,?,?,?,?,?,?,?,'open',?,?,?,?,?,?,?,?,?,?,?) RETURNING n`,
          ...[r.rid, r.rev, r.iat, r.exp, names.number("agent", r.agent, index.agent_name || undefined)],
          ...[index.model === undefined ? null : names.number("model", index.model), names.number("type", r.action)],
          ...[r.risk, at, JSON.stringify(index.units), index.blind ? 1 : 0, reading?.words ?? null],
          ...[reading?.changed_fields ?? null, reading?.conflicts ?? null, reading?.must ?? null],
          ...[reading === undefined ? null : Number(reading.quarantined), index.changed ? 1 : 0],
          ...[index.denied_before, index.claim_chars],
        )
        .int("n");
      for (const unit of new Set(index.units)) {
        sql.run("INSERT INTO report_units (unit, iat, n) VALUES (?,?,?)", names.number("unit", unit), r.iat, n);
      }
      addPatient(n, r, index.identifiers);
    },
    decision({ rid, rev, sub, decision, at, index }) {
      const row = sql.get(
        `SELECT n, iat, words, fields, conflicts, must,
           (SELECT COUNT(*) FROM report_decisions d WHERE d.n = r.n) AS place FROM report_rows r WHERE rid = ? AND rev = ?`,
        ...[rid, rev],
      );
      if (row === undefined) return;
      const n = row.int("n");
      const { unseen, below } = decision === "approve" ? readingProblems(row, index) : {};
      sql.run(
        `INSERT INTO report_decisions (n, place, signer, iat, decision, at, reason, overrides, opened_at, active_ms, unseen,
           below) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`,
        ...[n, row.int("place"), names.number("signer", sub, index?.signer_name), row.int("iat"), decision, at],
        ...[index?.reason ?? null, index && index.overrides.length > 0 ? JSON.stringify(index.overrides) : null],
        ...[index?.opened_at ?? null, index?.active_ms ?? null, unseen ?? null],
        below === undefined ? null : Number(below),
      );
      const problems =
        ((unseen ?? 0) > 0 ? PROBLEM_BITS["unseen-fields"] : 0) | (below === true ? PROBLEM_BITS["below-expected"] : 0);
      // The first decision gives a row its place in the order of decisions: it never moves while somebody pages.
      sql.run(
        `UPDATE report_rows SET decision = ?, decided_at = COALESCE(decided_at, ?), problems = problems | ? WHERE n = ?`,
        ...[decision, at, problems, n],
      );
    },
    rejection(rid, rev) {
      sql.run(
        "UPDATE report_rows SET problems = problems | ? WHERE rid = ? AND rev = ?",
        ...[PROBLEM_BITS.rejected, rid, rev],
      );
    },
    statement({ kind, rid, rev }) {
      if (rid === undefined || (kind !== "flag-decision" && kind !== "close-review")) return;
      sql.run(
        `UPDATE report_rows SET review = ?1 WHERE rid = ?2 AND (?1 = ${String(REVIEW.open)} OR review <> 0)
           AND rev = COALESCE(?3, (SELECT MAX(rev) FROM report_rows WHERE rid = ?2))`,
        ...[kind === "flag-decision" ? REVIEW.open : REVIEW.closed, rid, rev ?? null],
      );
    },
  };
}

/** What an approval says of how it was read; undefined where the request's reading or the decision's was not measured. */
function readingProblems(
  row: Row,
  index: NewDecision["index"],
): { readonly unseen?: number; readonly below?: boolean } {
  const [words, changed_fields, conflicts, must] = ["words", "fields", "conflicts", "must"].map((c) => row.maybeInt(c));
  const { active_ms: activeMs, seen } = index ?? {};
  return {
    ...(must === undefined || seen === undefined ? {} : { unseen: Math.max(0, must - seen) }),
    ...(words === undefined || changed_fields === undefined || conflicts === undefined || activeMs === undefined
      ? {}
      : { below: isBelowExpected(activeMs, { words, changed_fields, conflicts }) }),
  };
}
