import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import type { StartedExecution } from "../core.ts";
import type { Clock, ExecutionResult } from "../ports.ts";
import type { Confirmation } from "../tokens/claims.ts";
import type { IssuedToken } from "../tokens/tokens.ts";

/** What a token that is handed out is bound to: as the approver had it in the request (T-27). */
export const boundTo = ({ agent: { jkt, x5t } }: RequestClaims): Confirmation | undefined =>
  jkt !== undefined ? { jkt } : x5t === undefined ? undefined : { "x5t#S256": x5t };

/** A token that its agent may fetch, and that waits for its one use. */
export interface Offer {
  readonly rid: string;
  readonly exec_id: string;
  readonly operation: RequestClaims["action"]["op"];
  readonly issued: IssuedToken;
  readonly bound: Confirmation;
  /** Takes the one use; false for everybody after the first. */
  take(): boolean;
  /** Ends it with what came of the use; the first end counts. */
  end(result: ExecutionResult): void;
}

/**
 * Mode B (protocol.md 3.14): the agent gets the task's token and acts with it itself, before the adapter in front of the
 * hospital's server. An execution that is handed out goes on until that use has ended, or the token has.
 */
export interface HandOut {
  /** What its token is bound to, where this agent carries its actions out itself. */
  bindingFor(request: RequestClaims): Confirmation | undefined;
  /** Its adapters are processes of their own: what one of them had begun may go on while this gateway is away. */
  readonly isRemote: boolean;
  /** Resolves with what came of it; `absent` where it was not used in its time, or the gateway closes. */
  offer(started: StartedExecution, issued: IssuedToken, bound: Confirmation): Promise<ExecutionResult>;
  readonly byRequest: (rid: string) => Offer | undefined;
  byToken(jti: string): Offer | undefined;
  close(): void;
}

const NOT_USED: ExecutionResult = { kind: "refused", status: 408, body: "" };

export function makeHandOut(clock: Clock, handsTo: (agent: string) => boolean, isRemote = false): HandOut {
  const offers = new Map<string, Offer>();

  return {
    isRemote,
    // SECURITY: never without what the token is bound to, and that the approver had in the request (T-27).
    bindingFor: (request) =>
      request.action.op.method !== "tools/call" && handsTo(request.agent.sub) ? boundTo(request) : undefined,
    offer: ({ rid, exec_id, request }, issued, bound) =>
      new Promise((done) => {
        let isTaken = false;
        const end = (result: ExecutionResult): void => {
          cancel();
          offers.delete(issued.jti);
          done(result);
        };
        const left = issued.exp * 1000 - clock.nowMs();
        const cancel = clock.after(Math.max(0, left), () => {
          // What is under way has its own limit of time.
          if (!isTaken) end(NOT_USED);
        });
        const take = (): boolean => {
          if (isTaken) return false;
          isTaken = true;
          return true;
        };
        offers.set(issued.jti, { rid, exec_id, operation: request.action.op, issued, bound, take, end });
      }),
    byRequest: (rid) => [...offers.values()].find((offer) => offer.rid === rid),
    byToken: (jti) => offers.get(jti),
    close() {
      // What another process is sending nobody can report any more: the next start asks what became of it.
      for (const offer of offers.values())
        if (offer.take() || isRemote) offer.end({ kind: "absent", why: "The gateway closes." });
    },
  };
}
