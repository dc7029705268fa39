import { TERMINAL_STATES } from "../claims/receipt.ts";
import type { DecisionClaims } from "../claims/decision.ts";
import type { Crypto } from "../crypto-port.ts";
import { chainGenesis } from "../digest.ts";
import { CountersignError } from "../error.ts";
import type { ChainHead, RecordedDecision, StoredRequest } from "./state.ts";

/** Where a key's chain stands; before its first recorded decision, at the genesis (protocol.md 3.7). */
export const headOr = (crypto: Crypto, head: ChainHead | undefined, kid: string, aud: string): ChainHead =>
  head ?? { n: 0, prev: chainGenesis(crypto, kid, aud) };

/**
 * V16: the decision is the next of its key.
 * @throws CountersignError `E_CHAIN_GAP`; `E_CHAIN_FORK` (a cloned key: the caller suspends it)
 */
export function checkChain({ chain }: DecisionClaims, head: ChainHead): void {
  if (chain.n > head.n + 1) throw new CountersignError("E_CHAIN_GAP");
  // SECURITY: two decisions for one slot are a cloned key, protocol.md V16 (T-30).
  if (chain.n <= head.n || chain.prev !== head.prev) throw new CountersignError("E_CHAIN_FORK");
}

/**
 * V17 for approve and deny: the request still waits, and neither this person nor this key has a live decision on it.
 * @throws CountersignError `E_REQ_TERMINAL`, `E_ALREADY_DECIDED`, `E_SOD_SAME_KEY`
 */
export function checkUndecided(
  request: StoredRequest,
  recorded: readonly RecordedDecision[],
  author: { readonly sub: string; readonly kid: string },
): void {
  if (request.state !== "open" && request.state !== "partial") throw new CountersignError("E_REQ_TERMINAL");
  const live = recorded.filter((d) => d.live);
  if (live.some((d) => d.sub === author.sub)) throw new CountersignError("E_ALREADY_DECIDED");
  if (live.some((d) => d.kid === author.kid)) throw new CountersignError("E_SOD_SAME_KEY");
}

/**
 * V17 for revoke: first the target (my own earlier approval of this revision), then the state.
 * @throws CountersignError `E_REVOKE_TARGET`, `E_REQ_TERMINAL`
 */
export function checkRevoke(
  claims: DecisionClaims,
  request: StoredRequest,
  recorded: readonly RecordedDecision[],
): RecordedDecision {
  const target = recorded.find((d) => d.dig === claims.revokes && d.decision === "approve" && d.sub === claims.sub);
  if (!target) throw new CountersignError("E_REVOKE_TARGET");
  const { state } = request;
  if (state === "executing" || TERMINAL_STATES.has(state)) throw new CountersignError("E_REQ_TERMINAL");
  // An approval that lapsed or whose key is gone no longer counts: there is nothing to take back.
  if (!target.live) throw new CountersignError("E_REVOKE_TARGET");
  return target;
}
