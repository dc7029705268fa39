import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import type { Signer } from "#shared/crypto/sign.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { chainGenesis } from "#shared/protocol/digest.ts";
import { TYP } from "#shared/protocol/names.ts";

import { ISS, uuid7, type Person } from "./people.ts";

const crypto = makeNodeCrypto();

/** A session proof as a device makes it (protocol.md 3.4.3). */
export function sessionProof(
  person: Person,
  challenge: { readonly nonce: string; readonly sid: string },
  nowMs: number,
  signer: Signer = person.key,
): string {
  const iat = Math.floor(nowMs / 1000);
  return signer.sign(TYP.session, {
    ver: 1,
    iss: person.device,
    sub: person.sub,
    aud: ISS,
    iat,
    exp: iat + 60,
    jti: uuid7(nowMs),
    ...challenge,
  });
}

/** A decision in the shape of protocol.md 3.7; `jti` makes it the same or another one. */
export function makeDecision(person: Person, request: RequestClaims, nowMs: number, jti = uuid7(nowMs)): string {
  const iat = Math.floor(nowMs / 1000);
  return person.key.sign(TYP.decision, {
    ver: 1,
    iss: person.device,
    sub: person.sub,
    aud: ISS,
    iat,
    exp: iat + 120,
    jti,
    rid: request.rid,
    rev: request.rev,
    txn: request.txn,
    nonce: request.nonce,
    req_dig: `sha-256:${"A".repeat(43)}`,
    decision: "deny",
    reason: { code: "not-needed" },
    acr: "urn:countersign:acr:session",
    amr: ["pin"],
    auth_time: iat,
    pol: { id: request.policy.id, ver: 1, dig: request.policy.dig },
    chain: { n: 1, prev: chainGenesis(crypto, person.key.kid, ISS) },
  });
}
