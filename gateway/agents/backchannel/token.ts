import type { RequestStatusView } from "../../core.ts";
import { resultOf } from "../../decisions/execution.ts";
import type { Offer } from "../../executor/hand-out.ts";
import type { AllowedRow } from "../../store/allowed.ts";
import { POLL_INTERVAL_S, taskView } from "../task-view.ts";
import { OauthError } from "./oauth.ts";

/** Seconds added to the interval of whoever asks too often (CIBA 11, `slow_down`). */
const SLOWER_S = 5;
/** Clocks and networks are not exact. */
const TOLERANCE_MS = 200;
const MOST = 10_000;

/**
 * What the token endpoint says of a request (CIBA 10.1.1, 11).
 * @returns a function that gives the answer of one that was carried out, and throws OauthError for everything else
 */
export function makeTokenAnswers(
  nowMs: () => number,
  offered: (rid: string) => Offer | undefined,
): (view: RequestStatusView, handle: string) => Readonly<Record<string, unknown>> {
  const polls = new Map<string, { readonly atMs: number; readonly interval: number }>();

  /** SECURITY: who polls is told to wait, and made to wait longer when it does not (T-34). */
  function pace(rid: string): void {
    const last = polls.get(rid);
    const interval = last?.interval ?? POLL_INTERVAL_S;
    const isEarly = last !== undefined && nowMs() - last.atMs < interval * 1000 - TOLERANCE_MS;
    polls.delete(rid);
    polls.set(rid, { atMs: nowMs(), interval: isEarly ? interval + SLOWER_S : interval });
    const [oldest] = polls.keys();
    if (polls.size > MOST && oldest !== undefined) polls.delete(oldest);
    if (isEarly) throw new OauthError("slow_down", `Ask again in ${String(interval + SLOWER_S)} s.`);
  }

  return (view, handle) => {
    const task = taskView(view, Math.floor(nowMs() / 1000));
    const { status, reason } = task;
    switch (status) {
      case "pending":
      case "approved": {
        const offer = offered(view.rid);
        if (offer !== undefined) return handedOut(offer, nowMs());
        pace(view.rid);
        throw new OauthError(
          "authorization_pending",
          status === "pending" ? "A person is asked." : "It is carried out.",
        );
      }
      case "completed":
        // No credential leaves the gateway: `N_A` says that this is none (RFC 8693, 2.2.1).
        return { access_token: handle, token_type: "N_A", expires_in: 0, countersign_task: task };
      case "failed":
        throw new OauthError("invalid_grant", reason ?? "E_EXEC_UNKNOWN", { countersign_task: task });
      case "expired":
        throw new OauthError("expired_token", "E_REQ_EXPIRED: Nobody decided in time.");
      case "denied":
      case "withdrawn":
      case "revoked":
      case "lapsed":
        throw new OauthError("access_denied", reason === undefined ? status : `${status}: ${reason}`);
      default:
        return status satisfies never;
    }
  };
}

/** Mode B: the task's token, bound to the agent's DPoP key or its certificate (RFC 9449 5, RFC 8705 3, RFC 9396 7). */
const handedOut = ({ issued, bound }: Offer, nowMs: number): Readonly<Record<string, unknown>> => ({
  access_token: issued.token,
  token_type: "jkt" in bound ? "DPoP" : "Bearer",
  expires_in: Math.max(0, issued.exp - Math.floor(nowMs / 1000)),
  authorization_details: issued.granted,
});

/**
 * The answer about what policy allowed without a person: what a task's view would say, and no credential.
 * @throws OauthError `authorization_pending`, `invalid_grant` for what failed
 */
export function allowedAnswer({ outcome }: AllowedRow, handle: string): Readonly<Record<string, unknown>> {
  if (outcome === undefined) throw new OauthError("authorization_pending", "It is carried out.");
  const { result, reason } = resultOf(outcome);
  const status = outcome.kind === "done" ? "completed" : "failed";
  const countersign_task = { status, rev: 1, ...(reason === undefined ? {} : { reason }), response: result };
  if (outcome.kind !== "done") throw new OauthError("invalid_grant", reason ?? "E_EXEC_UNKNOWN", { countersign_task });
  return { access_token: handle, token_type: "N_A", expires_in: 0, countersign_task };
}
