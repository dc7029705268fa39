import type { RequestClaims, Risk } from "#shared/protocol/claims/request.ts";
import { ACTION_TYPES, actionType, RAR, type ActionName } from "#shared/protocol/names.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import type { Operation, PolicyInput, RegisteredAgent } from "../../ports.ts";
import { IDENTITY_REASONS } from "../identity.ts";
import type { RequestRow } from "../../store/rows.ts";
import type { StoreReads } from "../../store/store.ts";

/** A request as it was asked: what policy was given then, and what it said. */
export interface Recorded {
  readonly rid: string;
  readonly claims: RequestClaims;
  readonly input: PolicyInput;
}

/**
 * What policy was asked when a stored request was made, from its signed claims; what was found about the agent's identity
 * as far as it was a reason then. The agent's permissions and environment are
 * those of the registry now, where it is still registered: they are not part of a request.
 */
export function recordedRequest(
  row: Pick<RequestRow, "rid" | "jws" | "iat">,
  store: Pick<StoreReads, "requestsOfTask">,
  registered: (sub: string) => RegisteredAgent | undefined,
): Recorded {
  const claims = readStored("request", row.jws);
  const { action, facts = [], checks = [], initiator, history, task, patient } = claims;
  const { op } = action;
  const earlier = store
    .requestsOfTask(claims.agent.sub, task.id)
    .filter((step) => step.iat < row.iat && step.rid !== row.rid);
  const chain: readonly Risk[] = earlier.map(({ risk }) => risk);
  const before = op.before === undefined ? {} : { before: { text: op.before, version: op.if_match ?? "" } };
  return {
    ...{ rid: row.rid, claims },
    input: {
      identity: IDENTITY_REASONS.filter((reason) => action.risk_reasons?.includes(reason)),
      ...{ agent: agentOf(claims, registered), action: nameOf(action.type), operation: operationOf(op), chain },
      gathered: {
        patient: patient ?? { ref: "", name: "" },
        facts,
        checks,
        ...before,
      },
      initiator: initiator ?? { kind: "event" },
      attachments: action.attachments ?? [],
      scopes: claims.authorization_details.flatMap(scopesOf),
      history: { asked: history?.asked ?? 0, denied: history?.denied ?? 0 },
    },
  };
}

function agentOf({ agent }: RequestClaims, registered: (sub: string) => RegisteredAgent | undefined): RegisteredAgent {
  const known = registered(agent.sub);
  const { sub, name, obo } = agent;
  const { model = known?.model ?? "", owner = known?.owner ?? "" } = agent;
  return {
    ...{ sub, name, model, owner, keys: [], actions: known?.actions ?? ACTION_TYPES },
    ...(obo === undefined ? {} : { obo }),
    ...(known?.permissions === undefined ? {} : { permissions: known.permissions }),
    ...(known?.environment === undefined ? {} : { environment: known.environment }),
    ...(known?.purpose === undefined ? {} : { purpose: known.purpose }),
  };
}

const nameOf = (type: string): ActionName => ACTION_TYPES.find((name) => actionType(name) === type) ?? "tool.call";

function operationOf({ method, url, media, body, if_match }: RequestClaims["action"]["op"]): Operation {
  const known = (["POST", "PUT", "PATCH", "DELETE", "tools/call"] as const).find((one) => one === method) ?? "POST";
  return { ...{ method: known, url, media, body }, ...(if_match === undefined ? {} : { if_match }) };
}

function scopesOf(element: RequestClaims["authorization_details"][number]): readonly string[] {
  const { type, scopes } = element;
  if (type !== RAR.smartScope || !Array.isArray(scopes)) return [];
  return scopes.filter((scope): scope is string => typeof scope === "string");
}
