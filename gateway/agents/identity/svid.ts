import { z } from "zod";

import { seconds, text } from "#shared/protocol/claims/primitives.ts";
import type { Crypto, VerifyKey } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { openJws, parsePayload } from "#shared/protocol/jws.ts";
import { SKEW_S } from "#shared/protocol/names.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";

import type { TrustBundle } from "./trust-bundle.ts";

const MAX_BYTES = 4096;
/** Longest time left of an SVID, seconds: SPIRE's default lifetime. It has no `jti`, so a copy lives as long as it does. */
const MAX_LEFT_S = 300;

/** JWT-SVID section 2: `alg`, `kid`, `typ` and nothing else; `typ` is JWT or JOSE where it is there. */
const header = z.strictObject({
  // SECURITY: one algorithm, with keys of its own type alone (RFC 8725 3.1, T-10).
  alg: z.literal("ES256"),
  kid: text(256).min(1),
  typ: z.enum(["JWT", "JOSE"]).optional(),
});
const claims = z.looseObject({
  sub: text(512),
  aud: z.union([text(512), z.array(text(512)).max(8)]),
  exp: seconds,
  iat: seconds.optional(),
  nbf: seconds.optional(),
});

/** SPIFFE-ID section 2: lower-case trust domain, then segments. */
const SPIFFE_ID = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[A-Za-z0-9._-]+)*)$/;

export interface SvidOptions {
  /** Issuer of the gateway: the audience that an SVID must name. */
  readonly iss: string;
  readonly bundle: TrustBundle;
  readonly crypto: Crypto;
  /** Unix seconds. */
  readonly now: () => number;
}

const refuse = (why: string, cause?: unknown): CountersignError =>
  new CountersignError("E_AGENT_AUTH", why, cause === undefined ? undefined : { cause });

/** True for a credential that is to be read as an SVID: its subject's kind is claimed, not yet believed. */
export function looksLikeSvid(token: string): boolean {
  try {
    return header.safeParse(parseStrict(openJws(token, MAX_BYTES).header)).success;
  } catch {
    return false;
  }
}

/**
 * The SPIFFE ID that a JWT-SVID proves (SPIFFE JWT-SVID section 3): signed by a key of this trust domain's bundle, for this
 * gateway, not expired. The issuer of an SVID is not looked at: the bundle is what is trusted.
 * @throws CountersignError `E_AGENT_AUTH`
 */
export function subjectOfSvid(token: string, { iss, bundle, crypto, now }: SvidOptions): string {
  const { kid, signingInput, signature, body } = read(token);
  const key: VerifyKey | undefined = bundle.key(kid);
  if (key?.alg !== "ES256" || !crypto.verify(key, signingInput, signature)) {
    throw refuse("The SVID is not signed by a key of the trust bundle.");
  }
  const [, domain] = SPIFFE_ID.exec(body.sub) ?? [];
  if (domain !== bundle.trustDomain) throw refuse("The SVID is of another trust domain.");
  const audiences = typeof body.aud === "string" ? [body.aud] : body.aud;
  if (!audiences.includes(iss)) throw refuse("The SVID is for another audience.");
  if (body.exp <= now()) throw refuse("The SVID has expired.");
  if (body.exp > now() + MAX_LEFT_S + SKEW_S) throw refuse("The SVID is valid for more than five minutes.");
  if ((body.nbf ?? body.iat ?? 0) > now() + SKEW_S) throw refuse("The SVID is dated in the future.");
  return body.sub;
}

function read(token: string) {
  try {
    const opened = openJws(token, MAX_BYTES);
    const { kid } = header.parse(parseStrict(opened.header));
    const { signingInput, signature } = opened;
    return { kid, signingInput, signature, body: claims.parse(parsePayload(opened)) };
  } catch (cause) {
    throw refuse("The SVID cannot be read.", cause);
  }
}

/** `spiffe://domain/path`, or `spiffe://domain/path/*` for every workload directly below it. */
export function matchesPattern(id: string, pattern: string): boolean {
  if (!pattern.endsWith("/*")) return id === pattern;
  const parent = pattern.slice(0, -1);
  return id.startsWith(parent) && /^[A-Za-z0-9._-]+$/.test(id.slice(parent.length));
}
