import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import { contentDigest, templateDigest } from "#shared/protocol/digest.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import { NOW } from "../../../renderer/bridge/fake/time.ts";
import { crypto, FHIR, GATEWAY_ISS, newId, POOL, type RequestChange } from "../../electron/hospital.ts";

/**
 * A request of the gallery as a gateway would issue it now: ids of its own, times moved to `now` (Unix seconds), and real
 * digests where the gallery has stand-ins.
 */
export function issuedNow(claims: RequestClaims, now: number, change: RequestChange = {}): RequestChange {
  const later = now - NOW;
  const { policy, action, authorization_details, display, facts, checks, history, ...rest } = claims;
  const { dig: _standIn, ...policyClaims } = policy;
  const { op } = action;
  const body = change.action?.op?.body ?? op.body;
  const body_dig = contentDigest(crypto, body);
  const exp = claims.exp + later;
  const template = Object.values(BUILTIN_TEMPLATES).find(({ id }) => id === display.tpl);
  if (template === undefined) throw new Error(`there is no template ${display.tpl}`);
  const moved = <T>(at: T): T | number => (typeof at === "number" ? at + later : at);
  const { policy: policyChange, action: actionChange, ...over } = change;
  return {
    ...rest,
    iss: GATEWAY_ISS,
    aud: [`${GATEWAY_ISS}/pools/${POOL}`],
    jti: newId(),
    rid: newId(),
    txn: newId(),
    iat: now,
    exp,
    submit_by: exp,
    grant_exp: exp + 600,
    action: {
      ...action,
      ...actionChange,
      op: {
        ...op,
        body,
        body_dig,
        ...(op.before === undefined ? {} : { before_dig: contentDigest(crypto, op.before) }),
      },
    },
    authorization_details: authorization_details.map((element) => ({
      ...element,
      locations: [FHIR],
      ...("content_digest" in element ? { content_digest: body_dig } : {}),
      not_after: exp,
    })),
    policy: { ...policyClaims, pools: [POOL], ...policyChange },
    display: { ...display, tpl_ver: template.ver, tpl_dig: templateDigest(crypto, template) },
    facts: (facts ?? []).map((fact) => ({ ...fact, as_of: moved(fact.as_of) })),
    ...(checks === undefined
      ? {}
      : {
          checks: checks.map((check) => (check.as_of === undefined ? check : { ...check, as_of: moved(check.as_of) })),
        }),
    ...(history === undefined
      ? {}
      : {
          history: {
            ...history,
            ...(history.last_denied_at === undefined ? {} : { last_denied_at: moved(history.last_denied_at) }),
          },
        }),
    ...over,
  };
}
