import { randomBytes } from "node:crypto";

import type { ApproverClaims, GatewayClaims } from "#shared/protocol/claims/credential.ts";
import { TYP } from "#shared/protocol/names.ts";
import { generateKey, makeSigner, type Signer } from "#shared/crypto/sign.ts";

export const ISS = "https://gw.northgate.example";
export const DIR = "https://directory.northgate.example";
export const POOL = "cardiology-attending";

/** A UUIDv7 at a given time. */
export function uuid7(nowMs: number): string {
  const hex = Math.floor(nowMs).toString(16).padStart(12, "0");
  const r = randomBytes(10).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${r.slice(0, 3)}-8${r.slice(3, 6)}-${r.slice(6, 18)}`;
}

const status = { status_list: { idx: 0, uri: `${ISS}/status/1` } };

export interface Person {
  readonly sub: string;
  readonly device: string;
  readonly key: Signer;
  readonly cred: string;
  readonly claims: ApproverClaims;
}

/** A person with a real key and a credential that the directory signed. */
export function makePerson(
  directory: Signer,
  name: string,
  nowS: number,
  options: { readonly pools?: readonly string[]; readonly device?: string } = {},
): Person {
  const key = makeSigner(generateKey("ES256"));
  const sub = `${DIR}/approvers/${name}`;
  const claims: ApproverClaims = {
    ver: 1,
    iss: DIR,
    sub,
    jti: uuid7(nowS * 1000),
    iat: nowS,
    nbf: nowS,
    exp: nowS + 86_400,
    device: `${DIR}/devices/${options.device ?? name}`,
    name: `Dr ${name}`,
    cnf: { jwk: key.jwk },
    pools: [...(options.pools ?? [POOL])],
    roles: ["attending"],
    key_storage: "software",
    status,
    enrolled_by: [],
  };
  return { sub, device: claims.device, key, claims, cred: directory.sign(TYP.approver, claims) };
}

/** The directory-signed credential of the one gateway of these tests. */
export function makeGatewayCredential(directory: Signer, gateway: Signer, nowS: number): string {
  const claims: GatewayClaims = {
    ver: 1,
    iss: DIR,
    sub: ISS,
    name: "Northgate Hospital",
    env: "demo",
    jwks: { keys: [{ ...gateway.jwk, kid: gateway.kid, cs_use: ["request", "session", "token"] }] },
    ws_endpoint: "wss://gw.northgate.example/countersign/v1/feed",
    pools: [POOL],
    log: { origin: "gw.northgate.example/log", vkey: "gw.northgate.example/log+00000000+AAAA" },
    templates: [],
    iat: nowS,
    exp: nowS + 86_400,
    jti: uuid7(nowS * 1000),
    status,
  };
  return directory.sign(TYP.gateway, claims);
}
