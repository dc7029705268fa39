import { dig } from "../digest.ts";
import { CountersignError } from "../error.ts";
import { parsePayload, type GatedJws } from "../jws.ts";
import { SKEW_S, type Alg } from "../names.ts";
import { thumbprintText } from "../thumbprint.ts";
import type { Crypto, PublicJwk, VerifyKey } from "../crypto-port.ts";
import type { DirectoryEntry, VerificationState } from "./state.ts";
import { checkShape, checkSignature, gateSigned, type ClaimsOf, type Verified } from "./signed.ts";

export type Authored = "decision" | "statement";

/**
 * V1 to V8b for what a person signs. A failure is an `error`: nothing is stored.
 * @throws CountersignError the codes of those steps
 */
export function verifyAuthor<K extends Authored>(
  kind: K,
  jws: string,
  state: VerificationState,
): { readonly signed: Verified<K>; readonly entry: DirectoryEntry } {
  const { crypto } = state;
  const gated = gateSigned(kind, jws);
  const entry = state.directoryEntry(gated.header.kid);
  if (entry?.jwk.alg !== gated.header.alg) verifyInVain(crypto, gated);
  if (!entry) throw new CountersignError("E_KEY_UNKNOWN");
  const key = keyOf(state, entry);
  checkSignature(crypto, gated, key);
  const claims = checkShape(kind, parsePayload(gated));
  checkByKind(claims);
  // SECURITY: exactly my issuer, as a string, protocol.md V8 (T-13).
  if (claims.aud !== state.iss) throw new CountersignError("E_CLM_AUD");
  // SECURITY: only the key's own session may use up its jti, protocol.md V8b.
  if (state.session && state.session.kid !== key.kid) throw new CountersignError("E_KEY_DEVICE");
  const digest = dig(crypto, gated.signingInput);
  return { signed: { header: gated.header, claims, digest, key }, entry };
}

/** Public keys of published examples, whose private halves are published with them: RFC 7515 A.3.1, RFC 8037 A.2. */
const NOBODYS: Readonly<Record<Alg, PublicJwk>> = {
  ES256: {
    ...{ kty: "EC", crv: "P-256", alg: "ES256" },
    x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
  },
  Ed25519: { kty: "OKP", crv: "Ed25519", alg: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
};

/**
 * SECURITY: the check of a signature is what takes time; where there is no key to check with it is done all the same,
 * with a key that is nobody's, so that the time does not tell the name of an enrolled key (reliability.md F17).
 */
function verifyInVain(crypto: Crypto, { header, signingInput, signature }: GatedJws): void {
  crypto.verify(crypto.importKey(NOBODYS[header.alg]), signingInput, signature);
}

/**
 * V4 for an entry of the directory: the key must bear its thumbprint's name, then be a safe key.
 * @throws CountersignError `E_SIG_KID`, `E_KEY_WEAK`, `E_SIG_ALG`
 */
function keyOf({ crypto }: VerificationState, entry: DirectoryEntry): VerifyKey {
  try {
    const key = crypto.importKey(entry.jwk);
    if (key.kid !== entry.kid) throw new CountersignError("E_SIG_KID");
    return key;
  } catch (e) {
    // A wrong name is said before a weak key; only a key that failed to import pays for the extra hash.
    if (thumbprintText(crypto, entry.jwk) !== entry.kid) throw new CountersignError("E_SIG_KID");
    throw e;
  }
}

/** V7's conditional part: what each decision must and must not carry (protocol.md 3.7, 3.8). */
function checkByKind(claims: ClaimsOf<Authored>): void {
  if (!("decision" in claims)) return;
  const shape = (ok: boolean, why: string): void => {
    if (!ok) throw new CountersignError("E_CLM_SHAPE", why);
  };
  switch (claims.decision) {
    case "approve":
      shape(claims.granted !== undefined, "granted is missing");
      shape(claims.grant_exp !== undefined, "grant_exp is missing");
      shape(claims.shown !== undefined, "shown is missing");
      return;
    case "revoke":
      shape(claims.revokes !== undefined, "revokes is missing");
      shape(claims.granted === undefined, "a revoke grants nothing");
      return;
    default:
      shape(claims.decision !== "deny" || claims.granted === undefined, "a deny grants nothing");
  }
}

/**
 * V10: the credential behind the key.
 * @throws CountersignError `E_KEY_SUBJECT`, `E_KEY_DEVICE`, `E_KEY_REVOKED`, `E_KEY_SUSPENDED`, `E_KEY_VALIDITY`
 */
export function checkCredential(
  claims: { readonly sub: string; readonly iss: string; readonly iat: number },
  entry: DirectoryEntry,
  state: Pick<VerificationState, "now" | "skewS">,
): void {
  // SECURITY: the key speaks only for its own person and device, protocol.md V10 (T-03).
  if (claims.sub !== entry.sub) throw new CountersignError("E_KEY_SUBJECT");
  if (claims.iss !== entry.device) throw new CountersignError("E_KEY_DEVICE");
  switch (entry.status) {
    case "active":
      break;
    case "revoked":
      throw new CountersignError("E_KEY_REVOKED");
    case "suspended":
      throw new CountersignError("E_KEY_SUSPENDED");
    default:
      entry.status satisfies never;
      // SECURITY: a status this version does not know is not active.
      throw new CountersignError("E_KEY_REVOKED");
  }
  const skew = state.skewS ?? SKEW_S;
  if (claims.iat < entry.nbf - skew || claims.iat > entry.exp || state.now > entry.exp) {
    throw new CountersignError("E_KEY_VALIDITY");
  }
}
