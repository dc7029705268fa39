import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { dig } from "#shared/protocol/digest.ts";

import type { Core } from "../core.ts";
import type { Store } from "../store/store.ts";
import type { Tokens } from "../tokens/tokens.ts";

export interface Settling {
  readonly store: Store;
  readonly core: Pick<Core, "withdraw" | "executions" | "records">;
  readonly tokens: Pick<Tokens, "revoke">;
  readonly crypto: Crypto;
  /** Of the key that signs what this gateway says. */
  readonly kid: string;
  /** Unix seconds. */
  readonly now: number;
}

/**
 * The first start after a restore, in one commit, before anything is executed or served. What was on its way when the
 * backup was made may have been decided and carried out after it, and this store would not know: what waits is withdrawn,
 * what was approved or begun ends as unknown for a person to look at, and nothing is ever sent again (protocol.md 3.11,
 * docs/decisions/0009). That it was restored, and from what, is in the log.
 */
export function settleRestored({ store, core, tokens, crypto, kid, now }: Settling): void {
  store.write((tx) => {
    const record = tx.restored();
    if (record === undefined) return;
    for (const { rid } of tx.requestsIn(["open", "partial"])) core.withdraw(rid, "operator", "gateway");
    // SECURITY: I6, nothing executes on doubt: an approval is used up without a byte being sent.
    for (const { rid, rev } of tx.requestsIn(["approved"])) tx.startExecution(rid, rev, `${rid}.${String(rev)}`, now);
    const why = "The gateway was restored from a backup: nobody can tell from it what was executed afterwards.";
    for (const { exec_id } of tx.executionsToRecover()) core.executions.finish(exec_id, { kind: "unknown", why });
    for (const { jti } of tx.tokensAlive(now)) tokens.revoke(jti, "failed", tx);
    const obj = dig(crypto, record);
    tx.publish(obj, "restore", record, now);
    core.records.leaf(tx, { t: "config", obj, kid });
    tx.settleRestored();
  });
}
