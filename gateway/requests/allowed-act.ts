import type { RarElement } from "#shared/protocol/claims/primitives.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { actionType } from "#shared/protocol/names.ts";

import type { GatewayContext } from "../context.ts";
import type { PolicyInput, RequestDraft } from "../ports.ts";
import { operationGrant, operationOf } from "./build.ts";

/** Seconds that what policy allowed may still be sent. */
const ALLOWED_FOR_S = 60;

/** An action that policy allowed without a person, exactly as it is to be carried out. */
export interface AllowedAct {
  /** Fresh UUIDv7: what a request's `rid` is to a request. */
  readonly id: string;
  readonly agent: { readonly sub: string; readonly name: string };
  /** `urn:countersign:action:…` */
  readonly type: string;
  /** Id of the policy that allowed it. */
  readonly rule: string;
  /** `Patient/id`, where it is known whom it is about. */
  readonly patient?: string;
  readonly op: RequestClaims["action"]["op"];
  /** What its token grants: this operation, once. */
  readonly granted: readonly [RarElement];
  readonly idempotency_key?: string;
}

/** The record's version stands in `If-Match` as it does for what a person approves (T-08). */
export function allowedAct(
  context: Pick<GatewayContext, "crypto" | "fhirBase" | "now" | "uuid">,
  draft: RequestDraft,
  { agent, action, gathered }: PolicyInput,
  rule: string,
): AllowedAct {
  const op = operationOf(context.crypto, draft.operation, gathered);
  const { idempotency_key: key } = draft;
  return {
    ...{ id: context.uuid(), agent: { sub: agent.sub, name: agent.name }, type: actionType(action), rule, op },
    ...(gathered.patient === undefined ? {} : { patient: gathered.patient.ref }),
    granted: [operationGrant(draft.operation, op, gathered, context.fhirBase, context.now() + ALLOWED_FOR_S)],
    ...(key === undefined ? {} : { idempotency_key: key }),
  };
}
