import { z } from "zod";

import type { RequestState } from "#shared/protocol/claims/receipt.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { GatewayContext } from "../context.ts";
import type { Session } from "../core.ts";
import type { RequestRow } from "../store/rows.ts";
import { fillPage } from "../reports/page.ts";
import { evidenceOf, isHidden, provenInOrder } from "./evidence.ts";

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
 * Every request addressed to the asker, newest first, with all that was signed about it (protocol.md 3.20).
 * @throws CountersignError `E_QUERY` for a page mark that was not given out here
 */
export function readHistory(context: GatewayContext, session: Session, query: HistoryQuery): HistoryPage {
  const { from, to, rid, state, patient_ref: patient, limit, page } = query;
  const rows = context.store.requestsFor({
    ...{ aud: context.people.audienceOf(session.sub), from, to, limit: limit + 1 },
    ...(page === undefined ? {} : { before: readMark(page) }),
    ...(rid === undefined ? {} : { rid }),
    ...(state === undefined ? {} : { state }),
    ...(patient === undefined ? {} : { patient }),
  });
  const asked = rows.slice(0, limit);
  const { items, last, isWhole } = fillPage(
    asked.filter(({ erased }) => erased === undefined),
    (row) => itemOf(context, row),
  );
  // Of a page that is through, what was erased at its end is behind it as well, though it may be all of it.
  const end = isWhole ? asked.at(-1) : last;
  const isMore = !isWhole || rows.length > limit;
  return { items, ...(isMore && end ? { next: mark(end) } : {}) };
}

function itemOf(context: GatewayContext, row: RequestRow): Readonly<Record<string, unknown>> {
  const { jws: request, state } = row;
  if (isHidden(row)) {
    return { request, state, decisions: [], receipts: [], sets: [], credentials: [], proofs: [], entries: [] };
  }
  const evidence = evidenceOf(context, row, "all");
  const { decisions, receipts, sets, credentials } = evidence;
  const { proofs, entries } = provenInOrder(context, evidence) ?? { proofs: [], entries: [] };
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
