import { publicJwk } from "#shared/protocol/claims/primitives.ts";
import type { Crypto, PublicJwk } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";

/** Who authenticates with keys of its own: an agent, or an adapter on another host. */
interface Registered {
  readonly sub: string;
  /** As they were registered: JWKs (RFC 7517). */
  readonly keys: readonly object[];
}

/**
 * The same list with every key checked, so that a key nobody could sign in with is found when the gateway starts and not when
 * its agent first asks. `alg` may be left out: a key of the profile has one.
 * @throws CountersignError `E_CLI_INPUT` naming whose key is wrong and why; also where two have one name
 */
export function withCheckedKeys<T extends Registered>(
  crypto: Crypto,
  registered: readonly T[],
): readonly (Omit<T, "keys"> & { readonly keys: readonly PublicJwk[] })[] {
  const names = new Set<string>();
  return registered.map((one) => {
    if (names.has(one.sub)) throw wrong(one.sub, "It is registered twice.");
    names.add(one.sub);
    return { ...one, keys: one.keys.map((key, i) => checked(crypto, one.sub, key, i + 1)) };
  });
}

function checked(crypto: Crypto, sub: string, key: object, place: number): PublicJwk {
  // SECURITY: whoever has the private half is the agent; it has no business in a list of the gateway's.
  if ("d" in key)
    throw wrong(sub, `Key ${place} is a private key. Register its public half, and make the agent a new key.`);
  const parsed = publicJwk.safeParse({ alg: "crv" in key && key.crv === "Ed25519" ? "Ed25519" : "ES256", ...key });
  if (!parsed.success) throw wrong(sub, `Key ${place} is no public key of P-256 or Ed25519 as a JWK.`);
  try {
    return crypto.importKey(parsed.data).jwk;
  } catch (cause) {
    const why = cause instanceof CountersignError ? cause.message : "It cannot be read.";
    throw wrong(sub, `Key ${place}: ${why}`, cause);
  }
}

const wrong = (sub: string, why: string, cause?: unknown): CountersignError =>
  new CountersignError("E_CLI_INPUT", `${sub}: ${why}`, cause === undefined ? undefined : { cause });
