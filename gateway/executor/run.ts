import type { EventEmitter } from "node:events";

import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { dig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import type { Executions, StartedExecution } from "../core.ts";
import type { Clock, ExecutionResult, ExecutorPort } from "../ports.ts";
import type { ExecutionOutcome } from "../store/rows.ts";
import type { Store } from "../store/store.ts";
import type { Confirmation } from "../tokens/claims.ts";
import type { IssuedToken, Tokens } from "../tokens/tokens.ts";
import type { HandOut } from "./hand-out.ts";
import { resourceOf, type Unfinished } from "./resource.ts";

export interface RunnerOptions {
  /** The gate and the states: `core.executions`. */
  readonly executions: Executions;
  /** `core.events`: `execute` {rid}, `revoked` {rid}. */
  readonly events: EventEmitter;
  readonly store: Store;
  readonly executor: ExecutorPort;
  /** For agents that carry out themselves what was approved (mode B). */
  readonly handOut?: HandOut | undefined;
  readonly tokens: Tokens;
  readonly crypto: Crypto;
  readonly clock: Clock;
  /** Waits before sending again what certainly never arrived, milliseconds. */
  readonly retryAfterMs?: readonly number[];
  /** Told of what nobody waits for: a gate that stays shut, a fault of our own. Never clinical content. */
  readonly onFault?: (code: string, rid: string) => void;
}

export interface Runner {
  /** What a crash left behind, once. Resolves when each is settled. */
  readonly recovered: Promise<void>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  /** Starts nothing more and waits for what is under way. */
  close(): Promise<void>;
}

const RETRY_AFTER_MS = [1000, 5000, 15_000] as const;

/**
 * Carries approved requests out (mode A, protocol.md 3.14): gate and compare-and-swap in the core, then mint, send the
 * exact bytes, finish and revoke. After a crash it asks the hospital system what became of each start; it sends again
 * only what that system certainly has not executed, and leaves the rest to a person (3.11).
 */
export function runExecutions(options: RunnerOptions): Runner {
  const { executions, events, store, tokens, executor } = options;
  const underWay = new Set<Promise<void>>();
  const wakers = new Set<() => void>();
  /** Stopped while they were under way: whatever certainly never arrived is not sent again, resumed meanwhile or not. */
  const stopped = new Set<string>();
  let closing = false;
  const isClosing = (): boolean => closing;

  const track = (rid: string, job: Promise<void>): Promise<void> => {
    const settled: Promise<void> = job
      .catch((fault: unknown) => options.onFault?.(codeOf(fault), rid))
      .finally(() => underWay.delete(settled));
    underWay.add(settled);
    return settled;
  };

  async function start(rid: string): Promise<void> {
    const started = executions.start(rid);
    if (started !== undefined) await carryOut(started, false);
  }

  /** Sends until it arrived, with a fresh token each time. A gateway that closes leaves the rest to its next start. */
  async function carryOut(started: StartedExecution, repeated: boolean): Promise<void> {
    for (const wait of [...(options.retryAfterMs ?? RETRY_AFTER_MS), undefined]) {
      if (stopped.has(started.rid)) {
        finish(started, neverArrived("It was stopped."));
        return;
      }
      const result = await attempt(started, repeated);
      if (result.kind !== "absent") {
        finish(started, result);
        return;
      }
      if (isClosing()) return;
      if (wait === undefined) finish(started, neverArrived(result.why));
      else await pause(wait);
      // Woken by the end of the gateway: nothing is sent or offered any more.
      if (isClosing()) return;
    }
  }

  /** One token, one sending. */
  async function attempt(started: StartedExecution, repeated: boolean): Promise<ExecutionResult> {
    const { handOut } = options;
    const bound = handOut?.bindingFor(started.request);
    if (handOut !== undefined && bound !== undefined) {
      const handed = mint(started, bound);
      const result = handed && (await handOut.offer(started, handed, bound));
      if (handed !== undefined && result?.kind === "absent") tokens.revoke(handed.jti, "unused");
      return result ?? neverArrived("The approval ended before the action could be handed out.");
    }
    const issued = mint(started);
    // SECURITY: the one use is taken before a byte is sent, protocol.md 3.14: a lost answer cannot make a second use.
    if (issued === undefined || !tokens.use(issued)) {
      return neverArrived("The approval ended before the action could be sent.");
    }
    const asked = { operation: started.request.action.op, execution_id: started.exec_id };
    const result = await executor.execute({ ...asked, token: issued.token });
    if (result.kind === "absent") tokens.revoke(issued.jti, "unused");
    // A conditional change that was sent before may have found its own success in the way.
    if (!repeated || result.kind !== "refused" || result.status !== 412) return result;
    const found = await executor.find(asked);
    return found.kind === "done" ? found : result;
  }

  function mint(started: StartedExecution, bound?: Confirmation): IssuedToken | undefined {
    try {
      return tokens.mint(started, bound);
    } catch (fault) {
      if (fault instanceof CountersignError && fault.code === "E_QRM_GATE") return undefined;
      throw fault;
    }
  }

  /** End of the execution and of every token of it, in one commit. */
  function finish(execution: Unfinished, outcome: ExecutionOutcome): void {
    stopped.delete(execution.rid);
    store.writeReserved((tx) => {
      const resource = resourceOf(outcome, execution, (text) => dig(options.crypto, text));
      executions.finish(execution.exec_id, { ...outcome, ...resource });
      for (const { jti, revoked_at } of tx.tokensOf(execution.rid)) {
        if (revoked_at === undefined) tokens.revoke(jti, outcome.kind === "done" ? "completed" : "failed", tx);
      }
    });
  }

  async function recover(execution: Unfinished, started: StartedExecution | undefined): Promise<void> {
    tokens.revokeRequest(execution.rid, "unused");
    const isUsed = store
      .tokensOf(execution.rid)
      .some(({ rev, uses_left }) => rev === execution.request.rev && uses_left === 0);
    const found = await executor.find({ operation: execution.request.action.op, execution_id: execution.exec_id });
    if (found.kind !== "absent") finish(execution, found);
    // SECURITY: another process took the one use and may be sending yet: it is not offered again (protocol.md 3.11).
    else if (isUsed && options.handOut?.isRemote === true) finish(execution, { kind: "unknown", why: found.why });
    else if (started === undefined) finish(execution, neverArrived("The approval no longer holds."));
    else await carryOut(started, true);
  }

  function recoverAll(): Promise<void>[] {
    try {
      return executions.unfinished().map((started) => track(started.rid, recover(started, started)));
    } catch (fault) {
      // The gate is shut for one of them: then nothing is sent again, only asked for.
      options.onFault?.(codeOf(fault), "");
      return store.executionsToRecover().flatMap(({ exec_id, rid, rev }) => {
        const row = store.request(rid, rev);
        const request = row === undefined ? undefined : readStored("request", row.jws);
        return request === undefined ? [] : [track(rid, recover({ exec_id, rid, request }, undefined))];
      });
    }
  }

  const pause = (ms: number): Promise<void> =>
    new Promise((done) => {
      const wake = (): void => {
        cancel();
        wakers.delete(wake);
        done();
      };
      const cancel = options.clock.after(ms, wake);
      wakers.add(wake);
    });

  const onExecute = ({ rid }: { readonly rid: string }): void => {
    if (!closing) void track(rid, start(rid));
  };
  const onRevoked = ({ rid }: { readonly rid: string }): void => tokens.revokeRequest(rid, "approval-revoked");
  /** A stop: what is handed out and not used is taken back; what is being sent nobody can call back. */
  const onStopped = ({ rid }: { readonly rid: string }): void => {
    const offer = options.handOut?.byRequest(rid);
    if (offer?.take() !== true) {
      stopped.add(rid);
      return;
    }
    tokens.revokeRequest(rid, "agent-paused");
    offer.end({ kind: "refused", status: 403, body: "" });
  };
  const recovered = Promise.all(recoverAll()).then(() => undefined);
  events.on("execute", onExecute);
  events.on("revoked", onRevoked);
  events.on("stopped", onStopped);

  const idle = async (): Promise<void> => {
    while (underWay.size > 0) await Promise.all(underWay);
  };
  return {
    recovered,
    idle,
    async close() {
      closing = true;
      options.handOut?.close();
      events.off("execute", onExecute);
      events.off("revoked", onRevoked);
      events.off("stopped", onStopped);
      for (const wake of [...wakers]) wake();
      await idle();
    },
  };
}

const codeOf = (fault: unknown): string => (fault instanceof CountersignError ? fault.code : "E_INTERNAL");

/** Told to the agent and the approver as a refusal: nothing happened, asking again is safe. */
const neverArrived = (why: string): Extract<ExecutionOutcome, { kind: "refused" }> => ({
  kind: "refused",
  status: 503,
  body: JSON.stringify({
    resourceType: "OperationOutcome",
    issue: [{ severity: "error", code: "transient", details: { text: `${why} Nothing was executed.` } }],
  }),
});
