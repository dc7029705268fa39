import { z } from "zod";

import type { RequestState } from "#shared/protocol/claims/receipt.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { GatewayContext } from "../context.ts";
import type { Session } from "../core.ts";
import { claimsOf } from "../requests/signed-request.ts";
import type { RequestRow } from "../store/rows.ts";
import { evidenceOf, isHidden, provenInOrder } from "./evidence.ts";

/** Largest page, so that it fits a frame (protocol.md 3.20). */
const PAGE_BYTES = 192 * 1024;
/** Patients are not a column of the store (protocol.md 3.19), so a filter by patient reads the requests themselves. */
const BATCH = 100;
const MAX_LOOKED_AT = 1000;

export interface HistoryQuery {
  readonly from: number;
  readonly to: number;
  readonly rid?: string;
  /** `Type/id`, as `patient.ref` of the requests has it. */
  readonly patient_ref?: string;
  readonly state?: RequestState;
  readonly limit: number;
  readonly page?: string;
}
export interface HistoryPage {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly next?: string;
}

/**
 * Every request addressed to the asker, newest first, with all that was signed about it (protocol.md 3.20). A filter by
 * patient looks at a bounded number of requests: a page may hold fewer items than its limit, or none, and still have a next.
 * @throws CountersignError `E_QUERY` for a page mark that was not given out here
 */
export function readHistory(context: GatewayContext, session: Session, query: HistoryQuery): HistoryPage {
  const items: Readonly<Record<string, unknown>>[] = [];
  let [bytes, looked] = [0, 0];
  let last: RequestRow | undefined;
  for (const row of rowsOf(context, session, query)) {
    if (last !== undefined && (items.length === query.limit || looked === MAX_LOOKED_AT)) {
      return { items, next: mark(last) };
    }
    looked++;
    if (query.patient_ref === undefined || claimsOf(row).patient?.ref === query.patient_ref) {
      const item = itemOf(context, row);
      bytes += JSON.stringify(item).length;
      // One item always goes out, else a page would never end.
      if (bytes > PAGE_BYTES && items.length > 0 && last !== undefined) return { items, next: mark(last) };
      items.push(item);
    }
    last = row;
  }
  return { items };
}

/** What the query selects, read in batches as it is asked for. */
function* rowsOf(context: GatewayContext, session: Session, query: HistoryQuery): Generator<RequestRow> {
  const aud = context.people.audienceOf(session.sub);
  const { from, to, rid, state } = query;
  const limit = query.patient_ref === undefined ? query.limit + 1 : BATCH;
  let before = query.page === undefined ? undefined : readMark(query.page);
  for (;;) {
    const rows = context.store.requestsFor({
      ...{ aud, from, to, limit },
      ...(before ? { before } : {}),
      ...(rid === undefined ? {} : { rid }),
      ...(state === undefined ? {} : { state }),
    });
    yield* rows;
    before = rows.at(-1);
    if (rows.length < limit || before === undefined) return;
  }
}

function itemOf(context: GatewayContext, row: RequestRow): Readonly<Record<string, unknown>> {
  const { jws: request, state } = row;
  if (isHidden(row)) {
    return { request, state, decisions: [], receipts: [], sets: [], credentials: [], proofs: [], entries: [] };
  }
  const { decisions, receipts, sets, credentials } = evidenceOf(context, row, "all");
  const { proofs, entries } = provenInOrder(context, row, decisions) ?? { proofs: [], entries: [] };
  return { request, state, decisions, receipts, sets, credentials, proofs, entries };
}

const pageMark = z.tuple([z.int(), z.string()]);

const mark = ({ iat, rid }: RequestRow): string => Buffer.from(JSON.stringify([iat, rid])).toString("base64url");

function readMark(page: string): { iat: number; rid: string } {
  try {
    const [iat, rid] = pageMark.parse(JSON.parse(Buffer.from(page, "base64url").toString()));
    return { iat, rid };
  } catch (cause) {
    throw new CountersignError("E_QUERY", undefined, { cause });
  }
}
