import type { ServerResponse } from "node:http";

import { CountersignError } from "#shared/protocol/error.ts";
import { CODES, type ErrorCode } from "#shared/protocol/registry.ts";

import { send } from "../answers.ts";

/** Errors of CIBA Core 1.0, 11 and 13, of RFC 6749, 5.2, and of RFC 9396, 5. */
export type OauthCode =
  | ("access_denied" | "authorization_pending" | "expired_token" | "invalid_authorization_details")
  | (
      | "invalid_dpop_proof"
      | "invalid_binding_message"
      | "invalid_client"
      | "invalid_grant"
      | "invalid_request"
      | "invalid_scope"
    )
  | ("slow_down" | "temporarily_unavailable" | "unauthorized_client" | "unknown_user_id" | "unsupported_grant_type");

export class OauthError extends Error {
  override readonly name = "OauthError";
  readonly error: OauthCode;
  /** Members beside `error` and `error_description`. */
  readonly more: Readonly<Record<string, unknown>>;
  constructor(error: OauthCode, description: string, more: Readonly<Record<string, unknown>> = {}) {
    super(description);
    this.error = error;
    this.more = more;
  }
}

/** What a refusal of ours is called in OAuth; everything else is the request's fault. */
const CALLED: Partial<Record<ErrorCode, OauthCode>> = {
  E_AGENT_AUTH: "invalid_client",
  E_AGENT_UNKNOWN: "invalid_client",
  E_AGENT_DPOP: "invalid_dpop_proof",
  E_AGENT_ACTION: "unauthorized_client",
  E_AGENT_PAUSED: "access_denied",
  E_POL_REFUSED: "access_denied",
  E_AUZ_SCOPE: "invalid_scope",
  E_REQ_UNKNOWN: "invalid_grant",
  E_STORE_ERASED: "expired_token",
  E_AGENT_BUDGET: "temporarily_unavailable",
  E_AGENT_MUTED: "temporarily_unavailable",
  E_RATE: "temporarily_unavailable",
  E_UPSTREAM: "temporarily_unavailable",
  E_DRAINING: "temporarily_unavailable",
  E_STORE_FULL: "temporarily_unavailable",
};

const STATUS: Partial<Record<OauthCode, number>> = {
  invalid_client: 401,
  access_denied: 403,
  temporarily_unavailable: 503,
};
/** At the token endpoint a denial is the answer to a good question (CIBA 11). */
const TOKEN_STATUS: Partial<Record<OauthCode, number>> = { ...STATUS, access_denied: 400 };

/** Sends `error` and `error_description`, whose first word is our code where the fault has one (RFC 6749, 5.2). */
export function sendOauthError(
  res: ServerResponse,
  fault: CountersignError | OauthError,
  at: "authorize" | "token",
): void {
  const { error, description, more } =
    fault instanceof OauthError
      ? { error: fault.error, description: fault.message, more: fault.more }
      : { error: CALLED[fault.code] ?? ("invalid_request" as const), description: wordsOf(fault), more: {} };
  const status = (at === "token" ? TOKEN_STATUS : STATUS)[error] ?? 400;
  const body = { error, error_description: printable(description), ...more };
  send(
    res,
    fault instanceof CountersignError && fault.code === "E_RATE" ? 429 : status,
    "application/json",
    JSON.stringify(body),
    {
      "Cache-Control": "no-store",
      ...(status === 401 ? { "WWW-Authenticate": 'Bearer realm="countersign"' } : {}),
      ...(status === 503
        ? { "Retry-After": typeof more["retry_after"] === "number" ? String(more["retry_after"]) : "5" }
        : {}),
    },
  );
}

const wordsOf = ({ code, message }: CountersignError): string =>
  `${code}: ${message === code ? CODES[code].text : message}`;

/** Characters of `error_description` (RFC 6749, 5.2). */
const printable = (text: string): string => text.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, "?");
