import type { ServerResponse } from "node:http";

import { NAMESPACE } from "#shared/protocol/names.ts";
import { CODES, type ErrorCode } from "#shared/protocol/registry.ts";

/** How the door answers: JSON for its own objects, OperationOutcome for everything that went wrong. */

export function sendJson(
  res: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  send(res, status, "application/json", JSON.stringify(value), headers);
}

export function send(
  res: ServerResponse,
  status: number,
  media: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  res.writeHead(status, { "Content-Type": media, "Content-Length": Buffer.byteLength(text), ...headers });
  res.end(text);
}

/** HTTP status and FHIR issue type of what an agent can cause; everything else is its input's fault (400). */
const STATUS: Partial<Record<ErrorCode, readonly [number, string]>> = {
  E_AGENT_AUTH: [401, "login"],
  E_AGENT_UNKNOWN: [401, "unknown"],
  E_AGENT_DPOP: [401, "login"],
  E_AGENT_ACTION: [403, "forbidden"],
  E_AGENT_PAUSED: [403, "suppressed"],
  E_AGENT_BUDGET: [429, "throttled"],
  E_AGENT_MUTED: [429, "throttled"],
  E_POL_REFUSED: [403, "forbidden"],
  E_AUZ_SCOPE: [403, "forbidden"],
  E_OP_PATIENT: [422, "business-rule"],
  E_OP_UNSUPPORTED: [422, "not-supported"],
  E_IDEMPOTENCY: [422, "conflict"],
  E_FMT_SIZE: [413, "too-long"],
  E_METHOD: [405, "not-supported"],
  E_NOT_FOUND: [404, "not-found"],
  E_REQ_UNKNOWN: [404, "not-found"],
  E_REQ_TERMINAL: [409, "conflict"],
  E_STORE_ERASED: [410, "deleted"],
  E_RATE: [429, "throttled"],
  E_UPSTREAM: [502, "transient"],
  E_EXEC_UNKNOWN: [502, "incomplete"],
  E_DRAINING: [503, "transient"],
  E_STORE_FULL: [503, "no-store"],
};

/** HTTP status of a refusal. */
export const statusOf = (code: ErrorCode): number => (STATUS[code] ?? FALLBACK)[0];
const FALLBACK = [400, "invalid"] as const;

/** An OperationOutcome with our code, the sentence for a person, and the HTTP status that fits (protocol.md 3.15). */
export function refuse(
  res: ServerResponse,
  code: ErrorCode,
  message: string = CODES[code].text,
  headers: Readonly<Record<string, string>> = {},
): void {
  const [status, type] = STATUS[code] ?? FALLBACK;
  const outcome = {
    resourceType: "OperationOutcome",
    issue: [
      {
        severity: "error",
        code: type,
        details: { coding: [{ system: `${NAMESPACE}code`, code }], text: CODES[code].text },
        ...(message === CODES[code].text || message === code ? {} : { diagnostics: message }),
      },
    ],
  };
  const more: Record<string, string> = {
    ...(status === 401 ? { "WWW-Authenticate": challengeOf(code) } : {}),
    ...(CODES[code].retry === "later" ? { "Retry-After": "5" } : {}),
    ...headers,
  };
  send(res, status, "application/fhir+json; charset=utf-8", JSON.stringify(outcome), more);
}

/** An agent nobody knows (any more) is an unknown client (RFC 6749 section 5.2); a bad proof is named (RFC 9449, 7.1). */
export const challengeOf = (code: ErrorCode): string =>
  code === "E_AGENT_DPOP"
    ? 'DPoP realm="countersign", error="invalid_dpop_proof", algs="ES256 Ed25519"'
    : `Bearer realm="countersign"${code === "E_AGENT_UNKNOWN" ? ', error="invalid_client"' : ""}`;
