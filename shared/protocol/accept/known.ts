import type { RequestClaims } from "../claims/request.ts";
import { CountersignError } from "../error.ts";
import { ACTION_TYPES, actionType, RAR } from "../names.ts";

const ACTIONS: ReadonlySet<string> = new Set(ACTION_TYPES.map(actionType));
const RAR_TYPES: ReadonlySet<string> = new Set(Object.values(RAR));

/**
 * C13: nothing in the request is of a kind this version cannot show. No critical claim of a request is known yet.
 * @throws CountersignError `E_DSP_UNINSPECTABLE`
 */
export function checkKnown({ action, authorization_details: elements }: RequestClaims, csx: readonly string[]): void {
  // SECURITY: unknown means never approvable, README decision 10 (T-20).
  const unknown = [
    ...(ACTIONS.has(action.type) ? [] : [action.type]),
    ...elements.map((e) => e.type).filter((type) => !RAR_TYPES.has(type)),
    ...csx,
  ];
  if (unknown.length > 0) throw new CountersignError("E_DSP_UNINSPECTABLE", `Not known here: ${unknown.join(", ")}`);
}
