import type { GatewayClaims } from "#shared/protocol/claims/credential.ts";
import type { Crypto, VerifyKey } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { gatewayKeys, type GatewayKeys } from "#shared/protocol/verify/gateway-keys.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

/** The directory as pinned at enrolment. */
export interface PinnedDirectory {
  readonly iss: string;
  readonly key: VerifyKey;
}

/** A gateway that the pinned directory vouches for, with its keys by use. */
export interface TrustedGateway extends GatewayKeys {
  /** Issuer: `sub` of the credential. */
  readonly iss: string;
  readonly claims: GatewayClaims;
  /** The credential itself, for evidence bundles. */
  readonly credential: string;
}

/**
 * Reads a `countersign-gateway+jwt` with the pinned directory key (protocol.md 3.3): the only source of gateway keys.
 * @param now gateway seconds
 * @throws CountersignError `E_GW_CRED` for anything but a valid, current credential of this directory
 */
export function trustGateway(
  crypto: Crypto,
  credential: string,
  directory: PinnedDirectory,
  now: number,
): TrustedGateway {
  try {
    const { claims } = verifyJws(crypto, "gateway", credential, (kid) =>
      // SECURITY: only the directory pinned at enrolment vouches for a gateway, protocol.md 3.3, C3 (T-01).
      kid === directory.key.kid ? directory.key : undefined,
    );
    if (claims.iss !== directory.iss) throw new CountersignError("E_GW_CRED");
    if (now > claims.exp) throw new CountersignError("E_GW_CRED", "The gateway's credential has expired.");
    return { iss: claims.sub, claims, credential, ...gatewayKeys(crypto, claims) };
  } catch (cause) {
    if (cause instanceof CountersignError && cause.code === "E_GW_CRED") throw cause;
    throw new CountersignError("E_GW_CRED", undefined, { cause });
  }
}
