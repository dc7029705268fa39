import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import type { StartedExecution } from "../core.ts";
import type { Clock, ExecutionResult } from "../ports.ts";
import type { IssuedToken } from "../tokens/tokens.ts";

/** A token that its agent may fetch, and that waits for its one use. */
export interface Offer {
  readonly rid: string;
  readonly exec_id: string;
  readonly operation: RequestClaims["action"]["op"];
  readonly issued: IssuedToken;
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
  /** Whether this agent carries its actions out itself. */
  isFor(request: RequestClaims): boolean;
  /** Resolves with what came of it; `absent` where it was not used in its time, or the gateway closes. */
  offer(started: StartedExecution, issued: IssuedToken): Promise<ExecutionResult>;
  readonly byRequest: (rid: string) => Offer | undefined;
  byToken(jti: string): Offer | undefined;
  close(): void;
}

const NOT_USED: ExecutionResult = { kind: "refused", status: 408, body: "" };

export function makeHandOut(clock: Clock, handsTo: (agent: string) => boolean): HandOut {
  const offers = new Map<string, Offer>();

  return {
    isFor: ({ agent, action: { op } }) =>
      // SECURITY: never without a key that the token is bound to, and that the approver saw in the request (T-27).
      agent.jkt !== undefined && op.method !== "tools/call" && handsTo(agent.sub),
    offer: ({ rid, exec_id, request }, issued) =>
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
        offers.set(issued.jti, { rid, exec_id, operation: request.action.op, issued, take, end });
      }),
    byRequest: (rid) => [...offers.values()].find((offer) => offer.rid === rid),
    byToken: (jti) => offers.get(jti),
    close() {
      for (const offer of offers.values()) if (offer.take()) offer.end({ kind: "absent", why: "The gateway closes." });
    },
  };
}
