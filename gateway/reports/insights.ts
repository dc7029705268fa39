import { REQUEST_STATES } from "#shared/protocol/claims/receipt.ts";
import type { InsightDecision, InsightFact } from "#shared/reports/items.ts";
import { COUNTED_ROWS } from "#shared/reports/names.ts";
import type { ReportPageOf } from "#shared/reports/page.ts";
import { ReportError, type ReportQueryOf } from "#shared/reports/query.ts";
import { expectedMs } from "#shared/insights/times.ts";

import type { GatewayContext } from "../context.ts";
import type { Session } from "../core.ts";
import type { ReportDecision, ReportRow } from "../store/reports.ts";
import type { StoreTx } from "../store/store.ts";
import { purposeOf, recordLook } from "./access.ts";
import { allowedFilter, type AllowedFilter } from "./allowed.ts";
import { attentionGroups } from "./attention-groups.ts";
import { counted } from "./history.ts";
import { fillPage } from "./page.ts";
import { pageMarks } from "./page-mark.ts";
import type { Rights } from "./rights.ts";

/** Rows of a page; its bytes end it sooner where there is much to tell. */
const PAGE_FACTS = 500;
/** A revision that was replaced is counted by its successor. */
const STATES = REQUEST_STATES.filter((state) => state !== "superseded");

/**
 * `insights`: numbers and codes of each request. Who sees how others read has a purpose and leaves an `access` leaf.
 * @throws ReportError `E_QUERY_BROAD`, `E_FORBIDDEN`
 */
export function insightsReport(
  context: GatewayContext,
  tx: StoreTx,
  { rights, session }: { readonly session: Session; readonly rights: Rights },
  { name, filter, page, purpose: why }: ReportQueryOf<"insights">,
): ReportPageOf<"insights"> {
  mayCountBy(rights, filter.signers);
  const purpose = rights.view.attention ? purposeOf(why) : undefined;
  const narrowed = allowedFilter(rights, filter);
  const allowed: AllowedFilter = { ...narrowed, filter: { ...narrowed.filter, states: STATES } };
  const key = tx.reportKey();
  const marks = pageMarks(key, context.now, [session.sub, name, filter, purpose ?? null]);
  const total = page === undefined ? notTooMany(counted(context, tx, allowed)) : {};
  const { rows, rest } = tx.reportRows({
    ...allowed,
    ...{ sort: { by: "received", newestFirst: true }, limit: PAGE_FACTS },
    ...(page === undefined ? {} : { after: marks.read(page) }),
  });
  const { items, last, isWhole } = fillPage(rows, (row) => factOf(tx, rights, row));
  const next = isWhole ? rest : last?.place;
  if (page === undefined && purpose !== undefined) {
    recordLook(context, tx, session, { kind: "report", purpose, said: { name, filter } });
  }
  return {
    ...{ name, view: rights.view, items: [...items] },
    ...(next === undefined ? {} : { next: marks.make(next) }),
    ...(page === undefined ? { ...total, groups: attentionGroups(tx, allowed) } : {}),
  };
}

/** SECURITY: figures of one person are that person's and a reviewer's (README decision 12). */
function mayCountBy({ view, asker }: Rights, signers: readonly string[] | undefined): void {
  if (signers === undefined || view.attention || signers.every((signer) => signer === asker.sub)) return;
  throw new ReportError("E_FORBIDDEN", "Figures of single people are for a designated reviewer.", {
    pointer: "/filter/signers",
  });
}

function notTooMany(found: ReturnType<typeof counted>): { total?: number } {
  const { total, fits } = found;
  if (fits === undefined) return total === undefined ? {} : { total };
  throw new ReportError(
    "E_QUERY_BROAD",
    `More than ${String(COUNTED_ROWS)} requests. Ask for a shorter time: from ${new Date(fits.from * 1000).toISOString()} on it would fit.`,
    { fits },
  );
}

function factOf(tx: StoreTx, rights: Rights, row: ReportRow): InsightFact {
  const { reading } = row;
  const isSeen = rights.maySeeAttention(row);
  const decisions = tx
    .reportDecisions(row.place.n)
    .filter(({ signer }) => !row.blindOpen || signer === rights.asker.sub);
  const isOwn = row.mine && decisions.every(({ signer }) => signer === rights.asker.sub);
  return {
    // It leads to who decided, so where that may not be seen it is not told.
    ...(isSeen || isOwn ? { rid: row.rid } : {}),
    ...{ rev: row.rev, agent: row.agent, agent_name: row.agent_name, type: row.type, risk: row.risk },
    ...(row.model === undefined ? {} : { model: row.model }),
    units: [...row.units],
    ...{ received_at: row.iat, due_at: row.due_at, ended_at: row.changed_at, outcome: row.state },
    decisions: decisions.map((decision) => toldOf(decision, isSeen || decision.signer === rights.asker.sub)),
    ...(reading === undefined
      ? {}
      : {
          ...{ words: reading.words, changed_fields: reading.changed_fields, conflicts: reading.conflicts },
          ...{ expected_ms: expectedMs(reading), quarantined: reading.quarantined },
        }),
    ...{ changed: row.changed, denied_before: row.denied_before, claim_chars: row.claim_chars },
    flagged: row.review !== undefined,
  };
}

function toldOf(
  { signer, decision, at, reason, overrides, ...read }: ReportDecision,
  isSeen: boolean,
): InsightDecision {
  const kind = decision === "approve" || decision === "deny" ? decision : "revoke";
  return {
    ...{ kind, at, overrides: [...overrides] },
    ...(reason === undefined ? {} : { reason }),
    ...(isSeen ? { signer, ...read } : {}),
  };
}
