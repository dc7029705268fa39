import { z } from "zod";

import { contentDigestText, publicJwk, seconds, text, uri } from "#shared/protocol/claims/primitives.ts";
import type { Crypto, PublicJwk, VerifyKey } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { gateJws, parsePayload } from "#shared/protocol/jws.ts";
import { SKEW_S, TYP, type Typ } from "#shared/protocol/names.ts";

import type { RegisteredAgent } from "../ports.ts";
import type { ShownCertificate } from "./identity/certificate.ts";
import { makeDpop } from "./identity/dpop.ts";
import type { BoundRequest, Shown } from "./identity/shown.ts";
import { looksLikeSvid, matchesPattern, subjectOfSvid } from "./identity/svid.ts";
import type { TrustBundle } from "./identity/trust-bundle.ts";
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
  /** Everybody in the registry: who may come by a certificate or a SPIFFE ID is found there. */
  readonly registered?: readonly RegisteredAgent[];
  /** `host[:port]` under which this gateway is known, for DPoP's `htu`; no proof is believed where absent. */
  readonly hosts?: () => ReadonlySet<string>;
  /** Keys of the SPIFFE trust domain; no SVID is taken where absent. */
  readonly bundle?: TrustBundle | undefined;
  /** Unix seconds. */
  readonly now: () => number;
}

export interface AgentAuth {
  /**
   * Who sends this request, by one of three credentials (protocol.md 3.15.4), and for an agent with a registered `jkt` by a
   * DPoP proof as well:
   * a signed assertion of the agent's own key (private_key_jwt, RFC 7523 section 3): issuer = subject = a registered agent,
   * this gateway as audience, at most five minutes, each `jti` once; a JWT-SVID; a TLS client certificate (RFC 8705).
   * @param isToken false where the credential does not stand in `Authorization` (token endpoint): then the proof has no `ath`
   * @throws CountersignError `E_AGENT_AUTH`, `E_AGENT_DPOP`, `E_AGENT_UNKNOWN`
   */
  authenticate(shown: Shown, request: BoundRequest, isToken?: boolean): RegisteredAgent;
  /**
   * Payload of what a registered key of this agent signed.
   * @throws CountersignError codes of the JWS gate, `E_SIG_BAD`
   */
  open(agent: RegisteredAgent, jws: string, typ: Typ, maxBytes: number): unknown;
}

const refuse = (why: string, cause?: unknown): CountersignError =>
  new CountersignError("E_AGENT_AUTH", why, cause === undefined ? undefined : { cause });

export function makeAgentAuth(options: AgentAuthOptions): AgentAuth {
  const { iss, crypto, agent, now, bundle, registered = [] } = options;
  const used = new OnceOnly();
  const dpop = makeDpop({ crypto, hosts: options.hosts ?? (() => new Set()), now });
  const startedAt = now();
  const keys = new WeakMap<RegisteredAgent, readonly VerifyKey[]>();

  function keysOf(registered: RegisteredAgent): readonly VerifyKey[] {
    const known = keys.get(registered) ?? registered.keys.map((key) => crypto.importKey(readKey(key)));
    keys.set(registered, known);
    return known;
  }

  function byAssertion(token: string, request: BoundRequest): RegisteredAgent {
    const { gated, claims } = read(token);
    if (claims.iss !== claims.sub) throw refuse("iss and sub are not the same agent.");
    const known = agent(claims.sub);
    if (known === undefined) throw new CountersignError("E_AGENT_UNKNOWN");
    const key = keysOf(known).find(({ kid }) => kid === gated.header.kid);
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
    return known;
  }

  /** SECURITY: an SVID names a workload; which agent that is, and whether it is one, the registry says. */
  function bySvid(token: string, trusted: TrustBundle): RegisteredAgent {
    const id = subjectOfSvid(token, { iss, bundle: trusted, crypto, now });
    const entry = registered.find(({ spiffe }) => spiffe !== undefined && matchesPattern(id, spiffe));
    const known = entry && agent(entry.sub);
    if (known === undefined) throw new CountersignError("E_AGENT_UNKNOWN");
    return known;
  }

  function byCertificate({ x5t, notBefore, notAfter }: ShownCertificate): RegisteredAgent {
    const entry = registered.find(({ certs }) => certs?.includes(x5t) === true);
    const known = entry && agent(entry.sub);
    if (known === undefined) throw new CountersignError("E_AGENT_UNKNOWN");
    if (now() < notBefore - SKEW_S || now() > notAfter) throw refuse("The client certificate is not valid now.");
    return known;
  }

  function byCredential(token: string | undefined, shown: Shown, request: BoundRequest): RegisteredAgent {
    if (token !== undefined) {
      return bundle !== undefined && looksLikeSvid(token) ? bySvid(token, bundle) : byAssertion(token, request);
    }
    if (shown.authorization === undefined && shown.certificate !== undefined) return byCertificate(shown.certificate);
    throw refuse("Send an assertion of the agent's key as a Bearer token.");
  }

  return {
    authenticate(shown, request, isToken = true) {
      const [, token] = /^(?:Bearer|DPoP) ([A-Za-z0-9_.-]+)$/i.exec(shown.authorization ?? "") ?? [];
      const known = byCredential(token, shown, request);
      const { method, path } = request;
      const goesWith = token !== undefined && isToken ? { token } : {};
      const jkt = shown.dpop === undefined ? undefined : dpop.check(shown.dpop, { method, path, ...goesWith });
      // SECURITY: who is registered with a DPoP key sends no request without it: a stolen credential is worth nothing (T-27).
      if (known.jkt !== undefined && jkt !== known.jkt) {
        throw new CountersignError(
          "E_AGENT_DPOP",
          jkt === undefined
            ? "This agent is registered with a DPoP key: send a proof by it."
            : "The proof is by another key than the registered one.",
        );
      }
      return known;
    },
    open(known, jws, typ, maxBytes) {
      const gated = gateJws(jws, { typ, maxBytes });
      const key = keysOf(known).find(({ kid }) => kid === gated.header.kid);
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
