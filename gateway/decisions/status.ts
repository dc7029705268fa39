import { reasonCodeOf } from "../audit/evidence.ts";
import type { GatewayContext } from "../context.ts";
import type { RequestStatusView } from "../core.ts";
import { claimsOf } from "../requests/signed-request.ts";
import { resultOf } from "./execution.ts";

/** How a request stands, for the agent's side: no names and no words of approvers (protocol.md 3.15). */
export function statusView(context: GatewayContext, rid: string): RequestStatusView | undefined {
  const { store } = context;
  const row = store.currentRequest(rid);
  if (!row) return undefined;
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
