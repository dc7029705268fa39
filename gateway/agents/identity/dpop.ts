import { z } from "zod";

import { encodeBase64url } from "#shared/protocol/base64url.ts";
import { seconds, text } from "#shared/protocol/claims/primitives.ts";
import type { Crypto, PublicJwk, VerifyKey } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { openJws, parsePayload } from "#shared/protocol/jws.ts";
import { ALGS, SKEW_S, TYP } from "#shared/protocol/names.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import { OnceOnly } from "../once.ts";

const MAX_BYTES = 4096;

/** RFC 9449 section 4.2. SECURITY: exactly these; a private member, `jku` or `x5c` refuses the proof (T-10). */
const header = z.strictObject({
  typ: z.literal(TYP.dpop),
  alg: z.enum(ALGS),
  jwk: z.strictObject({
    kty: z.enum(["EC", "OKP"]),
    crv: z.enum(["P-256", "Ed25519"]),
    x: text(64),
    y: text(64).optional(),
    alg: z.enum(ALGS).optional(),
    kid: text(128).optional(),
    use: z.literal("sig").optional(),
  }),
});
const claims = z.looseObject({
  jti: text(128).min(8),
  htm: text(16),
  htu: text(2048),
  iat: seconds,
  ath: text(64).optional(),
});

export interface DpopRequest {
  readonly method: string;
  readonly path: string;
  /** The credential that the proof goes with; none at a token endpoint. */
  readonly token?: string;
}

/** Proofs of possession (RFC 9449), each taken once. */
export interface Dpop {
  /**
   * Checks one proof against the request it came with.
   * @returns the key's RFC 7638 thumbprint (`jkt`)
   * @throws CountersignError `E_AGENT_DPOP`
   */
  check(proof: string, request: DpopRequest): string;
}

export interface DpopOptions {
  readonly crypto: Crypto;
  /** `host[:port]` under which this server is known. */
  readonly hosts: () => ReadonlySet<string>;
  /** Unix seconds. */
  readonly now: () => number;
}

const refuse = (why: string, cause?: unknown): CountersignError =>
  new CountersignError("E_AGENT_DPOP", why, cause === undefined ? undefined : { cause });

/** The checks of RFC 9449 section 4.3, in its order, over the strict gate. */
export function makeDpop({ crypto, hosts, now }: DpopOptions): Dpop {
  const used = new OnceOnly();
  const startedAt = now();

  return {
    check(proof, { method, path, token }) {
      const read = readProof(proof);
      const key = keyOf(crypto, read.jwk, read.alg);
      if (!crypto.verify(key, read.signingInput, read.signature))
        throw refuse("The proof's signature is not its key's.");
      const { htm, htu, iat, jti, ath } = read.claims;
      if (htm !== method) throw refuse("The proof is for another method (htm).");
      if (!isHere(htu, path, hosts())) throw refuse("The proof is for another address (htu).");
      if (Math.abs(now() - iat) > SKEW_S) throw refuse("The proof is not of this minute (iat).");
      // SECURITY: used jtis are kept in memory; one from before this start could be a second use (T-12).
      if (iat < startedAt - SKEW_S) throw refuse("The proof is older than this server's start. Sign a fresh one.");
      const expected = token === undefined ? undefined : encodeBase64url(crypto.sha256(encodeUtf8(token)));
      if (ath !== expected) throw refuse("The proof goes with another credential (ath).");
      // SECURITY: each proof once, RFC 9449 section 11.1.
      if (!used.take(`${key.kid} ${jti}`, iat + 2 * SKEW_S, now())) throw refuse("The proof was used before (jti).");
      return key.kid;
    },
  };
}

function readProof(proof: string) {
  try {
    const opened = openJws(proof, MAX_BYTES);
    const { alg, jwk } = header.parse(parseStrict(opened.header));
    const { signingInput, signature } = opened;
    return { alg, jwk, signingInput, signature, claims: claims.parse(parsePayload(opened)) };
  } catch (cause) {
    throw refuse("The proof cannot be read.", cause);
  }
}

/** SECURITY: the algorithm belongs to the key's type; a proof cannot choose another for it (RFC 8725 3.1). */
function keyOf(
  crypto: Crypto,
  { kty, crv, x, y, alg: stated }: z.infer<typeof header>["jwk"],
  alg: PublicJwk["alg"],
): VerifyKey {
  const fits =
    alg === "ES256" ? kty === "EC" && crv === "P-256" && y !== undefined : kty === "OKP" && crv === "Ed25519";
  if (!fits || (stated ?? alg) !== alg) throw refuse("The proof's algorithm is not its key's.");
  try {
    return crypto.importKey({ kty, crv, x, ...(y === undefined ? {} : { y }), alg });
  } catch (cause) {
    throw refuse("The proof's key is not a safe one.", cause);
  }
}

/** RFC 9449 4.3 (9): the address without query and fragment, of a host that is this one. */
function isHere(htu: string, path: string, hosts: ReadonlySet<string>): boolean {
  if (!URL.canParse(htu)) return false;
  const { protocol, host, pathname, username, password } = new URL(htu);
  const isPlain = username === "" && password === "";
  return isPlain && (protocol === "https:" || protocol === "http:") && hosts.has(host) && pathname === path;
}
