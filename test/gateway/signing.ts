import type { DecisionClaims } from "#shared/protocol/claims/decision.ts";
import { receiptClaims } from "#shared/protocol/claims/receipt.ts";
import { jdig, viewDigest } from "#shared/protocol/digest.ts";
import { TYP } from "#shared/protocol/names.ts";
import { template } from "#shared/protocol/template.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import type { SubmitAnswer } from "../../gateway/core.ts";
import { crypto, freshUuid } from "./device.ts";
import type { Person, World } from "./world.ts";

/** Where the gateway stands, as a signer needs to know it. */
type Standing = Pick<World, "core" | "now">;

/** What a client would sign over the current revision: everything granted, everything acknowledged. */
export function makeDecision(
  world: Standing,
  person: Person,
  rid: string,
  decision: "approve" | "deny" | "revoke",
  over: Partial<DecisionClaims> = {},
): DecisionClaims {
  const { core, now } = world;
  const row = core.store.currentRequest(rid);
  if (!row) throw new Error(`no request ${rid}`);
  const claims = readStored("request", row.jws);
  const req_dig = jdig(crypto, row.jws);
  const head = core.chainHead(person.session.kid);
  const common = {
    ...{
      ver: 1 as const,
      iss: person.claims.device,
      sub: person.claims.sub,
      aud: claims.iss,
      iat: now(),
      exp: now() + 120,
    },
    ...{ jti: freshUuid(), rid, rev: claims.rev, txn: claims.txn, req_dig, nonce: claims.nonce, decision },
    ...{ acr: "urn:countersign:acr:uv", amr: ["pin", "user"], auth_time: now() },
    pol: { id: claims.policy.id, ver: claims.policy.ver, dig: claims.policy.dig },
    chain: { n: head.n + 1, prev: head.prev },
  };
  if (decision !== "approve") {
    return { ...common, reason: { code: "wrong-patient" }, ...over };
  }
  const tplDig = claims.display.tpl_dig;
  const { must_show } = template.parse(JSON.parse(core.documents.template(tplDig) ?? "null"));
  const view_dig = viewDigest(crypto, { tplDig, reqDig: req_dig, lang: "en", must: must_show });
  return {
    ...common,
    granted: claims.authorization_details,
    grant_exp: claims.grant_exp,
    ack: (claims.facts ?? []).filter((f) => f.ack).map((f) => f.id),
    shown: { tpl_dig: tplDig, view_dig, lang: "en", complete: true },
    dwell: { ms: 20_000, n: 5 },
    ...over,
  };
}

export const sign = (person: Person, claims: object): string => person.device.signer.sign(TYP.decision, claims);

/** Signs and submits in the person's session. */
export function decide(
  world: Standing,
  person: Person,
  rid: string,
  decision: "approve" | "deny" | "revoke",
  over: Partial<DecisionClaims> = {},
): SubmitAnswer {
  return world.core.submitDecision(sign(person, makeDecision(world, person, rid, decision, over)), person.session);
}

/** What an answer says: the claims of its receipt, or the code of its error. */
export function receiptOf(answer: SubmitAnswer): Readonly<Record<string, unknown>> {
  if (answer.kind === "error") return { result: "error", code: answer.error.code };
  return receiptClaims.parse(JSON.parse(Buffer.from(answer.jws.split(".")[1] ?? "", "base64url").toString()));
}

export async function raised(world: Standing, draft: Parameters<World["core"]["raise"]>[0]): Promise<string> {
  const answer = await world.core.raise(draft);
  if (answer.kind !== "pending") throw new Error(`not pending: ${JSON.stringify(answer)}`);
  return answer.rid;
}
