import type { DecisionClaims } from "../claims/decision.ts";
import type { RequestState } from "../claims/receipt.ts";
import type { Crypto } from "../crypto-port.ts";
import { effectiveGrant, type EffectiveGrant } from "../quorum/effective.ts";
import { liveApprovals } from "../quorum/window.ts";
import type { ChainHead, RecordedDecision, StoredRequest } from "./state.ts";
import { readStored } from "./stored.ts";

/** What recording a decision changes: exactly this, in one transaction (V27). */
export interface Effect {
  /** The states the compare-and-swap may leave. */
  readonly from: readonly RequestState[];
  /** The state after; also the receipt's `outcome`. */
  readonly state: RequestState;
  readonly quorum: { readonly have: number; readonly need: number };
  /** Head of the key's chain after. */
  readonly chain: ChainHead;
  /** The nonce is used up: the request was decided. */
  readonly consumesNonce: boolean;
  /** Digests of recorded decisions that stop counting. */
  readonly ends: readonly string[];
  /** Present exactly when `state` is `approved`. */
  readonly grant?: EffectiveGrant;
  /** Why approvals ended as `denied`. */
  readonly why?: "no-common-grant";
  /** Signature counter of the security key, to be kept as its highest. */
  readonly webauthnCount?: number;
}

const WAITING = ["open", "partial"] as const;
/** States from which an approval can be taken back. */
const HELD = ["partial", "approved"] as const;

/** The next state of protocol.md 3.11 for a decision that passed V1–V26. */
export function effectOf(
  { claims, digest }: { readonly claims: DecisionClaims; readonly digest: string },
  request: StoredRequest,
  recorded: readonly RecordedDecision[],
  crypto: Crypto,
): Effect {
  const { need } = request.claims.policy.quorum;
  const soFar = liveApprovals(recorded);
  const chain = { n: claims.chain.n, prev: digest };
  if (claims.decision === "revoke") {
    const ends = claims.revokes === undefined ? [] : [claims.revokes];
    const have = soFar.filter((d) => !ends.includes(d.dig)).length;
    return { from: HELD, state: "revoked", quorum: { have, need }, chain, consumesNonce: false, ends };
  }
  const base = { from: WAITING, chain, ends: [] };
  if (claims.decision === "deny") {
    // Any valid deny of an eligible approver is a veto (protocol.md 3.10).
    return { ...base, state: "denied", quorum: { have: soFar.length, need }, consumesNonce: true };
  }
  const have = soFar.length + 1;
  const quorum = { have, need };
  if (have < need) return { ...base, state: "partial", quorum, consumesNonce: false };
  const approvals = [...soFar.map((d) => readStored("decision", d.jws)), claims];
  const grant = effectiveGrant(crypto, request.claims, approvals);
  return grant
    ? { ...base, state: "approved", quorum, consumesNonce: true, grant }
    : { ...base, state: "denied", quorum, consumesNonce: true, why: "no-common-grant" };
}
