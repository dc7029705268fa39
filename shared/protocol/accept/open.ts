import type { GatewayClaims } from "../claims/credential.ts";
import type { RequestClaims } from "../claims/request.ts";
import type { Crypto, VerifyKey } from "../crypto-port.ts";
import { dig } from "../digest.ts";
import { CountersignError } from "../error.ts";
import { gateOpened, openJws, parsePayload, type OpenedJws } from "../jws.ts";
import { actionType, LIMITS, SKEW_S, TYP, type ActionName } from "../names.ts";
import type { Json } from "../strict-json.ts";
import { isAddressed } from "../verify/eligibility.ts";
import { checkShape, checkSignature } from "../verify/signed.ts";

/** A gateway that the directory vouches for (protocol.md 3.3). */
export interface AcceptedGateway {
  /** Issuer: `sub` of its credential. */
  readonly iss: string;
  readonly claims: GatewayClaims;
  /** The key named `kid` if it may sign for `use` at `at` (Unix seconds) and is not revoked. */
  keyFor(use: "request", kid: string, at: number): VerifyKey | undefined;
}

/** A request whose signature is verified and which is addressed to me now. */
export interface OpenedRequest {
  readonly claims: RequestClaims;
  /** `jdig`. */
  readonly digest: string;
  readonly kid: string;
  /** Critical claims, not judged yet (C13). */
  readonly csx: readonly string[];
}

/** Longest a request may wait, seconds (C7). */
const MAX_LIFE_S = 24 * 3600;

/** Actions that are about one patient: the claim is required (protocol.md 3.5). */
const CLINICAL: ReadonlySet<string> = new Set(
  (["order.create", "order.modify", "order.discontinue", "record.update", "referral.create"] as const).map(
    (name: ActionName) => actionType(name),
  ),
);

/**
 * C1 to C5.
 * @throws CountersignError `E_FMT_*`, `E_SIG_TYP`, `E_SIG_ALG`, `E_SIG_HEADER`, `E_SIG_CRIT`, `E_GW_KEY`, `E_SIG_BAD`,
 * `E_CLM_SHAPE`, `E_CLM_VERSION`
 */
export function openRequest(
  crypto: Crypto,
  jws: string,
  gateway: Pick<AcceptedGateway, "keyFor">,
  at: number,
): OpenedRequest {
  const opened = openJws(jws, LIMITS.requestJws);
  const payload = strictPayload(opened);
  const gated = gateOpened(opened, { typ: TYP.request, understood: "any" });
  // SECURITY: only a key the directory vouches for, never one the gateway lists itself, protocol.md C3 (T-01).
  const key = gateway.keyFor("request", gated.header.kid, at);
  if (!key) throw new CountersignError("E_GW_KEY");
  checkSignature(crypto, gated, key);
  const claims = checkShape("request", payload ?? {});
  if (claims.rev > 1 && claims.prev === undefined) throw new CountersignError("E_CLM_SHAPE", "prev is missing");
  if (CLINICAL.has(claims.action.type) && !claims.patient)
    throw new CountersignError("E_CLM_SHAPE", "patient is missing");
  const { kid, csx } = gated.header;
  return { claims, digest: dig(crypto, gated.signingInput), kid, csx };
}

/** C1's last part. That it is an object is a matter of shape, which C5 judges. */
function strictPayload(opened: OpenedJws): Record<string, Json> | undefined {
  try {
    return parsePayload(opened);
  } catch (e) {
    if (e instanceof CountersignError && e.code === "E_CLM_SHAPE") return undefined;
    throw e;
  }
}

/**
 * C6 and C7.
 * @throws CountersignError `E_CLM_AUD`, `E_CLM_FUTURE`, `E_REQ_EXPIRED`, `E_CLM_LIFETIME`
 */
export function checkAddressedNow(
  claims: RequestClaims,
  input: {
    readonly iss: string;
    readonly me: { readonly sub: string; readonly pools: readonly string[] };
    readonly now: number;
    readonly skewS?: number | undefined;
  },
): void {
  // SECURITY: a request speaks only for the gateway it came from, protocol.md C6 (T-13).
  if (claims.iss !== input.iss || !isAddressed(claims, input.me)) throw new CountersignError("E_CLM_AUD");
  if (claims.iat > input.now + (input.skewS ?? SKEW_S)) throw new CountersignError("E_CLM_FUTURE");
  if (claims.exp <= input.now) throw new CountersignError("E_REQ_EXPIRED");
  if (claims.exp <= claims.iat || claims.exp - claims.iat > MAX_LIFE_S) throw new CountersignError("E_CLM_LIFETIME");
}
