import type { DecisionClaims } from "#shared/protocol/claims/decision.ts";
import { TERMINAL_STATES, type RequestState } from "#shared/protocol/claims/receipt.ts";
import { jdig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { CODES, type ErrorCode } from "#shared/protocol/registry.ts";
import { verifyDecision, type Judged, type Verdict } from "#shared/protocol/verify/decision.ts";

import type { NewLeaf, SubmitAnswer } from "../core.ts";
import type { GatewayContext } from "../context.ts";
import { announce, unwatchRequest, watchRequest } from "../requests/ends.ts";
import { decisionIndex } from "../store/report-index.ts";
import type { StoreTx } from "../store/store.ts";
import { stopKey } from "./keys.ts";
import { signReceipt, type ReceiptInput } from "./receipt.ts";
import { resolution } from "./resolution.ts";
import { verificationState } from "./state.ts";
import type { Suspicion } from "./suspicion.ts";

type Recorded = Extract<Verdict, { kind: "record" }>;
/** A refusal by the steps, or by the transaction's own re-check. */
type Refusal = Pick<Extract<Verdict, { kind: "reject" }>, "code" | "outcome" | "chain" | "suspend">;

/** What V27 may still refuse, though the steps before it passed. */
const LOST: ReadonlySet<ErrorCode> = new Set(["E_REQ_TERMINAL", "E_CONSUMED", "E_ALREADY_DECIDED", "E_SOD_SAME_KEY"]);

/**
 * V1–V28 for one decision in one transaction: verification, compare-and-swap, decision, nonce, chain, leaf, receipt and
 * feed events are committed together or not at all. From V10 on there is exactly one signed answer per (kid, jti).
 * `session` is absent for decisions that come over HTTP.
 */
export function submitDecision(
  context: GatewayContext,
  suspicion: Suspicion,
  jws: string,
  session: { readonly kid: string } | undefined,
): SubmitAnswer {
  return context.store.write((tx) => {
    const verdict = verifyDecision(jws, verificationState(context, tx, session));
    switch (verdict.kind) {
      case "error":
        if (suspicion.failed(jws, session, verdict.code)) suspend(context, tx, session?.kid ?? "", verdict.code);
        return errorAnswer(verdict.code, verdict.message);
      case "duplicate":
        return { kind: "receipt", jws: verdict.receipt, duplicate: true };
      case "reject":
        return reject(context, tx, suspicion, { jws, judged: verdict, refusal: verdict });
      case "record":
        return recordOrReject(context, tx, suspicion, jws, verdict);
      default:
        return verdict satisfies never;
    }
  });
}

/** An answer with which nothing was stored (V28). `detail` says which member, never what was in it. */
export function errorAnswer(code: ErrorCode, message: string): SubmitAnswer {
  const { text: title, retry } = CODES[code];
  return { kind: "error", error: { code, title, retry, ...(message === code ? {} : { detail: message }) } };
}

/** SECURITY: what V27 refuses leaves nothing behind but its rejection: the inner transaction is rolled back (T-38). */
function recordOrReject(
  context: GatewayContext,
  tx: StoreTx,
  suspicion: Suspicion,
  jws: string,
  verdict: Recorded,
): SubmitAnswer {
  try {
    return context.store.write((inner) => record(context, inner, jws, verdict));
  } catch (error) {
    if (!(error instanceof CountersignError) || !LOST.has(error.code)) throw error;
    const outcome = tx.request(verdict.claims.rid, verdict.claims.rev)?.state ?? "unknown";
    return reject(context, tx, suspicion, { jws, judged: verdict, refusal: { code: error.code, outcome } });
  }
}

/**
 * What a decision that passed V1 to V26 leaves behind (V27, V28).
 * @throws CountersignError one of {@link LOST}
 */
export function record(context: GatewayContext, tx: StoreTx, jws: string, verdict: Recorded): SubmitAnswer {
  const { kid, claims, digest, effect, entry } = verdict;
  const { rid, rev, iat, decision } = claims;
  const at = context.now();
  // SECURITY: ConsumeOnce and one winner, protocol.md V27 (T-12, T-38): states, nonce and live decisions are checked where
  // they are changed, whatever was read before.
  if (!move(tx, verdict, at)) throw new CountersignError("E_REQ_TERMINAL");
  if (effect.consumesNonce && !tx.consumeNonce(claims.nonce, rid, rev, at)) throw new CountersignError("E_CONSUMED");
  for (const ended of effect.ends) tx.endDecision(ended);
  const index = decisionIndex(claims, context.people.key(kid)?.claims.name);
  tx.addDecision({ dig: digest, rid, rev, kid, sub: entry.sub, decision, jws, iat, at, live: true, index });
  tx.setChainHead(kid, effect.chain);
  if (effect.webauthnCount !== undefined) tx.setWebauthnCount(kid, effect.webauthnCount);
  const receipt = answer(context, tx, jws, verdict, "decision", {
    ...{ result: "recorded", outcome: effect.state, quorum: effect.quorum },
    ...(effect.grant ? { effective: effect.grant.digest } : {}),
  });
  const { dig, claims: asked } = verdict.request;
  context.pen.tell(tx, { rid, rev, dig, aud: asked.aud }, resolution(tx, verdict));
  tx.afterCommit(() => {
    if (TERMINAL_STATES.has(effect.state)) unwatchRequest(context, rid);
    else watchRequest(context, rid);
    const reason = agentReason(claims, effect.why);
    announce(context, { rid, rev, state: effect.state, ...(reason === undefined ? {} : { reason }) });
    if (effect.state === "revoked") context.events.emit("revoked", { rid, rev });
  });
  return { kind: "receipt", jws: receipt, duplicate: false };
}

/** The compare-and-swap of protocol.md 3.11. */
function move(tx: StoreTx, { claims: { rid, rev }, effect, request }: Recorded, at: number): boolean {
  const { grant, state, from } = effect;
  if (!grant) return tx.moveRequest(rid, rev, from, state, at);
  const execute_at = at + (request.claims.policy.hold_s ?? 0);
  const uses = grant.elements.map((element) => element["max_uses"]).find((uses) => typeof uses === "number") ?? 1;
  return tx.approveRequest(rid, rev, { execute_at, uses, grant_until: grant.until }, at);
}

/** What an agent may know of a decision: the reason's code and nothing in words (protocol.md 3.15). */
export function agentReason({ decision, reason }: DecisionClaims, why?: string): string | undefined {
  return why ?? (decision === "approve" ? undefined : reason?.code);
}

function reject(
  context: GatewayContext,
  tx: StoreTx,
  suspicion: Suspicion,
  { jws, judged, refusal }: { readonly jws: string; readonly judged: Judged; readonly refusal: Refusal },
): SubmitAnswer {
  const { code, outcome, chain } = refusal;
  const said = { result: "rejected", code, outcome, ...(chain ? { chain } : {}) } as const;
  const receipt = answer(context, tx, jws, judged, "rejection", said);
  const suspicious = suspicion.rejected(judged.kid, code);
  if (refusal.suspend === true || suspicious) suspend(context, tx, judged.kid, code);
  return { kind: "receipt", jws: receipt, duplicate: false };
}

/** Leaf, receipt, stored answer, and the receipt's copy in the feed `me` (V28). Leaf and index are this transaction's. */
function answer(
  context: GatewayContext,
  tx: StoreTx,
  jws: string,
  { kid, claims, digest, entry }: Judged,
  t: NewLeaf["t"],
  said: Pick<ReceiptInput, "result" | "code" | "quorum" | "effective" | "chain"> & {
    readonly outcome: RequestState | "unknown";
  },
): string {
  const { log, feed, now } = context;
  const { rid, rev, jti } = claims;
  const at = now();
  keepStatusList(context, tx);
  const leaf = log.append(tx, { t, ts: at, rid, rev, obj: digest, kid, out: said.outcome });
  const about = { rid, rev, dec_jti: jti, dec_dig: digest };
  const receipt = signReceipt(context, { device: entry.device, sub: entry.sub, iat: at, about, ...said, leaf });
  const { result, code } = said;
  const named = code === undefined ? {} : { code };
  tx.addAnswer({ kid, jti, dig: digest, kind: "decision", jws, receipt, result, ...named, rid, rev, at });
  feed.publish(tx, {
    type: "decision.receipt",
    body: { jws: receipt },
    answer: { kid, jti },
    aud: [entry.sub],
    only_kid: kid,
    at,
  });
  return receipt;
}

/** The status list under which a decision was judged is part of its evidence. */
function keepStatusList({ crypto, directory, now }: GatewayContext, tx: StoreTx): void {
  const list = directory.view.statusList();
  if (list !== undefined) tx.publish(jdig(crypto, list), "status", list, now());
}

function suspend(context: GatewayContext, tx: StoreTx, kid: string, code: ErrorCode): void {
  const sub = context.people.key(kid)?.claims.sub;
  if (sub !== undefined) stopKey(context, tx, { kid, sub }, "suspended", code);
}
