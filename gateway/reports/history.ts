import { COUNTED_ROWS } from "#shared/reports/names.ts";
import type { ReportPageOf } from "#shared/reports/page.ts";
import type { ReportQueryOf } from "#shared/reports/query.ts";

import type { GatewayContext } from "../context.ts";
import type { Session } from "../core.ts";
import type { ReportPlace, ReportRow } from "../store/reports.ts";
import type { StoreTx } from "../store/store.ts";
import { filterForRecord, purposeOf, recordLook } from "./access.ts";
import { allowedFilter, type AllowedFilter } from "./allowed.ts";
import { itemOf } from "./item.ts";
import { fillPage } from "./page.ts";
import { pageMarks } from "./page-mark.ts";
import type { Rights } from "./rights.ts";

/** `history`: rows in their order, a page at a time; the first page is written down as a look. */
export function historyReport(
  context: GatewayContext,
  tx: StoreTx,
  asking: { readonly session: Session; readonly rights: Rights },
  query: ReportQueryOf<"history">,
): ReportPageOf<"history"> {
  const { rights, session } = asking;
  const purpose = purposeOf(query.purpose);
  const { name, filter, sort, at, limit, page } = query;
  const allowed = allowedFilter(rights, filter);
  const key = tx.reportKey();
  const marks = pageMarks(key, context.now, [session.sub, name, filter, sort, at ?? null, purpose]);
  const after = page === undefined ? (at === undefined ? undefined : { key: at, n: 0 }) : marks.read(page);
  const walk = rowsOf(tx, { ...allowed, sort: { by: sort.by, newestFirst: sort.order === "newest" } }, limit, after);
  const { items, last, isWhole } = fillPage(walk.rows, (row) => itemOf(context, rights, row));
  const next = isWhole ? walk.rest() : last?.place;
  if (page === undefined) {
    const said = { name, filter: filterForRecord(key, filter), sort, at };
    recordLook(context, tx, session, { kind: "report", purpose, said });
  }
  return {
    name,
    view: rights.view,
    items: [...items],
    ...(next === undefined ? {} : { next: marks.make(next) }),
    ...(page === undefined ? counted(context, tx, allowed, COUNTED_ROWS, PAGE_LOOKS) : {}),
  };
}

/** Rows that fill most pages, by their evidence. */
const USUAL = 16;

/** The rows of a page; those beyond what usually fits are looked for only where there is room for them. */
function rowsOf(
  tx: StoreTx,
  query: Omit<Parameters<StoreTx["reportRows"]>[0], "limit" | "after">,
  limit: number,
  begin: ReportPlace | undefined,
): { readonly rows: Iterable<ReportRow>; rest(): ReportPlace | undefined } {
  let rest = begin;
  function* rows(): Generator<ReportRow> {
    for (const most of [Math.min(limit, USUAL), limit - USUAL]) {
      if (most <= 0) return;
      const found = tx.reportRows({ ...query, limit: most, ...(rest === undefined ? {} : { after: rest }) });
      rest = found.rest;
      yield* found.rows;
      // Fewer than were asked for: nothing is left, or enough was looked at for one answer.
      if (found.rows.length < most || rest === undefined) return;
    }
  }
  return { rows: rows(), rest: () => rest };
}

/** Beside a page nobody waits for a count that takes long. */
const PAGE_LOOKS = 2;
/** Where the count decides whether there is an answer at all. */
const LOOKS = 5;

/** `total` and `fits` of a first page. */
export function counted(
  { now }: GatewayContext,
  tx: StoreTx,
  allowed: AllowedFilter,
  most = COUNTED_ROWS,
  looks = LOOKS,
): { total?: number; fits?: { from: number; to: number } } {
  const found = tx.countReportRows({ ...allowed, most, looks });
  if (!found) return {};
  const { total, from } = found;
  return { total, ...(from === undefined ? {} : { fits: { from, to: allowed.filter.to ?? now() + 1 } }) };
}
