import { CountersignError } from "#shared/protocol/error.ts";
import type { DetailItem } from "#shared/reports/items.ts";
import type { ReportPageOf } from "#shared/reports/page.ts";
import type { ReportQueryOf } from "#shared/reports/query.ts";

import { credentialFor, statusFor } from "../audit/credentials.ts";
import type { GatewayContext } from "../context.ts";
import type { Session } from "../core.ts";
import { claimsOf } from "../requests/signed-request.ts";
import type { ReportRow } from "../store/reports.ts";
import type { StoreTx } from "../store/store.ts";
import { purposeOf, recordLook } from "./access.ts";
import { itemOf } from "./item.ts";
import { fillPage } from "./page.ts";
import type { Rights } from "./rights.ts";

/**
 * `history-detail`: every revision of one request that the asker may see, with what a verifier needs beside it.
 * @throws CountersignError `E_REQ_UNKNOWN` where there is none, whatever the reason
 */
export function detailReport(
  context: GatewayContext,
  tx: StoreTx,
  { rights, session }: { readonly session: Session; readonly rights: Rights },
  { name, filter, purpose: why }: ReportQueryOf<"history-detail">,
): ReportPageOf<"history-detail"> {
  const purpose = purposeOf(why);
  const { rid, rev } = filter;
  const rows = tx.reportRowsOf(rid, rights.asker).filter((row) => rev === undefined || row.rev === rev);
  // SECURITY: what is not theirs to see is like what was never there.
  if (rows.length === 0) throw new CountersignError("E_REQ_UNKNOWN");
  const { items } = fillPage(rows, (row) => detailOf(context, rights, row));
  recordLook(context, tx, session, { kind: "report", purpose, said: { name, rid, rev } });
  return { name, view: rights.view, items: [...items], total: rows.length };
}

function detailOf(context: GatewayContext, rights: Rights, row: ReportRow): DetailItem {
  const { store, log } = context;
  const item = itemOf(context, rights, row);
  const stored = store.request(row.rid, row.rev);
  if (!stored) throw new CountersignError("E_STORE_CORRUPT");
  const isErased = stored.erased !== undefined;
  const signed = { request: isErased ? [] : [stored.jws], receipt: item.receipts, event: item.sets };
  const gateway = credentialFor(context, signed);
  if (gateway === undefined) throw new CountersignError("E_STORE_CORRUPT");
  const template = isErased ? undefined : store.published(claimsOf(stored).display.tpl_dig)?.text;
  const status = item.receipts.length === 0 ? undefined : statusFor(context, stored);
  return {
    ...item,
    gateway,
    vkey: log.vkey,
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the store's own text, parsed when it was published
    ...(template === undefined ? {} : { template: JSON.parse(template) as Record<string, unknown> }),
    ...(status === undefined ? {} : { status }),
  };
}
