import type { PolicyClaim } from "#shared/protocol/claims/request.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { jcsDig } from "#shared/protocol/digest.ts";
import type { Json } from "#shared/protocol/strict-json.ts";

import type { PolicyInput } from "../ports.ts";
import type { Friction } from "./friction.ts";

/** What the `policy` claim of a request is made from. */
export interface ClaimParts {
  readonly id: string;
  readonly ver: number;
  readonly pools: readonly string[];
  readonly roles?: readonly string[] | undefined;
  readonly friction: Friction;
  /** The operation holds a dose or one recipient's code: what an approver can type again. */
  readonly hasValue: boolean;
}

/** `policy` of the request, with its digest over everything else in it (protocol.md 3.5). */
export function policyClaimOf(
  crypto: Crypto,
  { agent, initiator, gathered }: PolicyInput,
  parts: ClaimParts,
): PolicyClaim {
  const { friction, roles = [] } = parts;
  const isOrigin = initiator.kind === "human";
  // Nobody can type again what is not there.
  const isThere = { identity: gathered.patient !== undefined, value: parts.hasValue };
  const tier = friction.reentry.filter((what) => isThere[what]);
  const reentry = [...tier, ...(isOrigin && friction.reentry.includes("identity") ? ["origin-code" as const] : [])];
  const excluded = [agent.obo, agent.owner, initiator.person].filter(
    (who): who is string => who !== undefined && who !== "",
  );
  const claim = {
    id: parts.id,
    ver: parts.ver,
    pools: [...parts.pools],
    ...(roles.length === 0 ? {} : { roles: [...roles] }),
    acr: friction.acr,
    max_auth_age: friction.max_auth_age,
    min_dwell_ms: friction.min_dwell_ms,
    ...(friction.key_storage === undefined ? {} : { key_storage: friction.key_storage }),
    quorum: quorumOf(friction),
    // SECURITY: nobody approves what they caused, protocol.md V15: requester, agent owner, the person it works for.
    sod: { exclude: [...new Set(excluded)], distinct: true as const },
    reason_on: friction.reason_on,
    // README decision 9: no approval without a connection, whatever a policy says.
    offline: { approve: false },
    grant_ttl_max: friction.grant_ttl_max,
    hold_s: friction.hold_s,
    reentry,
  };
  return { ...claim, dig: jcsDig(crypto, claim satisfies Json) };
}

/** What is said of several approvers is said only where there are several. */
function quorumOf({ need, ordered, window_s, blind }: Friction) {
  if (need === 1) return { need };
  return {
    need,
    ...(ordered === true ? { ordered } : {}),
    ...(window_s === undefined ? {} : { window: window_s }),
    ...(blind === true ? { blind } : {}),
  };
}
