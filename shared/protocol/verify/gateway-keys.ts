import type { GatewayClaims } from "../claims/credential.ts";
import type { Crypto, VerifyKey } from "../crypto-port.ts";
import { CountersignError } from "../error.ts";

export type KeyUse = GatewayClaims["jwks"]["keys"][number]["cs_use"][number];

/** A gateway's keys by name and use. */
export interface GatewayKeys {
  /**
   * The key named `kid`, if the directory vouches for it for `use` at `at` (Unix seconds): a retired key verifies what is
   * not newer than its `verify_until` (protocol.md 3.13, 3.22).
   */
  keyFor(use: KeyUse, kid: string, at: number): VerifyKey | undefined;
}

/**
 * The keys of a verified gateway credential; no other key of that gateway is trusted (protocol.md 3.3).
 * @throws CountersignError `E_SIG_KID` when a key is not named by its thumbprint; `E_KEY_WEAK`, `E_SIG_ALG`
 */
export function gatewayKeys(crypto: Crypto, claims: GatewayClaims): GatewayKeys {
  const keys = new Map(
    claims.jwks.keys.map((jwk) => {
      const key = crypto.importKey(jwk);
      if (key.kid !== jwk.kid) throw new CountersignError("E_SIG_KID");
      return [jwk.kid, { key, uses: jwk.cs_use, until: jwk.verify_until ?? Number.POSITIVE_INFINITY }] as const;
    }),
  );
  return {
    keyFor(use, kid, at) {
      const found = keys.get(kid);
      return found?.uses.includes(use) === true && at <= found.until ? found.key : undefined;
    },
  };
}
