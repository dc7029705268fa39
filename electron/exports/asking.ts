import { CountersignError } from "#shared/protocol/error.ts";
import type { GatewayBody } from "#shared/protocol/messages.ts";
import type { HistoryFilter, Purpose } from "#shared/reports/filter.ts";
import { detailItem, exportItem, historyItem, type DetailItem, type HistoryItem } from "#shared/reports/items.ts";
import { PAGE_ROWS, type ExportFormat, type ReportName } from "#shared/reports/names.ts";

import type { Link } from "../connection/link.ts";

const ANSWER_MS = 60_000;

export interface ExportWish {
  readonly format: ExportFormat;
  readonly filter: HistoryFilter;
  readonly identifiers: boolean;
  readonly purpose: Purpose;
}

/** What an export asks a gateway (protocol.md 3.20.2). @throws CountersignError `E_CLI_OFFLINE`, `E_CLM_SHAPE`, what it refused with */
export function exportAsking(link: Pick<Link, "call">) {
  async function report(name: ReportName, body: object): Promise<GatewayBody<"report.page">> {
    const answer = await link.call("report.query", { name, filter: {}, ...body }, "report.page", ANSWER_MS);
    if (answer.body.name !== name) throw new CountersignError("E_CLM_SHAPE");
    return answer.body;
  }
  async function exportsOf(filter: object, purpose: Purpose) {
    const { items } = await report("exports", { filter, purpose });
    const item = exportItem.safeParse(items[0]);
    if (!item.success) throw new CountersignError("E_CLM_SHAPE");
    return item.data;
  }
  return {
    /** Before the first row is fetched: the entry of the log. */
    announce: ({ format, filter, identifiers, purpose }: ExportWish) =>
      exportsOf({ announce: { format, rows: filter, identifiers } }, purpose),

    finish: (id: string, rows: number, digest: string, purpose: Purpose) =>
      exportsOf({ finish: { export: id, rows, digest } }, purpose),

    /** Rows of one page, in the order of the gateway. Those that cannot be read are counted and spoil no other. */
    async rows({ filter, purpose }: ExportWish, next: string | undefined) {
      const more = next === undefined ? {} : { page: next };
      const sort = { by: "received", order: "newest" };
      const body = await report("history", { filter, sort, limit: PAGE_ROWS, purpose, ...more });
      const items = body.items.map((item) => historyItem.safeParse(item).data).filter((item) => item !== undefined);
      return { items, unread: body.items.length - items.length, next: body.next };
    },

    async detail({ rid, rev }: HistoryItem, purpose: Purpose): Promise<DetailItem | undefined> {
      const { items } = await report("history-detail", { filter: { rid, rev }, purpose });
      const found = items.flatMap((item) => detailItem.safeParse(item).data ?? []);
      return found.find((item) => item.rid === rid && item.rev === rev);
    },
  };
}
