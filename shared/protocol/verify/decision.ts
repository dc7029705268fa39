import type { DecisionClaims } from "../claims/decision.ts";
import type { RequestState } from "../claims/receipt.ts";
import { CountersignError } from "../error.ts";
import type { ErrorCode } from "../registry.ts";
import { checkCredential, verifyAuthor } from "./author.ts";
import { effectOf, type Effect } from "./effect.ts";
import { checkRequest } from "./request-binding.ts";
import type { Verified } from "./signed.ts";
import { headOr } from "./standing.ts";
import type { ChainHead, DirectoryEntry, StoredRequest, VerificationState } from "./state.ts";
import { stepsFor, type StepContext } from "./steps.ts";

/** What the gateway does with a submitted decision (V28). */
export type Verdict =
  /** V1–V9: an `error`, nothing is stored. */
  | { readonly kind: "error"; readonly code: ErrorCode; readonly message: string }
  /** V9: the very same decision was answered before; that answer again. */
  | { readonly kind: "duplicate"; readonly receipt: string; readonly digest: string }
  /** V10–V27: a signed rejection; the (kid, jti) is used up. */
  | (Judged & {
      readonly kind: "reject";
      readonly code: ErrorCode;
      readonly message: string;
      /** The request's state, for the receipt. */
      readonly outcome: RequestState | "unknown";
      /** After a chain failure: where the key's chain stands here. */
      readonly chain?: ChainHead;
      /** The key must be suspended at once: two decisions for one slot, or a security key that ran backwards. */
      readonly suspend?: true;
    })
  | (Judged & { readonly kind: "record"; readonly request: StoredRequest; readonly effect: Effect });

/** A decision whose author is known. */
export interface Judged {
  readonly kid: string;
  readonly claims: DecisionClaims;
  /** `jdig` of the decision. */
  readonly digest: string;
  readonly entry: DirectoryEntry;
}

/**
 * V1 to V27's re-check, in order, stopping at the first failure (protocol.md 3.8). Pure: whatever it needs to know it asks
 * of `state`, and what has to change is the `effect` of a `record`. Call it inside the transaction that records, so that
 * the state it saw is the state that changes.
 */
export function verifyDecision(jws: string, state: VerificationState): Verdict {
  let author: { signed: Verified<"decision">; entry: DirectoryEntry };
  try {
    author = verifyAuthor("decision", jws, state);
  } catch (e) {
    if (!(e instanceof CountersignError)) throw e;
    return { kind: "error", code: e.code, message: e.message };
  }
  const { signed, entry } = author;
  const judged: Judged = { kid: signed.header.kid, claims: signed.claims, digest: signed.digest, entry };
  // SECURITY: identity is (kid, jti, digest of the signing input), protocol.md V9 (T-11): another spelling of the same
  // signature is the same decision.
  const answered = state.answer(judged.kid, signed.claims.jti);
  if (answered) {
    return answered.dig === judged.digest
      ? { kind: "duplicate", receipt: answered.receipt, digest: judged.digest }
      : { kind: "error", code: "E_JTI_REUSE", message: "E_JTI_REUSE" };
  }
  const request = state.currentRequest(signed.claims.rid);
  try {
    const { effect, request: current } = judge(judged, request, state);
    return { kind: "record", ...judged, request: current, effect };
  } catch (e) {
    if (!(e instanceof CountersignError)) throw e;
    return rejection(judged, e, request, state);
  }
}

/** V10–V27. @throws CountersignError the code of the first step that fails */
function judge(
  judged: Judged,
  stored: StoredRequest | undefined,
  state: VerificationState,
): { readonly effect: Effect; readonly request: StoredRequest } {
  const { claims, entry } = judged;
  checkCredential(claims, entry, state);
  const request = checkRequest(claims, stored);
  const recorded = state.decisions(claims.rid, claims.rev);
  const at: StepContext = { ...judged, request, recorded, state };
  for (const step of stepsFor(claims)) step.run(at);
  const effect = effectOf(judged, request, recorded, state.crypto);
  // SECURITY: ConsumeOnce, protocol.md 3.11 (T-12).
  if (effect.consumesNonce && state.nonceConsumed(claims.nonce)) throw new CountersignError("E_CONSUMED");
  return { request, effect: at.webauthnCount === undefined ? effect : { ...effect, webauthnCount: at.webauthnCount } };
}

function rejection(
  judged: Judged,
  { code, message }: CountersignError,
  request: StoredRequest | undefined,
  state: VerificationState,
): Verdict {
  const { kid } = judged;
  const chainFailed = code === "E_CHAIN_GAP" || code === "E_CHAIN_FORK";
  return {
    kind: "reject",
    ...judged,
    code,
    message,
    outcome: request?.state ?? "unknown",
    ...(chainFailed ? { chain: headOr(state.crypto, state.chainHead(kid), kid, state.iss) } : {}),
    // SECURITY: signs of a cloned key, protocol.md V16 and 3.13.
    ...(code === "E_CHAIN_FORK" || code === "E_UV_COUNTER" ? { suspend: true as const } : {}),
  };
}
