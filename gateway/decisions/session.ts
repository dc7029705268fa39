import { CountersignError } from "#shared/protocol/error.ts";
import { SKEW_S, TYP } from "#shared/protocol/names.ts";
import type { DirectoryEntry } from "#shared/protocol/verify/state.ts";
import { verifyJws, type Verified } from "#shared/protocol/verify/signed.ts";

import type { GatewayContext } from "../context.ts";
import type { Session } from "../core.ts";

const PROOF_LIFETIME_S = 60;
/** A session lasts at most one shift (reliability.md 4.2). */
const SESSION_S = 12 * 3600;

/** Gateway's half of the in-band mutual proof (protocol.md 3.4.3). */
export function proveSession(
  { iss, signer, now, uuid }: Pick<GatewayContext, "iss" | "signer" | "now" | "uuid">,
  clientNonce: string,
  sid: string,
): string {
  const iat = now();
  const claims = {
    ver: 1,
    iss,
    sub: iss,
    aud: "client",
    iat,
    exp: iat + PROOF_LIFETIME_S,
    jti: uuid(),
    nonce: clientNonce,
    sid,
  };
  return signer.sign(TYP.session, claims);
}

/**
 * The client's half: a proof by the device key over this connection's nonce, with the credential the directory signed
 * for that key.
 * @throws CountersignError `E_AUTH_PROOF`, `E_AUTH_CRED`, `E_KEY_REVOKED`, `E_KEY_SUSPENDED`, `E_KEY_VALIDITY`
 */
export function authenticate(
  context: Pick<GatewayContext, "iss" | "crypto" | "now" | "people">,
  { proof, cred, nonce, sid }: { proof: string; cred: string; nonce: string; sid: string },
): Session {
  const { iss, crypto, people, now } = context;
  let signed: Verified<"session">;
  let entry: DirectoryEntry | undefined;
  try {
    signed = verifyJws(crypto, "session", proof, (kid) => {
      entry = people.entry(kid);
      return entry && crypto.importKey(entry.jwk);
    });
  } catch (cause) {
    throw new CountersignError("E_AUTH_PROOF", undefined, { cause });
  }
  const { claims, header } = signed;
  const key = people.key(header.kid);
  if (!key || !entry) throw new CountersignError("E_AUTH_PROOF");
  // SECURITY: the directory's statement for this very key, byte for byte: no other credential rides on it (T-03).
  if (cred !== key.jws) throw new CountersignError("E_AUTH_CRED");
  const mine =
    claims.iss === entry.device &&
    claims.sub === entry.sub &&
    claims.aud === iss &&
    // SECURITY: this connection's nonce and session, protocol.md 3.4.3 (T-02).
    claims.nonce === nonce &&
    claims.sid === sid &&
    claims.exp > claims.iat &&
    claims.exp - claims.iat <= PROOF_LIFETIME_S &&
    claims.iat <= now() + SKEW_S &&
    now() <= claims.exp + SKEW_S;
  if (!mine) throw new CountersignError("E_AUTH_PROOF");
  if (entry.status === "revoked") throw new CountersignError("E_KEY_REVOKED");
  if (entry.status === "suspended") throw new CountersignError("E_KEY_SUSPENDED");
  if (now() > entry.exp || now() < entry.nbf - SKEW_S) throw new CountersignError("E_KEY_VALIDITY");
  const exp = Math.min(now() + SESSION_S, entry.exp);
  return { sid, kid: header.kid, sub: entry.sub, cred: key.claims, exp };
}
