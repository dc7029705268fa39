import { timingSafeEqual } from "node:crypto";

import { encodeBase64url } from "#shared/protocol/base64url.ts";
import type { EnrolmentTicket } from "#shared/protocol/claims/session.ts";
import { enrolmentTicket } from "#shared/protocol/claims/session.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { TYP } from "#shared/protocol/names.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import type { UnlockedKey } from "./unlocked-key.ts";

/** Longest life of an enrolment proof, seconds (protocol.md 3.13). */
const PROOF_LIFETIME_S = 120;

/**
 * The ticket as file or text (protocol.md 3.22).
 * @throws CountersignError `E_ENROL_TICKET`
 */
export function parseTicket(text: string): EnrolmentTicket {
  try {
    return enrolmentTicket.parse(parseStrict(text.trim()));
  } catch (cause) {
    throw new CountersignError("E_ENROL_TICKET", "This is not an enrolment ticket. Paste all of it.", { cause });
  }
}

/** The code as both sides spell it: upper case, only `[0-9A-Z]`, I and L as 1, O as 0 (protocol.md 3.22). */
export const normaliseCode = (code: string): string =>
  code
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, "")
    .replace(/[IL]/g, "1")
    .replaceAll("O", "0");

const mac = (crypto: Crypto, code: string, ...parts: string[]): string =>
  encodeBase64url(crypto.hmacSha256(encodeUtf8(normaliseCode(code)), encodeUtf8(parts.join("\0"))));

/** Proves that whoever holds this key knows the code; the code itself never crosses the wire. */
export const codeMac = (crypto: Crypto, code: string, nonce: string, kid: string): string =>
  mac(crypto, code, "countersign-enrol/1", nonce, kid);

/** Proves that the directory's key comes from whoever made the code. */
export function isDirectoryMac(
  crypto: Crypto,
  code: string,
  input: { readonly nonce: string; readonly kid: string; readonly directoryKid: string; readonly mac: string },
): boolean {
  const expected = mac(crypto, code, "countersign-enrol-dir/1", input.nonce, input.kid, input.directoryKid);
  const given = Buffer.from(input.mac);
  return given.length === expected.length && timingSafeEqual(given, Buffer.from(expected));
}

interface ProofInput {
  readonly aud: string;
  readonly at: number;
  readonly jti: string;
  readonly nonce: string;
}

const proofClaims = (key: UnlockedKey, input: ProofInput) => ({
  ver: 1,
  iss: `urn:jkt:${key.kid}`,
  aud: input.aud,
  iat: input.at,
  exp: input.at + PROOF_LIFETIME_S,
  jti: input.jti,
  nonce: input.nonce,
});

/**
 * What an enrolled key says to the directory about a key: that `new_kid` is to follow it, or that it is given up
 * (protocol.md 3.22).
 */
export const keyProof = (
  key: UnlockedKey,
  input: ProofInput & { readonly says: { readonly new_kid: string } | { readonly revoke: string } },
): Promise<string> => key.sign(TYP.enrol, { ...proofClaims(key, input), ...input.says });

/** The `countersign-enrol+jwt` of a new key. `at` in gateway seconds. */
export async function enrolmentProof(
  crypto: Crypto,
  key: UnlockedKey,
  input: ProofInput & {
    /** Absent where another key speaks for this one (rotation). */
    readonly code?: string;
    readonly device: { readonly name: string; readonly os: string; readonly app: string };
  },
): Promise<string> {
  const claims = {
    ...proofClaims(key, input),
    ...(input.code === undefined ? {} : { code_mac: codeMac(crypto, input.code, input.nonce, key.kid) }),
    device: { ...input.device, key_storage: key.storage },
  };
  return key.sign(TYP.enrol, claims, { jwk: key.jwk });
}
