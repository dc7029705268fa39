import type { StartedExecution } from "../core.ts";
import type { ExecutionOutcome } from "../store/rows.ts";

/** What is known of an execution without asking the gate again. */
export type Unfinished = Pick<StartedExecution, "exec_id" | "rid" | "request">;

/**
 * What SET `task-completed` says about the result (protocol.md 3.21): `Type/id` from the answer's `Location` or the
 * approved address, and the digest of the answered text. Nothing for what was not done.
 */
export function resourceOf(
  outcome: ExecutionOutcome,
  { request }: Unfinished,
  digest: (text: string) => string,
): { readonly resource?: string; readonly resource_dig?: string } {
  if (outcome.kind !== "done") return {};
  const { op } = request.action;
  const place = op.method === "tools/call" ? "" : (outcome.location ?? op.url);
  const [, resource] = /\/([A-Z][A-Za-z]{1,63}\/[A-Za-z0-9.-]{1,64})(?:\/_history\/[^/?#]+)?\/?$/.exec(place) ?? [];
  return {
    ...(resource === undefined ? {} : { resource }),
    ...(outcome.body === "" ? {} : { resource_dig: digest(outcome.body) }),
  };
}
