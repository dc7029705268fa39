import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { GatewayContext } from "../context.ts";
import type { Raised } from "../core.ts";
import type { RequestDraft } from "../ports.ts";
import type { NewRequest, RequestRow } from "../store/rows.ts";
import type { StoreTx } from "../store/store.ts";
import { watchRequest, WAITING, type WithdrawReason } from "./ends.ts";
import { offer, openRequest } from "./open.ts";
import { askedEnough, claimsFor, keepKey, noteAgent, pendingAnswer, prepare, publishRules, repeated } from "./raise.ts";
import { claimsOf, signRequest } from "./signed-request.ts";

/**
 * The agent's own correction of a request that still waits: everything is gathered and judged anew, earlier approvals do
 * not carry over (protocol.md 3.11).
 * The same again under the same idempotency key is the same revision.
 * @throws CountersignError `E_REQ_UNKNOWN` (not this agent's), `E_REQ_TERMINAL`, `E_IDEMPOTENCY`, and what `prepare` throws
 */
export async function reviseRequest(context: GatewayContext, rid: string, draft: RequestDraft): Promise<Raised> {
  const before = repeated(context, draft, rid);
  if (before) return before;
  waitingRequestOf(context, rid, draft.agent);
  const prepared = await prepare(context, draft);
  if (prepared.kind !== "ask") return prepared;
  return context.store.write((tx) => {
    // A retry that came while facts were gathered.
    const meanwhile = repeated(context, draft, rid);
    if (meanwhile) return meanwhile;
    const old = waitingRequestOf(context, rid, draft.agent);
    const { txn } = claimsOf(old);
    const claims = claimsFor(context, tx, prepared, { rid, rev: old.rev + 1, prev: old.dig, txn });
    const enough = askedEnough(context, tx, claims);
    if (enough) return enough;
    publishRules(context, tx, prepared.verdict);
    noteAgent(context, tx, prepared);
    keepKey(context, tx, draft, rid);
    return pendingAnswer(context, supersede(context, tx, old, claims));
  });
}

function waitingRequestOf({ store }: GatewayContext, rid: string, agent: string): RequestRow {
  const request = store.currentRequest(rid);
  if (request?.agent !== agent) throw new CountersignError("E_REQ_UNKNOWN");
  if (request.state !== "open" && request.state !== "partial") throw new CountersignError("E_REQ_TERMINAL");
  return request;
}

/** What people are told who had a revision and no longer do. */
interface Withdrawal {
  readonly by: string;
  readonly reason: WithdrawReason;
}

/**
 * Replaces a waiting revision by the next one, which is open. Who had the old one gets `action.updated`, who is new to
 * it `action.pending`, who no longer has it `action.withdrawn`.
 * @throws CountersignError `E_REQ_TERMINAL` when the old one was decided meanwhile
 */
export function supersede(
  context: GatewayContext,
  tx: StoreTx,
  old: RequestRow,
  claims: RequestClaims,
  gone: Withdrawal = { by: context.iss, reason: "gateway" },
): NewRequest {
  const { pen, now } = context;
  if (!tx.moveRequest(old.rid, old.rev, WAITING, "superseded", now())) throw new CountersignError("E_REQ_TERMINAL");
  endApprovals(tx, old);
  const next = signRequest(context, claims);
  openRequest(context, tx, next);
  const both = old.aud.filter((aud) => next.aud.includes(aud));
  const left = old.aud.filter((aud) => !next.aud.includes(aud));
  pen.tell(tx, old, {
    name: "request-superseded",
    members: { by_rev: next.rev },
    leaf: { out: "superseded" },
    ...(both.length > 0 ? { carrier: "action.updated", beside: next, to: both } : {}),
  });
  if (left.length > 0) {
    pen.tell(tx, old, { name: "request-withdrawn", members: { ...gone }, carrier: "action.withdrawn", to: left });
  }
  offer(
    context,
    tx,
    next,
    next.aud.filter((aud) => !old.aud.includes(aud)),
  );
  return next;
}

/** Approvals of a revision that is no more do not count anywhere. */
export function endApprovals(tx: StoreTx, { rid, rev }: Pick<RequestRow, "rid" | "rev">): void {
  for (const decision of tx.decisions(rid, rev)) if (decision.live) tx.endDecision(decision.dig);
}

/**
 * A fresh revision of the same content with its own life: after the key behind an approval is gone (protocol.md 3.13).
 * `old` must have ended.
 */
export function reissue(context: GatewayContext, tx: StoreTx, old: RequestRow): NewRequest {
  const claims = claimsOf(old);
  const shift = context.now() - claims.iat;
  const next = signRequest(context, nextRevision(context, claims, old, { exp: claims.exp + shift }));
  openRequest(context, tx, next);
  offer(context, tx, next);
  tx.afterCommit(() => {
    watchRequest(context, old.rid);
  });
  return next;
}

/**
 * The next revision with another deadline: only the members that a `deadline_only` revision may change are changed
 * (protocol.md 3.20).
 */
export function nextRevision(
  { now, uuid, randomText }: GatewayContext,
  claims: RequestClaims,
  old: Pick<RequestRow, "dig">,
  { exp }: { readonly exp: number },
): RequestClaims {
  const grant_exp = claims.grant_exp + (exp - claims.exp);
  const { deadline_only: _, ...rest } = claims;
  return {
    ...rest,
    ...{ jti: uuid(), rev: claims.rev + 1, prev: old.dig, iat: now(), exp, submit_by: exp, grant_exp },
    nonce: randomText(24),
    authorization_details: claims.authorization_details.map((element) =>
      "not_after" in element ? { ...element, not_after: grant_exp } : element,
    ),
  };
}
