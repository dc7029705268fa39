import { jdig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";
import type { HistoryItem, StatementEvidence } from "#shared/reports/items.ts";

import { leftOf } from "../audit/erased.ts";
import { evidenceOf, proofOf, provenInOrder } from "../audit/evidence.ts";
import type { GatewayContext } from "../context.ts";
import type { Erased } from "../store/erased.ts";
import type { AnsweredStatement, RequestRow } from "../store/rows.ts";
import type { ReportRow } from "../store/reports.ts";
import type { Rights } from "./rights.ts";

const REVIEWING: ReadonlySet<string> = new Set(["flag-decision", "close-review"]);

/** One row with its evidence, in the form that the asker's roles open (docs/decisions/0012). */
export function itemOf(context: GatewayContext, rights: Rights, row: ReportRow): HistoryItem {
  const request = storedRequest(context, row);
  const { erased } = request;
  if (erased !== undefined) return erasedItem(context, rights, row, { request, erased });
  // SECURITY: who decided on an open blind quorum sees their own decision and no other's (protocol.md 3.20.2).
  const only = row.blindOpen ? (kid: string) => context.people.key(kid)?.claims.sub === rights.asker.sub : undefined;
  const evidence = evidenceOf(context, request, "all", only);
  const { decisions, receipts, sets, credentials } = evidence;
  const proven = provenInOrder(context, evidence);
  const isClinical = rights.mayReadClinical(row);
  const withheld = isClinical ? [] : decisions.flatMap((jws, i) => (hasOwnWords(jws) ? [i] : []));
  return {
    ...{ rid: row.rid, rev: row.rev, state: row.state },
    ...(isClinical
      ? { request: request.jws }
      : { withheld: { reason: "clinical" as const, request: request.dig, decisions: withheld } }),
    decisions: decisions.map((jws, i) => (withheld.includes(i) ? null : jws)),
    ...{ receipts: [...receipts], sets: [...sets], credentials: [...credentials] },
    proofs: [...(proven?.proofs ?? [])],
    entries: [...(proven?.entries ?? [])],
    attention: rights.maySeeAttention(row) || (row.mine && isOwnAlone(decisions, rights.asker.sub)),
    statements: statementsOn(context, rights, row, isClinical),
    ...(row.review === undefined || !maySeeReview(rights, row) ? {} : { review: row.review }),
  };
}

/** Of what was erased: all that is left of it, for whoever may find the row. */
function erasedItem(
  context: GatewayContext,
  rights: Rights,
  row: ReportRow,
  { request, erased }: { readonly request: RequestRow; readonly erased: Erased },
): HistoryItem {
  const { withheld, ...left } = leftOf(context, request, erased);
  return {
    ...left,
    withheld: { ...withheld, decisions: left.decisions.map((_, i) => i) },
    attention: false,
    statements: [],
    ...(row.review === undefined || !maySeeReview(rights, row) ? {} : { review: row.review }),
  };
}

function storedRequest({ store }: GatewayContext, { rid, rev }: ReportRow): RequestRow {
  const request = store.request(rid, rev);
  if (!request) throw new CountersignError("E_STORE_CORRUPT");
  return request;
}

/** Words of a signer's own may be about a patient; codes and digests are not. */
function hasOwnWords(jws: string): boolean {
  const { reason, overrides = [], emg } = readStored("decision", jws);
  return reason?.text !== undefined || emg !== undefined || overrides.some(({ text }) => text !== undefined);
}

/** A row with another's decision in it shows how that was read as well. */
const isOwnAlone = (decisions: readonly string[], sub: string): boolean =>
  decisions.every((jws) => readStored("decision", jws).sub === sub);

const maySeeReview = ({ roles }: Rights, { inUnit }: ReportRow): boolean => inUnit || roles.has("auditor");

/** What was said about a decision is for those who review it, and each for its author. */
function statementsOn(
  context: GatewayContext,
  rights: Rights,
  row: ReportRow,
  isClinical: boolean,
): StatementEvidence[] {
  return context.store
    .statementsOn(row.rid)
    .filter(({ kind, rev }) => REVIEWING.has(kind) && (rev ?? row.rev) === row.rev)
    .filter((said) => said.sub === rights.asker.sub || maySeeReview(rights, row))
    .filter((said) => isClinical || !hasOwnText(said))
    .map((said) => statementEvidence(context, said));
}

export const hasOwnText = ({ jws }: Pick<AnsweredStatement, "jws">): boolean =>
  readStored("statement", jws).reason?.text !== undefined;

/** A statement with its answer, its author's credential and, once it is under a checkpoint, its place in the log. */
export function statementEvidence(
  context: GatewayContext,
  { jws, receipt, kid }: AnsweredStatement,
): StatementEvidence {
  const credential = context.people.key(kid)?.jws;
  const proven = proofOf(context, jdig(context.crypto, jws));
  return { statement: jws, receipt, ...(credential === undefined ? {} : { credential }), ...proven };
}
