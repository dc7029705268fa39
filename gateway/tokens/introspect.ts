import { z } from "zod";

import type { Signer } from "#shared/crypto/sign.ts";
import { rarElement, seconds, text, uri, uuid7 } from "#shared/protocol/claims/primitives.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { gateJws, parsePayload } from "#shared/protocol/jws.ts";
import { LIMITS, TYP } from "#shared/protocol/names.ts";

import type { StoreReads } from "../store/store.ts";
import type { Confirmation } from "./claims.ts";

const claims = z.looseObject({
  iss: uri,
  sub: uri,
  aud: uri,
  client_id: uri,
  act: z.looseObject({ sub: uri }),
  iat: seconds,
  nbf: seconds,
  exp: seconds,
  jti: uuid7,
  txn: uuid7,
  scope: text(4096).optional(),
  authorization_details: z.array(rarElement).min(1).max(64),
  /** Absent from a token for what policy allowed without a person. */
  human_authorization_ref: z.looseObject({ rid: uuid7 }).optional(),
  cnf: z.union([z.strictObject({ jkt: text(64) }), z.strictObject({ "x5t#S256": text(64) })]).optional(),
});
type Claims = z.infer<typeof claims>;

/** RFC 7662 section 2.2; an inactive token says nothing more. */
export type Introspection =
  { readonly active: false } | ({ readonly active: true; readonly token_type: "Bearer" | "DPoP" } & Claims);

const INACTIVE: Introspection = { active: false };

export interface IntrospectContext {
  readonly iss: string;
  readonly audience: string;
  readonly crypto: Crypto;
  readonly signer: Signer;
  readonly store: StoreReads;
  readonly now: () => number;
}

/**
 * Whether a token is one of ours and alive: signature, kind, issuer, audience, times, and not on the denylist. A use that
 * is under way does not make it inactive: the hospital system may ask while it handles that use.
 */
export function introspectToken(token: string, context: IntrospectContext): Introspection {
  const read = readToken(token, context);
  if (read?.alive !== true) return INACTIVE;
  return { active: true, token_type: isDpop(read.bound) ? "DPoP" : "Bearer", ...read.claims };
}

/** A token that this gateway minted, alive or not. */
export interface ReadToken {
  readonly claims: Claims;
  readonly alive: boolean;
  /** What it is bound to (`cnf`). */
  readonly bound?: Confirmation;
}

const isDpop = (bound: Confirmation | undefined): boolean => bound !== undefined && "jkt" in bound;

/** Undefined for what this gateway did not mint, or not for this place. */
export function readToken(token: string, context: IntrospectContext): ReadToken | undefined {
  const claims = verified(token, context);
  const row = claims && context.store.token(claims.jti);
  // A token for a tool is alive for its own server alone, which compares the audience itself.
  const isOurs = claims?.iss === context.iss && (claims.aud === context.audience || claims.aud.startsWith("mcp:"));
  if (claims === undefined || row === undefined || !isOurs) return undefined;
  const now = context.now();
  const alive = row.revoked_at === undefined && now < claims.exp && now >= claims.nbf - 60;
  return { claims, alive, ...(claims.cnf === undefined ? {} : { bound: claims.cnf }) };
}

function verified(token: string, { crypto, signer }: IntrospectContext): Claims | undefined {
  try {
    const gated = gateJws(token, { typ: TYP.accessToken, maxBytes: LIMITS.frameToGateway });
    if (gated.header.kid !== signer.kid || gated.header.alg !== signer.alg) return undefined;
    if (!crypto.verify(crypto.importKey(signer.jwk), gated.signingInput, gated.signature)) return undefined;
    return claims.safeParse(parsePayload(gated)).data;
  } catch (fault) {
    if (fault instanceof CountersignError) return undefined;
    throw fault;
  }
}
