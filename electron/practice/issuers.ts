import { generateKey, makeSigner, type Signer } from "#shared/crypto/sign.ts";
import { encodeStatusList } from "#shared/crypto/status-list.ts";
import { makeVkey } from "#shared/ledger/note.ts";
import { decodeBase64url } from "#shared/protocol/base64url.ts";
import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { Crypto, PublicJwk } from "#shared/protocol/crypto-port.ts";
import { TYP } from "#shared/protocol/names.ts";

import type { PinnedDirectory } from "../connection/trusted-gateway.ts";
import { POOL, PRACTICE_DIRECTORY, PRACTICE_ENDPOINT, PRACTICE_GATEWAY, PRACTICE_NAME } from "./places.ts";

/** Longer than anybody practises. */
const LIFE_S = 86_400;
const STATUS_URI = `${PRACTICE_DIRECTORY}/status/1`;
const LOG_ORIGIN = "log.practice.invalid";

/** The directory and the gateway of one practice. SECURITY: their keys are made for it and die with it, in memory alone. */
export interface PracticeIssuers {
  readonly directory: PinnedDirectory;
  readonly gateway: Signer;
  readonly gatewayCredential: string;
  /** Nobody is ever stopped here. */
  readonly statusList: string;
  /** A credential for the key that this person practises with, in the name that they sign with at work. */
  admit(jwk: PublicJwk, who: Pick<ApproverClaims, "name" | "reg_no" | "roles">): string;
}

/** @param now seconds */
export function makeIssuers(crypto: Crypto, newId: () => string, now: number): PracticeIssuers {
  const directory = makeSigner(generateKey("ES256"));
  const gateway = makeSigner(generateKey("ES256"));
  const log = makeSigner(generateKey("Ed25519"));
  const common = { ver: 1, iss: PRACTICE_DIRECTORY, iat: now, exp: now + LIFE_S } as const;
  const status = (idx: number) => ({ status_list: { idx, uri: STATUS_URI } });
  return {
    directory: { iss: PRACTICE_DIRECTORY, key: crypto.importKey(directory.jwk) },
    gateway,
    gatewayCredential: directory.sign(TYP.gateway, {
      ...common,
      sub: PRACTICE_GATEWAY,
      jti: newId(),
      name: PRACTICE_NAME,
      // SECURITY: no client for production believes it, wherever it should turn up (protocol.md 3.3, H13).
      env: "demo",
      jwks: { keys: [{ ...gateway.jwk, kid: gateway.kid, cs_use: ["request", "session"] }] },
      ws_endpoint: PRACTICE_ENDPOINT,
      pools: [POOL],
      log: { origin: LOG_ORIGIN, vkey: makeVkey(crypto, LOG_ORIGIN, decodeBase64url(log.jwk.x)) },
      templates: [],
      status: status(1),
    }),
    statusList: directory.sign(TYP.statusList, {
      iss: PRACTICE_DIRECTORY,
      sub: STATUS_URI,
      iat: now,
      ttl: LIFE_S,
      status_list: { bits: 2, lst: encodeStatusList(new Map()) },
    }),
    admit: (jwk, { name, reg_no, roles }) =>
      directory.sign(TYP.approver, {
        ...common,
        sub: `${PRACTICE_DIRECTORY}/approvers/me`,
        jti: newId(),
        nbf: now,
        device: `${PRACTICE_DIRECTORY}/devices/here`,
        ...(name === undefined ? {} : { name }),
        ...(reg_no === undefined ? {} : { reg_no }),
        roles,
        cnf: { jwk },
        pools: [POOL],
        key_storage: "software",
        status: status(2),
        enrolled_by: [],
      }),
  };
}
