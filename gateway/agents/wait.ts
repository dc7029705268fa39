import type { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";

import type { Core, DecisionOutcome, RequestStatusView } from "../core.ts";
import type { Clock } from "../ports.ts";
import { isFinal, taskView } from "./task-view.ts";

/** Longest time a poll is held with `Prefer: wait=` (RFC 7240), seconds. */
const MAX_WAIT_S = 30;

/** Seconds the agent is willing to wait for an answer. */
export function waitOf(req: Pick<IncomingMessage, "headers">): number {
  const { prefer } = req.headers;
  const text = Array.isArray(prefer) ? prefer.join(",") : (prefer ?? "");
  const [, wait] = /(?:^|[,;\s])wait=([0-9]{1,4})(?:$|[,;\s])/.exec(text) ?? [];
  return Math.min(Number(wait ?? 0), MAX_WAIT_S);
}

interface Waiting {
  readonly waitS: number;
  /** Aborted when nobody reads the answer any more. */
  readonly gone: AbortSignal;
  /** Unix seconds. */
  readonly now: () => number;
}

/** How the request stands now, or once it has ended or the time is over, whichever is first. */
export function settled(
  core: Pick<Core, "status"> & { readonly events: Pick<EventEmitter, "on" | "off"> },
  clock: Clock,
  view: RequestStatusView,
  { waitS, gone, now }: Waiting,
): Promise<RequestStatusView> {
  const ended = (one: RequestStatusView): boolean => isFinal(taskView(one, now()));
  if (waitS === 0 || gone.aborted || ended(view)) return Promise.resolve(view);
  return new Promise((done) => {
    const stop = (last: RequestStatusView): void => {
      cancel();
      core.events.off("decision", onDecision);
      gone.removeEventListener("abort", onGone);
      done(last);
    };
    const finish = (): void => {
      stop(core.status(view.rid) ?? view);
    };
    // Nobody reads the answer, and where the gateway is closing there is no store to ask any more.
    const onGone = (): void => {
      stop(view);
    };
    const onDecision = ({ rid }: DecisionOutcome): void => {
      const changed = rid === view.rid ? core.status(rid) : undefined;
      if (changed !== undefined && ended(changed)) finish();
    };
    const cancel = clock.after(waitS * 1000, finish);
    core.events.on("decision", onDecision);
    gone.addEventListener("abort", onGone, { once: true });
  });
}
