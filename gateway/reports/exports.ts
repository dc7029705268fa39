import type { ExportsFilter, Purpose } from "#shared/reports/filter.ts";
import type { ExportItem } from "#shared/reports/items.ts";
import { EXPORTED_ROWS, PAGE_ROWS } from "#shared/reports/names.ts";
import type { ReportPageOf } from "#shared/reports/page.ts";
import { ReportError, type ReportQueryOf } from "#shared/reports/query.ts";

import type { GatewayContext } from "../context.ts";
import type { Session } from "../core.ts";
import type { ExportRecord } from "../store/reports.ts";
import type { StoreTx } from "../store/store.ts";
import { filterForRecord, purposeOf, recordLook } from "./access.ts";
import { allowedFilter } from "./allowed.ts";
import { counted } from "./history.ts";
import { fillPage } from "./page.ts";
import { pageMarks } from "./page-mark.ts";
import type { Rights } from "./rights.ts";

type Announce = Extract<ExportsFilter, { announce: unknown }>["announce"];
type Finish = Extract<ExportsFilter, { finish: unknown }>["finish"];
interface Asking {
  readonly session: Session;
  readonly rights: Rights;
}

/**
 * `exports`: announced before its first row, finished after its last, each an `access` leaf; or the list of them, an
 * auditor's of everybody's.
 */
export function exportsReport(
  context: GatewayContext,
  tx: StoreTx,
  asking: Asking,
  query: ReportQueryOf<"exports">,
): ReportPageOf<"exports"> {
  const { name, filter, purpose } = query;
  const one = (item: ExportItem): ReportPageOf<"exports"> => ({ name, view: asking.rights.view, items: [item] });
  if ("announce" in filter) return one(announce(context, tx, asking, filter.announce, purposeOf(purpose)));
  if ("finish" in filter) return one(finish(context, tx, asking, filter.finish, purposeOf(purpose)));
  return list(context, tx, asking, query, filter.list);
}

function announce(
  context: GatewayContext,
  tx: StoreTx,
  { rights, session }: Asking,
  { format, rows, identifiers }: Announce,
  purpose: Purpose,
): ExportItem {
  if (identifiers && rights.asker.all && rights.asker.units.length === 0) {
    throw new ReportError("E_FORBIDDEN", "An auditor's export names no patient.", {
      pointer: "/filter/announce/identifiers",
    });
  }
  const allowed = allowedFilter(rights, rows, "/filter/announce/rows");
  const { total, fits } = counted(context, tx, allowed, EXPORTED_ROWS);
  if (fits) {
    throw new ReportError(
      "E_QUERY_BROAD",
      `More than ${String(EXPORTED_ROWS)} rows. From ${new Date(fits.from * 1000).toISOString()} on it would fit; export the rest by itself.`,
      { fits },
    );
  }
  const said = { format, identifiers, filter: filterForRecord(tx.reportKey(), rows) };
  const id = context.uuid();
  const { record, index } = recordLook(context, tx, session, {
    ...{ kind: "export", purpose },
    said: { export: id, ...said },
  });
  tx.addExport({
    ...{ id, sub: session.sub, at: context.now(), record, index },
    // SECURITY: its words are in the record alone, which is sealed for them.
    said: JSON.stringify({ format, identifiers, purpose: { code: purpose.code } }),
    ...(total === undefined ? {} : { announced_rows: total }),
  });
  return itemFor(tx, id);
}

function finish(
  context: GatewayContext,
  tx: StoreTx,
  { session }: Asking,
  { export: id, rows, digest }: Finish,
  purpose: Purpose,
): ExportItem {
  const announced = tx.exportRecord(id);
  // SECURITY: somebody else's is like one that was never announced.
  if (announced?.sub !== session.sub || announced.finished) {
    throw new ReportError("E_QUERY", "No export of yours with this name is under way.", {
      pointer: "/filter/finish/export",
    });
  }
  const told = digest === undefined ? {} : { digest };
  const { index } = recordLook(context, tx, session, {
    ...{ kind: "export-end", purpose, ref: announced.record },
    said: { export: id, rows, ...told },
  });
  tx.finishExport(id, { at: context.now(), rows, index, ...told });
  return itemFor(tx, id);
}

function list(
  context: GatewayContext,
  tx: StoreTx,
  { rights, session }: Asking,
  { name, page }: ReportQueryOf<"exports">,
  filter: { readonly from?: number | undefined; readonly to?: number | undefined },
): ReportPageOf<"exports"> {
  const marks = pageMarks(tx.reportKey(), context.now, [session.sub, name, filter]);
  const records = tx.exportRecords({
    ...{ from: filter.from ?? 0, to: filter.to ?? Number.MAX_SAFE_INTEGER, limit: PAGE_ROWS + 1 },
    ...(rights.asker.all ? {} : { sub: session.sub }),
    ...(page === undefined ? {} : { before: marks.read(page) }),
  });
  const { items, last, isWhole } = fillPage(records.slice(0, PAGE_ROWS), (record) =>
    exportItem(tx, record, session.sub),
  );
  const isMore = !isWhole || records.length > PAGE_ROWS;
  return {
    ...{ name, view: rights.view, items: [...items] },
    ...(isMore && last ? { next: marks.make({ key: last.at, n: last.n }) } : {}),
  };
}

function itemFor(tx: StoreTx, id: string): ExportItem {
  const record = tx.exportRecord(id);
  if (!record) throw new Error(`There is no export ${id}.`);
  return exportItem(tx, record, record.sub);
}

function exportItem(
  tx: StoreTx,
  { id, sub, at, said, record, index, announced_rows, finished }: ExportRecord,
  asker: string,
): ExportItem {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the store's own text, written by `announce`
  const { format, identifiers, purpose } = JSON.parse(said) as Pick<ExportItem, "format" | "identifiers" | "purpose">;
  return {
    ...{ export: id, by: sub, at, format, identifiers, record, index },
    // SECURITY: why somebody exported, in their own words, may name a patient: an auditor gets the code (docs/decisions/0012).
    purpose: { ...purpose, ...(sub === asker ? wordsOf(tx, record) : {}) },
    ...(announced_rows === undefined ? {} : { announced_rows }),
    ...(finished === undefined ? {} : { finished }),
  };
}

/** Its own words, until they are erased with the record that holds them. */
function wordsOf(tx: StoreTx, record: string): Pick<Purpose, "text"> {
  const kept = tx.published(record);
  if (kept === undefined || kept.erased !== undefined) return {};
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- `recordLook` of this store wrote it
  const { purpose } = JSON.parse(kept.text) as { readonly purpose: Purpose };
  return purpose.text === undefined ? {} : { text: purpose.text };
}
