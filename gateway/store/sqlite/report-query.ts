import { RISKS } from "#shared/protocol/claims/request.ts";
import { REQUEST_STATES } from "#shared/protocol/claims/receipt.ts";

import type { ReportDecision, ReportPlace, ReportReads, ReportRow } from "../reports.ts";
import {
  allOf,
  BLIND_OPEN,
  conditions,
  fragment,
  resolve,
  scope,
  standing,
  type Fragment,
  type Resolved,
} from "./report-conditions.ts";
import { driverFor, type Driver } from "./report-drivers.ts";
import { REVIEW } from "./report-index.ts";
import { reportNames } from "./report-names.ts";
import { ownJson, present, type Row, type Sql } from "./sql.ts";

/** Rows that one answer looks at: some tens of milliseconds, in which no decision is judged. */
const MOST_LOOKED_AT = 20_000;

const COLUMNS = `r.n, r.rid, r.rev, r.iat, r.due_at, r.risk, r.state, r.changed_at, r.units, r.review, r.words, r.fields,
  r.conflicts, r.must, r.quarantined, r.changed, r.denied_before, r.claim_chars, ag.value AS agent, ag.label AS agent_name,
  ty.value AS type, mo.value AS model, (${BLIND_OPEN}) AS blind_open`;
/** CROSS: names are looked up for each row, never walked along. */
const NAMED = `CROSS JOIN report_names ag ON ag.id = r.agent CROSS JOIN report_names ty ON ty.id = r.type
  LEFT JOIN report_names mo ON mo.id = r.model`;

/** Readings are taken of so many answers' worth of rows. */
const READ_PAGES = 5;

function rowReading(row: Row): Pick<ReportRow, "reading"> {
  const [words, changed_fields, conflicts, must] = ["words", "fields", "conflicts", "must"].map((c) => row.maybeInt(c));
  if (words === undefined || changed_fields === undefined || conflicts === undefined || must === undefined) return {};
  return { reading: { words, changed_fields, conflicts, must, quarantined: row.maybeInt("quarantined") === 1 } };
}

function rowOf(row: Row, key: number): ReportRow {
  const review = (["open", "closed"] as const).find((state) => REVIEW[state] === row.int("review"));
  return {
    place: { key, n: row.int("n") },
    rid: row.text("rid"),
    rev: row.int("rev"),
    iat: row.int("iat"),
    due_at: row.int("due_at"),
    agent: row.text("agent"),
    agent_name: row.text("agent_name"),
    ...present("model", row.maybeText("model")),
    type: row.text("type"),
    risk: row.oneOf("risk", RISKS),
    state: row.oneOf("state", REQUEST_STATES),
    changed_at: row.int("changed_at"),
    units: ownJson<string[]>(row.text("units")),
    mine: row.int("mine") === 1,
    inUnit: row.int("in_unit") === 1,
    blindOpen: row.int("blind_open") === 1,
    ...rowReading(row),
    changed: row.int("changed") === 1,
    denied_before: row.int("denied_before"),
    claim_chars: row.int("claim_chars"),
    ...present("review", review),
  };
}

type DecisionReading = Pick<ReportDecision, "active_ms" | "unseen_fields" | "below_expected">;

const decisionReading = (row: Row): DecisionReading => ({
  ...present("active_ms", row.maybeInt("active_ms")),
  ...present("unseen_fields", row.maybeInt("unseen")),
  ...(row.maybeInt("below") === undefined ? {} : { below_expected: row.int("below") === 1 }),
});

const decisionOf = (row: Row): ReportDecision => ({
  signer: row.text("signer"),
  decision: row.text("decision"),
  at: row.int("at"),
  overrides: ownJson<string[]>(row.maybeText("overrides") ?? "[]"),
  ...present("reason", row.maybeText("reason")),
  ...present("opened_at", row.maybeInt("opened_at")),
  ...decisionReading(row),
});

export function reportReads(
  sql: Sql,
  key: () => Uint8Array,
  mostLookedAt = MOST_LOOKED_AT,
): Omit<ReportReads, "exportRecord" | "exportRecords" | "reportKey"> {
  const names = reportNames(sql);
  const run = ({ sql: text, values }: Fragment): Row[] => sql.once(text, ...values);

  return {
    reportRows({ asker, filter, sort, limit, after }) {
      const resolved = resolve(sql, names, key, { asker, filter });
      const walk = walked(driverFor(resolved, sort.by), resolved, sort.newestFirst);
      const begun = after ?? jumped(resolved, sort);
      const end = placeOf(run(walk.nth(begun, mostLookedAt)).at(0));
      const found = run(walk.rows(resolved, { after: begun, until: end, limit: limit + 1 }));
      const rows = found.slice(0, limit).map((row) => rowOf(row, row.int("k")));
      const last = found.length > limit ? rows.at(-1)?.place : end;
      return { rows, ...(last === undefined ? {} : { rest: last }) };
    },
    countReportRows({ asker, filter, most, looks }) {
      const resolved = resolve(sql, names, key, { asker, filter });
      const walk = walked(driverFor(resolved, "received"), resolved, true);
      const start = jumped(resolved, { by: "received", newestFirst: true });
      // Of rows that match cheaply there may be more: it is counted until it is too many or nothing is left.
      const end = placeOf(run(walk.nth(start, mostLookedAt * looks)).at(0));
      const counted = run(walk.count(resolved, { after: start, until: end, limit: most + 1 })).at(0);
      const total = counted?.int("total") ?? 0;
      if (total > most) return { total, from: (counted?.int("oldest") ?? 0) + 1 };
      return end === undefined ? { total } : undefined;
    },
    reportRowsOf(rid, asker) {
      const resolved = resolve(sql, names, key, { asker, filter: {} });
      const stands = standing(resolved);
      const where = allOf([fragment("r.rid = ?", rid), scope(resolved)]);
      return run({
        sql: `SELECT ${COLUMNS}, ${stands.sql} FROM report_rows r ${NAMED} WHERE ${where.sql} ORDER BY r.rev DESC`,
        values: [...stands.values, ...where.values],
      }).map((row) => rowOf(row, row.int("iat")));
    },
    reportDecisions: (n) =>
      sql
        .all(
          `SELECT d.*, s.value AS signer FROM report_decisions d JOIN report_names s ON s.id = d.signer
             WHERE d.n = ? ORDER BY d.place`,
          n,
        )
        .map(decisionOf),
    agentCounts(agent, asker, newest) {
      const id = names.find("agent", agent) ?? -1;
      const where = conditions(resolve(sql, names, key, { asker, filter: {} }));
      const rows = run({
        sql: `SELECT r.state, COUNT(*) AS count, COUNT(CASE WHEN r.review = 1 THEN 1 END) AS reviews
                FROM (SELECT n FROM report_rows WHERE agent = ? ORDER BY iat DESC, n DESC LIMIT ?) l
                CROSS JOIN report_rows r ON r.n = l.n WHERE ${where.sql} GROUP BY r.state`,
        values: [id, newest, ...where.values],
      });
      const iat = sql.one(
        `SELECT (SELECT MIN(iat) FROM report_rows WHERE agent = ?1) AS first,
           (SELECT MAX(iat) FROM report_rows WHERE agent = ?1) AS last`,
        id,
      );
      return {
        states: Object.fromEntries(rows.map((row) => [row.text("state"), row.int("count")])),
        openReviews: rows.reduce((sum, row) => sum + row.int("reviews"), 0),
        ...present("first_at", iat.maybeInt("first")),
        ...present("last_at", iat.maybeInt("last")),
      };
    },
    reportAgents: () =>
      sql
        .all("SELECT value, label FROM report_names WHERE kind = 'agent' ORDER BY value")
        .map((row) => ({ agent: row.text("value"), name: row.text("label") })),
    reportReadings({ asker, filter, most }) {
      const resolved = resolve(sql, names, key, { asker, filter });
      const walk = walked(driverFor(resolved, "received"), resolved, true);
      const until = placeOf(run(walk.nth(undefined, mostLookedAt * READ_PAGES)).at(0));
      return run(walk.readings(resolved, { after: undefined, until, limit: most })).map((row) => ({
        ...{ agent: row.text("agent"), type: row.text("type") },
        ...decisionReading(row),
        ...rowReading(row),
      }));
    },
    isBlindOpen: (rid) => sql.get(`SELECT 1 FROM report_rows r WHERE r.rid = ? AND ${BLIND_OPEN}`, rid) !== undefined,
  };
}

const placeOf = (row: Row | undefined): ReportPlace | undefined =>
  row === undefined ? undefined : { key: row.int("k"), n: row.int("n") };

/** A filter by time begins where it says and does not walk there. */
function jumped(
  { filter: { from, to } }: Resolved,
  sort: { readonly by: string; readonly newestFirst: boolean },
): ReportPlace | undefined {
  if (sort.by !== "received") return undefined;
  if (sort.newestFirst) return to === undefined ? undefined : { key: to, n: 0 };
  return from === undefined ? undefined : { key: from, n: 0 };
}

interface Stretch {
  readonly after: ReportPlace | undefined;
  readonly until: ReportPlace | undefined;
  readonly limit: number;
}

/** Statements along one list in one direction. */
function walked(driver: Driver, { filter }: Resolved, newestFirst: boolean) {
  const beyond = newestFirst ? "<" : ">";
  const upTo = newestFirst ? ">=" : "<=";
  const word = newestFirst ? "DESC" : "ASC";
  const { table, join, key, n, where } = driver;
  const order = `ORDER BY ${key} ${word}, ${n} ${word}`;
  const past = (place: ReportPlace | undefined): Fragment[] =>
    place === undefined
      ? []
      : [
          fragment(
            `${key} ${beyond}= ? AND (${key} ${beyond} ? OR ${n} ${beyond} ?)`,
            ...[place.key, place.key, place.n],
          ),
        ];
  const within = (place: ReportPlace | undefined): Fragment[] =>
    place === undefined
      ? []
      : [fragment(`${key} ${upTo} ? AND (${key} <> ? OR ${n} ${upTo} ?)`, ...[place.key, place.key, place.n])];
  // The other end of a filter by time ends the walk.
  const bounds: Fragment[] = [];
  if (key.endsWith(".iat")) {
    if (filter.from !== undefined) bounds.push(fragment(`${key} >= ?`, filter.from));
    if (filter.to !== undefined) bounds.push(fragment(`${key} < ?`, filter.to));
  }
  const stretch = ({ after, until }: Omit<Stretch, "limit">): Fragment =>
    allOf([where, ...bounds, ...past(after), ...within(until)]);

  return {
    /** The place of the row that many further on; nothing where there are not so many. */
    nth(after: ReportPlace | undefined, count: number): Fragment {
      const there = stretch({ after, until: undefined });
      return {
        sql: `SELECT ${key} AS k, ${n} AS n FROM ${table} WHERE ${there.sql} ${order} LIMIT 1 OFFSET ?`,
        values: [...there.values, count - 1],
      };
    },
    rows(resolved: Resolved, { after, until, limit }: Stretch): Fragment {
      const stands = standing(resolved);
      const there = allOf([stretch({ after, until }), conditions(resolved)]);
      return {
        sql: `SELECT ${key} AS k, ${COLUMNS}, ${stands.sql} FROM ${table} ${join} ${NAMED}
                WHERE ${there.sql} ${order} LIMIT ?`,
        values: [...stands.values, ...there.values, limit],
      };
    },
    readings(resolved: Resolved, { after, until, limit }: Stretch): Fragment {
      const there = allOf([stretch({ after, until }), conditions(resolved)]);
      return {
        sql: `SELECT ag.value AS agent, ty.value AS type, r.words, r.fields, r.conflicts, r.must, r.quarantined, m.active_ms,
                m.unseen, m.below FROM ${table} ${join} CROSS JOIN report_decisions m ON m.n = r.n
                CROSS JOIN report_names ag ON ag.id = r.agent CROSS JOIN report_names ty ON ty.id = r.type
                WHERE ${there.sql} AND m.decision = 'approve' AND m.active_ms IS NOT NULL AND NOT (${BLIND_OPEN})
                ${order} LIMIT ?`,
        values: [...there.values, limit],
      };
    },
    count(resolved: Resolved, { after, until, limit }: Stretch): Fragment {
      const there = allOf([stretch({ after, until }), conditions(resolved)]);
      return {
        sql: `SELECT COUNT(*) AS total, MIN(k) AS oldest FROM
                (SELECT ${key} AS k FROM ${table} ${join} WHERE ${there.sql} ${order} LIMIT ?)`,
        values: [...there.values, limit],
      };
    },
  };
}
