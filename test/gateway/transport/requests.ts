import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import type { Signer } from "#shared/crypto/sign.ts";
import type { RequestClaims, Risk } from "#shared/protocol/claims/request.ts";
import { contentDigest, jcsDig } from "#shared/protocol/digest.ts";
import { ACR, RAR, TYP, actionType, poolUri } from "#shared/protocol/names.ts";

import { ISS, POOL, uuid7 } from "./people.ts";

const crypto = makeNodeCrypto();

export interface RequestOptions {
  /** Two decide without sight of each other. */
  readonly isBlind?: boolean;
  readonly rid?: string;
  readonly rev?: number;
  readonly risk?: Risk;
  readonly aud?: readonly string[];
  /** Characters of filler in the body, for sizes. */
  readonly filler?: number;
}

/** Claims of a request in the shape of protocol.md 3.5; synthetic content. */
export function requestClaimsAt(nowMs: number, options: RequestOptions = {}): RequestClaims {
  const iat = Math.floor(nowMs / 1000);
  const body = JSON.stringify({
    resourceType: "MedicationRequest",
    status: "active",
    note: [{ text: "x".repeat(options.filler ?? 10) }],
  });
  const policy = {
    id: "urn:policy:test",
    ver: 1,
    pools: [POOL],
    acr: ACR[0],
    max_auth_age: 300,
    quorum: options.isBlind === true ? { need: 2, blind: true } : { need: 1 },
    sod: { exclude: [] },
    reason_on: ["deny" as const],
    offline: { approve: false },
  };
  const digest = contentDigest(crypto, body);
  return {
    ver: 1,
    iss: ISS,
    aud: [...(options.aud ?? [poolUri(ISS, POOL)])],
    jti: uuid7(nowMs),
    rid: options.rid ?? uuid7(nowMs),
    rev: options.rev ?? 1,
    txn: uuid7(nowMs),
    iat,
    exp: iat + 3600,
    grant_exp: iat + 7200,
    nonce: "AAAAAAAAAAAAAAAAAAAAAAAA",
    agent: { sub: "urn:agent:test", name: "Test agent" },
    action: {
      type: actionType("order.create"),
      risk: options.risk ?? "moderate",
      reversible: "until-dispensed",
      op: {
        method: "POST",
        url: "https://fhir.northgate.example/r4",
        media: "application/fhir+json",
        body,
        body_dig: digest,
      },
    },
    authorization_details: [{ type: RAR.fhirOp, id: "a1", required: true }],
    task: { id: "t1", idx: 1, goal: "A test" },
    policy: { ...policy, dig: jcsDig(crypto, policy) },
    display: {
      tpl: "urn:countersign:tpl:test",
      tpl_ver: 1,
      tpl_dig: `sha-256:${"A".repeat(43)}`,
      lang: "en",
      statement: "I have read this.",
    },
  };
}

export function signRequest(gateway: Signer, claims: RequestClaims): string {
  return gateway.sign(TYP.request, claims);
}
