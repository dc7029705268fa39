import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { dig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { Records } from "../core.ts";
import type { ExecutionResult, ExecutorPort } from "../ports.ts";
import type { AllowedAct } from "../requests/allowed-act.ts";
import { isStopped } from "../requests/stop-agent.ts";
import type { ExecutionOutcome } from "../store/rows.ts";
import type { Store } from "../store/store.ts";
import type { Tokens } from "../tokens/tokens.ts";
import type { Logger } from "../transport/logger.ts";

export interface AllowedOptions {
  readonly store: Store;
  readonly records: Pick<Records, "leaf">;
  readonly tokens: Pick<Tokens, "mintAllowed" | "use" | "revoke">;
  readonly executor: ExecutorPort;
  readonly crypto: Crypto;
  /** Key under whose name leaves stand: the gateway's request key. */
  readonly kid: string;
  readonly now: () => number;
  /** So many random bytes as base64url. */
  readonly randomText: (bytes: number) => string;
  readonly logger: Logger;
}

/** Carries out what policy allows without a person. */
export interface AllowedChanges {
  /**
   * One act, once under one key of its agent: a retry gets the first answer. Logged before a byte is sent, with a token of
   * its own that is dead when this returns.
   * @throws CountersignError `E_IDEMPOTENCY` (the key was used for something else), `E_STORE_*`, `E_AGENT_UNKNOWN`,
   * `E_DRAINING`
   */
  readonly run: (act: AllowedAct) => Promise<ExecutionResult>;
  /** What a crash left behind, once: asked for, never sent again. */
  readonly recovered: Promise<void>;
  /** Starts nothing more and waits for what is under way. */
  close(): Promise<void>;
}

export function makeAllowedChanges(options: AllowedOptions): AllowedChanges {
  const { store, records, tokens, executor, crypto, kid, now, randomText, logger } = options;
  const underWay = new Map<string, Promise<ExecutionResult>>();
  let closing = false;

  async function run(act: AllowedAct): Promise<ExecutionResult> {
    if (closing) throw new CountersignError("E_DRAINING");
    const what = dig(crypto, JSON.stringify([act.op.method, act.op.url, act.op.media, act.op.body_dig]));
    const { idempotency_key: key } = act;
    const known = key === undefined ? undefined : store.allowedByKey(act.agent.sub, key);
    if (known !== undefined) {
      if (!known.isSame(what)) throw new CountersignError("E_IDEMPOTENCY");
      return known.outcome ?? (await underWay.get(known.act.id)) ?? NOT_KNOWN;
    }
    begin(act, what);
    const job = carryOut(act).finally(() => underWay.delete(act.id));
    underWay.set(act.id, job);
    return await job;
  }

  /** The act and its trace in one commit, before anything is sent. */
  function begin(act: AllowedAct, what: string): void {
    const record = JSON.stringify({
      ...{ format: "countersign-allowed/1", id: act.id, agent: act.agent.sub, rule: act.rule, at: now() },
      ...{ act: dig(crypto, JSON.stringify(act)), nonce: randomText(16) },
    });
    const obj = dig(crypto, record);
    store.write((tx) => {
      // SECURITY: whichever door it came by, and whatever was true when policy was asked (protocol.md 3.14, off-boarding).
      if (tx.disabledAgent(act.agent.sub)) throw new CountersignError("E_AGENT_UNKNOWN");
      if (isStopped(tx, act.agent.sub, act.type)) throw new CountersignError("E_AGENT_PAUSED");
      if (!tx.startAllowed({ act, what, dig: obj }, now())) throw new CountersignError("E_IDEMPOTENCY");
      tx.publish(obj, "access", record, now());
      records.leaf(tx, { t: "access", obj, kid });
    });
    logger.info("agent.allowed", { agent: act.agent.sub, name: act.type, obj });
  }

  async function carryOut(act: AllowedAct): Promise<ExecutionResult> {
    const issued = tokens.mintAllowed(act);
    let result: ExecutionResult = NOT_KNOWN;
    try {
      // SECURITY: the one use is taken before a byte is sent, protocol.md 3.14.
      result = tokens.use(issued)
        ? await executor.execute({ operation: act.op, execution_id: `${act.id}.1`, token: issued.token })
        : { kind: "absent", why: "The agent was switched off before it was sent." };
    } finally {
      finish(act, result, issued.jti);
    }
    return result;
  }

  /** The end, its entry and the token's death in one commit. */
  function finish(act: AllowedAct, result: ExecutionResult, jti?: string): void {
    const outcome: ExecutionOutcome =
      result.kind === "absent" ? { kind: "refused", status: 503, body: "" } : outcomeOf(result);
    const record = JSON.stringify({
      ...{ format: "countersign-allowed-outcome/1", id: act.id, kind: outcome.kind, at: now(), nonce: randomText(16) },
    });
    const obj = dig(crypto, record);
    store.writeReserved((tx) => {
      if (!tx.finishAllowed(act.id, outcome, now())) return;
      if (result.kind === "absent") tx.freeAllowedKey(act.id);
      tx.publish(obj, "access", record, now());
      const out = outcome.kind === "done" ? "completed" : "failed";
      records.leaf(tx, { t: "outcome", rid: act.id, rev: 1, obj, kid, out });
      if (jti !== undefined) tokens.revoke(jti, outcome.kind === "done" ? "completed" : "failed", tx);
    });
    if (outcome.kind === "unknown") logger.error("allowed.unknown", { id: act.id, agent: act.agent.sub });
  }

  async function recover({ act }: { readonly act: AllowedAct }): Promise<void> {
    for (const { jti, revoked_at } of store.tokensOf(act.id)) {
      if (revoked_at === undefined) tokens.revoke(jti, "unused");
    }
    finish(act, await executor.find({ operation: act.op, execution_id: `${act.id}.1` }));
  }

  const recovered = Promise.all(
    store.allowedToRecover().map((row) =>
      recover(row).catch((fault: unknown) => {
        logger.error("allowed.fault", { id: row.act.id, error: fault instanceof Error ? fault.name : typeof fault });
      }),
    ),
  ).then(() => undefined);

  return {
    run,
    recovered,
    async close() {
      closing = true;
      await recovered;
      await Promise.allSettled(underWay.values());
    },
  };
}

const NOT_KNOWN: ExecutionResult = { kind: "unknown", why: "It is not known whether the hospital system did it." };

function outcomeOf(result: Exclude<ExecutionResult, { readonly kind: "absent" }>): ExecutionOutcome {
  if (result.kind !== "done") return result;
  const { status, body, location } = result;
  return { kind: "done", status, body, ...(location === undefined ? {} : { location }) };
}
