import { CountersignError } from "#shared/protocol/error.ts";

import { reasonCodeOf } from "../audit/evidence.ts";
import type { GatewayContext } from "../context.ts";
import type { Core, RequestStatusView } from "../core.ts";
import { claimsOf } from "../requests/signed-request.ts";
import { resultOf } from "./execution.ts";

/** How a request stands, for the agent's side: no names and no words of approvers (protocol.md 3.15). */
export function statusView(context: GatewayContext, rid: string, agent?: string): RequestStatusView | undefined {
  const { store } = context;
  const row = store.currentRequest(rid);
  // SECURITY: before anything is opened, so that what was erased tells other agents no more than what was never there.
  if (!row || (agent !== undefined && row.agent !== agent)) return undefined;
  const claims = claimsOf(row);
  const { rev, state, exp } = row;
  const outcome = store.execution(`${rid}.${String(rev)}`)?.outcome;
  const reason = reasonCodeOf(context, row);
  return {
    ...{ rid, rev, state, exp, claims },
    ...(claims.binding_message === undefined ? {} : { binding_message: claims.binding_message }),
    ...(reason === undefined ? {} : { reason }),
    ...(outcome === undefined ? {} : resultOf(outcome)),
  };
}

/** What was erased has ended, and is as unknown to whoever has to do with open requests. */
export function statusUnlessErased(core: Pick<Core, "status">, rid: string): RequestStatusView | undefined {
  try {
    return core.status(rid);
  } catch (error) {
    if (error instanceof CountersignError && error.code === "E_STORE_ERASED") return undefined;
    throw error;
  }
}
