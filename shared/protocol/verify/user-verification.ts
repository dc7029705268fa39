import { decodeBase64url, encodeBase64url } from "../base64url.ts";
import type { DecisionClaims } from "../claims/decision.ts";
import type { PolicyClaim } from "../claims/request.ts";
import type { Crypto, VerifyKey } from "../crypto-port.ts";
import { CountersignError } from "../error.ts";
import { jcs } from "../jcs.ts";
import { isMembers } from "../json-pointer.ts";
import { ACR } from "../names.ts";
import { parseFhir, type FhirJson, type Json } from "../strict-json.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";
import type { DirectoryEntry, VerificationState } from "./state.ts";

const [, , MFA_HW] = ACR;
const rank = (acr: string): number => ACR.findIndex((known) => known === acr);

/** WebAuthn level 2, 6.1: rpIdHash (32), flags (1), counter (4). */
const AUTHENTICATOR_DATA = 37;
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;

/**
 * Challenge of the assertion that binds a ceremony to this very decision: `base64url(SHA-256("countersign-uv/1" ‖ 0x00 ‖
 * JCS(claims without uvp)))` (protocol.md 3.7).
 */
export function uvChallenge(crypto: Crypto, claims: object): string {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- claims are JSON: jcs refuses anything else
  const { uvp: _, ...rest } = claims as { uvp?: unknown } & Record<string, Json>;
  return encodeBase64url(crypto.sha256(encodeUtf8(`countersign-uv/1\0${jcs(rest)}`)));
}

/** Deny and revoke: any known level will do. @throws CountersignError `E_UV_ACR` */
export function checkSessionLevel({ acr }: DecisionClaims): void {
  if (rank(acr) < 0) throw new CountersignError("E_UV_ACR");
}

/**
 * V22: the level of user verification and its age, and the whole WebAuthn assertion where one is due or present.
 * @returns the assertion's counter, to be stored with the decision; `undefined` without an assertion
 * @throws CountersignError `E_UV_ACR`, `E_UV_STALE`, `E_UV_PROOF`, `E_UV_CHALLENGE`, `E_UV_ORIGIN`, `E_UV_RPID`,
 * `E_UV_FLAGS`, `E_UV_COUNTER`, `E_UV_CREDENTIAL`, `E_UV_SIG`
 */
export function checkUserVerification(
  claims: DecisionClaims,
  policy: PolicyClaim,
  entry: DirectoryEntry,
  state: Pick<VerificationState, "crypto" | "webauthn">,
): number | undefined {
  const needed = rank(policy.acr);
  const level = rank(claims.acr);
  // SECURITY: an unknown level is below every other, on both sides.
  if (needed < 0 || level < needed) throw new CountersignError("E_UV_ACR");
  const age = claims.iat - claims.auth_time;
  if (age < 0 || age > policy.max_auth_age) throw new CountersignError("E_UV_STALE");
  const { uvp } = claims;
  if (!uvp) {
    if (claims.acr === MFA_HW) throw new CountersignError("E_UV_PROOF");
    return undefined;
  }
  return checkAssertion({ ...uvp, challenge: uvChallenge(state.crypto, claims) }, entry, state);
}

interface Assertion {
  readonly cid: string;
  readonly ad: string;
  readonly cdj: string;
  readonly sig: string;
  readonly challenge: string;
}

/** WebAuthn level 2, 7.2, in the order of V22. SECURITY: presence is bound to the decision, not the session (T-02). */
function checkAssertion(
  { cid, ad, cdj, sig, challenge }: Assertion,
  { webauthn }: DirectoryEntry,
  { crypto, webauthn: relyingParty }: Pick<VerificationState, "crypto" | "webauthn">,
): number {
  const clientDataBytes = bytesOf(cdj);
  const clientData = clientDataOf(clientDataBytes);
  const data = bytesOf(ad);
  if (clientData["type"] !== "webauthn.get" || data.length < AUTHENTICATOR_DATA) {
    throw new CountersignError("E_UV_PROOF");
  }
  if (clientData["challenge"] !== challenge) throw new CountersignError("E_UV_CHALLENGE");
  const { origin, crossOrigin } = clientData;
  const known = typeof origin === "string" && relyingParty?.origins.includes(origin) === true;
  if (!known || (crossOrigin !== undefined && crossOrigin !== false)) throw new CountersignError("E_UV_ORIGIN");
  const rpIdHash = crypto.sha256(encodeUtf8(relyingParty.rpId));
  if (!rpIdHash.every((byte, i) => byte === data[i])) throw new CountersignError("E_UV_RPID");
  const flags = data[32] ?? 0;
  if ((flags & USER_PRESENT) === 0 || (flags & USER_VERIFIED) === 0) throw new CountersignError("E_UV_FLAGS");
  const counter = new DataView(data.buffer, data.byteOffset).getUint32(33);
  // SECURITY: a counter that does not grow is a cloned authenticator (T-30); both zero means it has none.
  if (webauthn && !(counter > webauthn.count || (counter === 0 && webauthn.count === 0))) {
    throw new CountersignError("E_UV_COUNTER");
  }
  if (!webauthn || cid !== webauthn.cid) throw new CountersignError("E_UV_CREDENTIAL");
  const signed = new Uint8Array(data.length + 32);
  signed.set(data);
  signed.set(crypto.sha256(clientDataBytes), data.length);
  if (!verifyAssertion(crypto, credentialKey(crypto, webauthn), signed, bytesOf(sig))) {
    throw new CountersignError("E_UV_SIG");
  }
  return counter;
}

function credentialKey(crypto: Crypto, webauthn: NonNullable<DirectoryEntry["webauthn"]>): VerifyKey {
  try {
    return crypto.importKey(webauthn.jwk);
  } catch (cause) {
    throw new CountersignError("E_UV_CREDENTIAL", "The enrolled security key is not a safe key.", { cause });
  }
}

const verifyAssertion = (crypto: Crypto, key: VerifyKey, signed: Uint8Array, sig: Uint8Array): boolean =>
  key.alg === "ES256" ? crypto.verifyDer(key, signed, sig) : crypto.verify(key, signed, sig);

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  try {
    return decodeBase64url(text);
  } catch (cause) {
    throw new CountersignError("E_UV_PROOF", "A member of the assertion is not base64url.", { cause });
  }
}

function clientDataOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: FhirJson;
  try {
    value = parseFhir(decodeUtf8(bytes));
  } catch (cause) {
    throw new CountersignError("E_UV_PROOF", "The client data is not JSON.", { cause });
  }
  if (!isMembers(value)) throw new CountersignError("E_UV_PROOF");
  return value;
}
