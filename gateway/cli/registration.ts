import { makeVkey } from "#shared/ledger/note.ts";
import { decodeBase64url } from "#shared/protocol/base64url.ts";
import type { GatewayClaims, GatewayJwk } from "#shared/protocol/claims/credential.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { templateDigest } from "#shared/protocol/digest.ts";
import type { Template } from "#shared/protocol/template.ts";

import type { GatewayRegistration } from "../directory/authority.ts";
import type { GatewayConfig } from "./config.ts";
import type { GatewayKeys } from "./gateway-keys.ts";

/** Name of the log: first line of every checkpoint (C2SP), so no white space and no `+`. */
export const logOrigin = (iss: string): string => `${new URL(iss).host}/countersign-log`;

/** What the directory signs for: public keys, address, pools, log and templates of this gateway. */
export function registrationOf(
  crypto: Crypto,
  config: Pick<GatewayConfig, "iss" | "name" | "pools" | "webauthn">,
  keys: GatewayKeys,
  templates: readonly Template[],
  wsEndpoint: string,
): GatewayRegistration {
  const origin = logOrigin(config.iss);
  const { request, token, log, retired } = keys;
  return {
    iss: config.iss,
    name: config.name,
    ws_endpoint: wsEndpoint,
    jwks: {
      keys: [
        { ...request.jwk, kid: request.kid, cs_use: ["request", "session"] },
        { ...token.jwk, kid: token.kid, cs_use: ["token"] },
        ...retired,
      ],
    },
    pools: config.pools,
    log: { origin, vkey: makeVkey(crypto, origin, decodeBase64url(log.jwk.x)) },
    templates: templates.map((template) => templateDigest(crypto, template)),
    ...config.webauthn,
  };
}

/** Members in which what the directory signed differs from what the gateway now is. */
export function differences(claims: GatewayClaims, registration: GatewayRegistration): readonly string[] {
  const members = ["name", "ws_endpoint", "pools", "log", "templates", "origins", "rp_id"] as const;
  const text = (value: unknown): string => JSON.stringify(value ?? null);
  const keys = (list: readonly GatewayJwk[]): string =>
    text(list.map(({ kid, cs_use, verify_until }) => text([kid, cs_use, verify_until])).sort());
  const differing: string[] = members.filter((name) => text(claims[name]) !== text(registration[name]));
  if (keys(claims.jwks.keys) !== keys(registration.jwks.keys)) differing.push("keys");
  return differing;
}
