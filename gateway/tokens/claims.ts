import type { RarElement } from "#shared/protocol/claims/primitives.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { RAR } from "#shared/protocol/names.ts";
import { parseScope, scopeText, shortest } from "#shared/scope/smart-scope.ts";

import type { StartedExecution } from "../core.ts";
import type { AllowedAct } from "../requests/allowed-act.ts";
import { readToolUrl, toolServer } from "../requests/tool-url.ts";

/** Longest life of a token, seconds (protocol.md 3.14): the backstop when every revocation is lost. */
const TOKEN_TTL_S = 300;
const ALLOWED_TTL_S = 60;

/** Where a task's token is good: the FHIR base, or the one MCP server whose tool was approved. */
export const audienceOf = ({ action: { op } }: Pick<RequestClaims, "action">, fhirBase: string): string =>
  op.method === "tools/call" ? toolServer(readToolUrl(op.url).server) : fhirBase;

/** `exp` of a token minted now: what the person signed, what policy says a token may live, five minutes. */
export const tokenExpiry = (
  { grant_exp, request }: Pick<StartedExecution, "grant_exp" | "request">,
  now: number,
): number => Math.min(grant_exp, now + Math.min(TOKEN_TTL_S, request.policy.grant_ttl_max ?? TOKEN_TTL_S));

export interface TokenClaimsInput {
  readonly iss: string;
  /** FHIR base or MCP server: the one place the token is good for. */
  readonly aud: string;
  readonly started: StartedExecution;
  readonly jti: string;
  /** Unix seconds. */
  readonly now: number;
  readonly status: { readonly idx: number; readonly uri: string };
  /** What it is bound to, where it is handed out. */
  readonly bound?: Confirmation | undefined;
}

/** `cnf` (RFC 7800): the agent's DPoP key (RFC 9449 section 6), or its TLS client certificate (RFC 8705 section 3.1). */
export type Confirmation = { readonly jkt: string } | { readonly "x5t#S256": string };

export interface TokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly client_id: string;
  readonly act: { readonly sub: string };
  readonly cnf?: Confirmation;
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
  readonly jti: string;
  readonly txn: string;
  readonly scope?: string;
  readonly authorization_details: readonly RarElement[];
  readonly human_authorization_ref: {
    readonly digest?: string;
    readonly digests?: readonly string[];
    readonly format: "countersign-decision+jwt";
    readonly rid: string;
  };
  readonly status: { readonly status_list: { readonly idx: number; readonly uri: string } };
}

/**
 * RFC 9068 access token with the effective grant (RFC 9396) and the reference to the signed decision it rests on
 * (protocol.md 3.14). `cnf` where the agent gets it (mode B); in mode A the gateway itself is the only bearer, and the token
 * never leaves it but for the hospital system.
 */
export function tokenClaims({ iss, aud, started, jti, now, status, bound }: TokenClaimsInput): TokenClaims {
  const { request, granted, approvals, rid } = started;
  const digests = approvals.map(({ dig }) => dig);
  const [digest = ""] = digests;
  const scope = scopeOf(granted);
  return {
    iss,
    sub: approvals[0]?.sub ?? "",
    aud,
    client_id: request.agent.sub,
    act: { sub: request.agent.sub },
    ...(bound === undefined ? {} : { cnf: bound }),
    iat: now,
    nbf: now,
    exp: tokenExpiry(started, now),
    jti,
    txn: request.txn,
    ...(scope === "" ? {} : { scope }),
    authorization_details: granted,
    human_authorization_ref: {
      ...(digests.length === 1 ? { digest } : { digests }),
      format: "countersign-decision+jwt",
      rid,
    },
    status: { status_list: status },
  };
}

/** `exp` of a token for what policy allowed: it is used at once. */
export const allowedExpiry = (now: number): number => now + ALLOWED_TTL_S;

/** The same token for what policy allowed without a person: the agent is its subject, and it names the policy. */
export function allowedClaims({
  iss,
  aud,
  act,
  jti,
  now,
  status,
}: Omit<TokenClaimsInput, "started"> & { readonly act: AllowedAct }) {
  const { sub } = act.agent;
  return {
    ...{ iss, sub, aud, client_id: sub, act: { sub }, iat: now, nbf: now, exp: allowedExpiry(now), jti, txn: act.id },
    ...{ authorization_details: act.granted, policy_ref: { rule: act.rule }, status: { status_list: status } },
  };
}

/** Shortest factoring of the granted scopes (protocol.md 3.9). */
function scopeOf(granted: readonly RarElement[]): string {
  const texts = granted
    .filter(({ type }) => type === RAR.smartScope)
    .flatMap(({ scopes }) => (Array.isArray(scopes) ? scopes.filter((s): s is string => typeof s === "string") : []));
  return shortest(texts.map(parseScope)).map(scopeText).join(" ");
}
