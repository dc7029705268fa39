import type { RequestStatusView } from "../core.ts";

/** Seconds between two polls (CIBA `interval`). */
export const POLL_INTERVAL_S = 2;

/** What an agent sees of its request. Never who decided, nor anybody's words: the reason's code alone (3.15). */
export interface TaskView {
  readonly status:
    "pending" | "approved" | "completed" | "failed" | "denied" | "expired" | "withdrawn" | "revoked" | "lapsed";
  readonly rev: number;
  /** `denied`: a reason code of the protocol; `failed`: `E_EXEC_REFUSED` or `E_EXEC_UNKNOWN`. */
  readonly reason?: string;
  /** While it waits: seconds left to decide, and how often to ask. */
  readonly expires_in?: number;
  readonly interval?: number;
  /** The hospital system's own answer, as it came. */
  readonly response?: { readonly status: number; readonly location?: string; readonly body: string };
}

export function taskView(view: RequestStatusView, now: number): TaskView {
  const { state, rev, reason, result } = view;
  const status = statusOf(state);
  switch (status) {
    case "pending":
      return { status, rev, expires_in: Math.max(0, view.exp - now), interval: POLL_INTERVAL_S };
    case "approved":
      return { status, rev, interval: POLL_INTERVAL_S };
    default:
      return {
        status,
        rev,
        ...(reason === undefined ? {} : { reason }),
        ...(result === undefined ? {} : { response: result }),
      };
  }
}

/** True when nothing more will happen to it. */
export const isFinal = ({ status }: Pick<TaskView, "status">): boolean => status !== "pending" && status !== "approved";

function statusOf(state: RequestStatusView["state"]): TaskView["status"] {
  switch (state) {
    case "open":
    case "partial":
    case "superseded":
      return "pending";
    case "approved":
    case "executing":
      return "approved";
    case "completed":
    case "failed":
    case "denied":
    case "expired":
    case "withdrawn":
    case "revoked":
    case "lapsed":
      return state;
    default:
      return state satisfies never;
  }
}
