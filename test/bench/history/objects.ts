import { randomBytes } from "node:crypto";

import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { DecisionClaims } from "#shared/protocol/claims/decision.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { viewDigest } from "#shared/protocol/digest.ts";
import type { ChainHead } from "#shared/protocol/verify/state.ts";

import { uuid7 } from "../../../gateway/uuid7.ts";
import { crypto } from "../../gateway/device.ts";

/** What an agent asks at `now`, as it asked the first of its kind; ids and times are its own. */
export function asked(first: RequestClaims, now: number): RequestClaims {
  const shift = now - first.iat;
  const [rid, jti, txn] = [0, 1, 2].map(() => uuid7(now * 1000, randomBytes(10)));
  const grant_exp = first.grant_exp + shift;
  return {
    ...first,
    ...{
      rid: rid ?? "",
      jti: jti ?? "",
      txn: txn ?? "",
      iat: now,
      exp: first.exp + shift,
      submit_by: first.exp + shift,
    },
    ...{ grant_exp, nonce: randomBytes(24).toString("base64url") },
    authorization_details: first.authorization_details.map((element) =>
      "not_after" in element ? { ...element, not_after: grant_exp } : element,
    ),
  };
}

/** What a person signs about the nth request. */
export function decided(
  claims: RequestClaims,
  req_dig: string,
  cred: Pick<ApproverClaims, "device" | "sub">,
  { head, kind, n, now }: { head: ChainHead; kind: "approve" | "deny"; n: number; now: number },
): DecisionClaims {
  const { rid, rev, txn, nonce, policy, display } = claims;
  const common = {
    ...{ ver: 1 as const, iss: cred.device, sub: cred.sub, aud: claims.iss, iat: now, exp: now + 120 },
    ...{ jti: uuid7(now * 1000, randomBytes(10)), rid, rev, txn, nonce, req_dig, decision: kind },
    ...{ acr: "urn:countersign:acr:uv", amr: ["pin", "user"], auth_time: now },
    pol: { id: policy.id, ver: policy.ver, dig: policy.dig },
    chain: { n: head.n + 1, prev: head.prev },
    dwell: { ms: 1000 + ((n * 7919) % 60_000), n: 20, opened_at: now },
  };
  if (kind === "deny") return { ...common, reason: { code: n % 2 === 0 ? "not-needed" : "wrong-drug-or-dose" } };
  const { tpl_dig: tplDig, lang } = display;
  const must = BUILTIN_TEMPLATES.medicationOrder.must_show;
  return {
    ...common,
    ...{ granted: claims.authorization_details, grant_exp: claims.grant_exp },
    ack: (claims.facts ?? []).filter(({ ack }) => ack).map(({ id }) => id),
    shown: {
      tpl_dig: tplDig,
      view_dig: viewDigest(crypto, { tplDig, reqDig: req_dig, lang, must }),
      lang,
      complete: true,
    },
  };
}
