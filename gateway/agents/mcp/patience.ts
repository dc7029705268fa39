import type { RequestStatusView } from "../../core.ts";
import type { Clock } from "../../ports.ts";
import type { DoorCore } from "../intercept.ts";
import { isFinal, taskView } from "../task-view.ts";
import { settled } from "../wait.ts";

/** How long a call is held while a person decides. */
export interface Patience {
  /** The request when it has ended; or as it stands when the time is over or nobody waits any more. */
  wait(view: RequestStatusView, caller: Caller): Promise<RequestStatusView>;
}

/** A word of progress (MCP "Progress"): of the waiting, in seconds; of a tool that runs, its own. */
export type SayProgress = (word: {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}) => Promise<void>;

export interface Caller {
  /** Present where the caller gave a progress token: then it waits to the end. */
  readonly progress?: SayProgress;
  readonly gone: AbortSignal;
}

export interface PatienceOptions {
  readonly core: Pick<DoorCore, "status" | "events">;
  readonly clock: Clock;
  /** Longest wait without progress, seconds: below the 60 s after which MCP clients give up by default. */
  readonly waitS: number;
  /** Seconds between two words of progress. */
  readonly everyS: number;
}

export function makePatience({ core, clock, waitS, everyS }: PatienceOptions): Patience {
  const now = (): number => Math.floor(clock.nowMs() / 1000);
  const ended = (view: RequestStatusView): boolean => isFinal(taskView(view, now()));

  /** `settled` with the caller's going away in place of a socket's. */
  const hold = (view: RequestStatusView, seconds: number, gone: AbortSignal): Promise<RequestStatusView> =>
    settled(core, clock, view, { waitS: seconds, gone, now });

  return {
    async wait(view, { progress, gone }) {
      if (progress === undefined) return await hold(view, waitS, gone);
      const began = clock.nowMs();
      for (let last = view; ;) {
        if (ended(last) || gone.aborted) return last;
        await progress({ progress: Math.floor((clock.nowMs() - began) / 1000), message: wordsOf(last, now()) });
        last = await hold(last, everyS, gone);
      }
    },
  };
}

function wordsOf(view: RequestStatusView, now: number): string {
  const { status, expires_in } = taskView(view, now);
  if (status !== "pending") return "A person approved it; it is being carried out.";
  const code = view.binding_message === undefined ? "" : ` Code ${view.binding_message}.`;
  return `A person is asked to decide.${code} ${String(expires_in ?? 0)} s left.`;
}
