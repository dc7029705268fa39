import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { chainGenesis } from "#shared/protocol/digest.ts";
import type { ChainHead } from "#shared/protocol/verify/state.ts";

import type { Journal } from "../journal/journal.ts";
import type { Outbox } from "../journal/outbox.ts";

/**
 * The key's chain at one gateway (protocol.md 3.7): a counter and the digest of the decision before, so that a copied key
 * or a restored backup shows.
 */
export interface Chain {
  /** After the last decision that a verified receipt recorded. */
  recorded(): ChainHead;
  /** What the next decision names: after those that wait in the outbox. */
  next(): ChainHead;
  /**
   * Compares with what the gateway says in `ready`. With decisions under way, each of them may be its last.
   * @returns false when the two have come apart: nothing may be signed
   */
  agrees(gateway: ChainHead): boolean;
}

export function makeChain(
  crypto: Crypto,
  key: { readonly kid: string; readonly iss: string },
  vault: { readonly journal: Journal; readonly outbox: Outbox },
): Chain {
  const recorded = (): ChainHead => {
    const last = vault.journal.lastRecorded(key.iss, key.kid);
    return last ? { n: last.n, prev: last.dec_dig } : { n: 0, prev: chainGenesis(crypto, key.kid, key.iss) };
  };
  const waiting = (): readonly ChainHead[] =>
    vault.outbox.entries().map((entry) => ({ n: entry.n, prev: entry.dec_dig }));
  return {
    recorded,
    next: () => waiting().at(-1) ?? recorded(),
    agrees: (gateway) => [recorded(), ...waiting()].some((head) => head.n === gateway.n && head.prev === gateway.prev),
  };
}
