import { z } from "zod";

import { contentDigestText, publicJwk, seconds, text, uri } from "#shared/protocol/claims/primitives.ts";
import type { Crypto, PublicJwk, VerifyKey } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { gateJws, parsePayload } from "#shared/protocol/jws.ts";
import { SKEW_S, TYP, type Typ } from "#shared/protocol/names.ts";

import type { RegisteredAgent } from "../ports.ts";
import { OnceOnly } from "./once.ts";

/** Longest life of an assertion, seconds. */
const MAX_LIFE_S = 300;
const MAX_BYTES = 4096;

const assertionClaims = z.looseObject({
  iss: uri,
  sub: uri,
  aud: z.union([uri, z.array(uri).max(8)]),
  iat: seconds,
  nbf: seconds.optional(),
  exp: seconds,
  jti: text(128).min(8),
  /** Binds the assertion to one request; checked when present. */
  htm: text(16).optional(),
  content_digest: contentDigestText.optional(),
});

export interface AgentAuthOptions {
  /** Issuer of the gateway: the one audience that counts. */
  readonly iss: string;
  readonly crypto: Crypto;
  readonly agent: (sub: string) => RegisteredAgent | undefined;
  /** Unix seconds. */
  readonly now: () => number;
}

/** What an assertion may be bound to. */
export interface BoundRequest {
  readonly method: string;
  /** RFC 9530 digest of the body. */
  readonly content_digest: string;
}

export interface AgentAuth {
  /**
   * Who sends this request: `Authorization: Bearer` with a signed assertion of the agent's own key (private_key_jwt,
   * RFC 7523 section 3): issuer = subject = a registered agent, this gateway as audience, at most five minutes, each
   * `jti` once.
   * @throws CountersignError `E_AGENT_AUTH`, `E_AGENT_UNKNOWN`
   */
  authenticate(authorization: string | undefined, request: BoundRequest): RegisteredAgent;
  /**
   * Payload of what a registered key of this agent signed.
   * @throws CountersignError codes of the JWS gate, `E_SIG_BAD`
   */
  open(agent: RegisteredAgent, jws: string, typ: Typ, maxBytes: number): unknown;
}

const refuse = (why: string, cause?: unknown): CountersignError =>
  new CountersignError("E_AGENT_AUTH", why, cause === undefined ? undefined : { cause });

export function makeAgentAuth({ iss, crypto, agent, now }: AgentAuthOptions): AgentAuth {
  const used = new OnceOnly();
  const startedAt = now();
  const keys = new WeakMap<RegisteredAgent, readonly VerifyKey[]>();

  function keysOf(registered: RegisteredAgent): readonly VerifyKey[] {
    const known = keys.get(registered) ?? registered.keys.map((key) => crypto.importKey(readKey(key)));
    keys.set(registered, known);
    return known;
  }

  return {
    authenticate(authorization, request) {
      const [, token] = /^Bearer ([A-Za-z0-9_.-]+)$/i.exec(authorization ?? "") ?? [];
      if (token === undefined) throw refuse("Send an assertion of the agent's key as a Bearer token.");
      const { gated, claims } = read(token);
      if (claims.iss !== claims.sub) throw refuse("iss and sub are not the same agent.");
      const registered = agent(claims.sub);
      if (registered === undefined) throw new CountersignError("E_AGENT_UNKNOWN");
      const key = keysOf(registered).find(({ kid }) => kid === gated.header.kid);
      if (key?.alg !== gated.header.alg || !crypto.verify(key, gated.signingInput, gated.signature)) {
        throw refuse("The assertion is not signed by a registered key of this agent.");
      }
      const audiences = typeof claims.aud === "string" ? [claims.aud] : claims.aud;
      if (!audiences.includes(iss)) throw refuse("The assertion is for another gateway.");
      checkTimes(claims, now(), startedAt);
      if (claims.htm !== undefined && claims.htm !== request.method) throw refuse("It is for another method.");
      if (claims.content_digest !== undefined && claims.content_digest !== request.content_digest) {
        throw refuse("The assertion is for another body.");
      }
      // SECURITY: each assertion once, RFC 7523 section 3 (jti), T-12: a copied one is worth nothing.
      if (!used.take(`${claims.sub} ${claims.jti}`, claims.exp + SKEW_S, now())) {
        throw refuse("The assertion was used before. Sign a fresh one for each request.");
      }
      return registered;
    },
    open(registered, jws, typ, maxBytes) {
      const gated = gateJws(jws, { typ, maxBytes });
      const key = keysOf(registered).find(({ kid }) => kid === gated.header.kid);
      if (key?.alg !== gated.header.alg || !crypto.verify(key, gated.signingInput, gated.signature)) {
        throw new CountersignError("E_SIG_BAD");
      }
      return parsePayload(gated);
    },
  };
}

function read(token: string): { gated: ReturnType<typeof gateJws>; claims: z.infer<typeof assertionClaims> } {
  try {
    const gated = gateJws(token, { typ: TYP.clientAssertion, maxBytes: MAX_BYTES });
    return { gated, claims: assertionClaims.parse(parsePayload(gated)) };
  } catch (cause) {
    throw refuse("The assertion cannot be read.", cause);
  }
}

function checkTimes({ iat, nbf, exp }: z.infer<typeof assertionClaims>, now: number, startedAt: number): void {
  if (exp <= now - SKEW_S || exp <= iat) throw refuse("The assertion has expired.");
  if (iat > now + SKEW_S || (nbf ?? iat) > now + SKEW_S) throw refuse("The assertion is dated in the future.");
  if (exp - iat > MAX_LIFE_S) throw refuse("The assertion is valid for more than five minutes.");
  // SECURITY: used jtis are kept in memory; one from before this start could be a second use (T-12).
  if (iat < startedAt - SKEW_S) throw refuse("The assertion is older than this gateway's start. Sign a fresh one.");
}

function readKey(key: unknown): PublicJwk {
  return publicJwk.parse(key);
}
