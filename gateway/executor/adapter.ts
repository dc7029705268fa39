import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

import { CountersignError } from "#shared/protocol/error.ts";

import { send } from "../agents/answers.ts";
import type { Dpop } from "../agents/identity/dpop.ts";
import { shownBy } from "../agents/identity/shown.ts";
import type { Clock, ExecutionResult, ExecutorPort } from "../ports.ts";
import type { Confirmation } from "../tokens/claims.ts";
import type { ApprovedOperation, Grants, Looked, Misuse } from "./grants.ts";

export interface AdapterOptions {
  readonly grants: Grants;
  /** Sends to the hospital's server behind it. */
  readonly executor: Pick<ExecutorPort, "execute">;
  readonly dpop: Dpop;
  readonly clock: Clock;
  /** FHIR base that approved addresses begin with, without a slash at its end. */
  readonly fhirBase: string;
  /** Where that server is for this adapter; `fhirBase` unless given. */
  readonly upstream?: string | undefined;
}

const MAX_BODY = 1024 * 1024;
/** Nothing is sent later than this after its use was asked for: the gateway then looks for itself what became of it. */
const SEND_WITHIN_MS = 10_000;

/**
 * A front for a FHIR server (mode B, protocol.md 3.14): exactly what a person approved passes, once, by the agent whose key
 * or certificate the token is bound to. Everything else is refused, written down as misuse, and the token dies.
 */
export function makeAdapter(options: AdapterOptions): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  const { grants, executor, dpop, fhirBase, upstream = fhirBase, clock } = options;
  const below = new URL(fhirBase).pathname.replace(/\/$/, "").length;
  const pathIn = (url: string): string => new URL(url).pathname.slice(below);

  return async (req, res) => {
    const body = await bytesOf(req);
    const [, scheme = "", token] = /^(DPoP|Bearer) ([A-Za-z0-9_.-]+)$/i.exec(req.headers.authorization ?? "") ?? [];
    const looked = token === undefined ? undefined : await grants.look(token);
    // Nobody's token, or none, or one of a kind that it is not: there is nothing to write down or to revoke.
    if (token === undefined || looked === undefined || !fits(scheme, looked.bound)) {
      refuse(res, 401, "invalid_token");
      return;
    }
    const misuse = standing(looked) ?? bindingFault(req, token, looked.bound) ?? differs(req, body, looked.operation);
    const askedAtMs = clock.nowMs();
    const execution = misuse === undefined ? await grants.take(token) : undefined;
    if (execution === undefined || looked.operation === undefined || body === undefined) {
      const isOurs = await grants.misuse(token, misuse ?? "used-before");
      refuse(res, isOurs ? 403 : 401, isOurs ? "insufficient_authorization" : "invalid_token");
      return;
    }
    const isLate = clock.nowMs() - askedAtMs > SEND_WITHIN_MS;
    const use = { operation: looked.operation, body, execution, isLate };
    answer(res, await carryOut(token, use).catch(perhapsSent));
  };

  /** RFC 9449 7.2, RFC 8705 3: the proof, or the connection's certificate, is the one that the token names. */
  function bindingFault(req: IncomingMessage, token: string, bound: Confirmation | undefined): Misuse | undefined {
    if (bound === undefined) return "not-handed-out";
    const shown = shownBy(req);
    const isIts = "jkt" in bound ? provenKey(req, token) === bound.jkt : isCertificate(bound["x5t#S256"]);
    return isIts ? undefined : "another-key";

    function isCertificate(x5t: string): boolean {
      const { certificate } = shown;
      const now = Math.floor(clock.nowMs() / 1000);
      return certificate?.x5t === x5t && now >= certificate.notBefore && now <= certificate.notAfter;
    }
  }

  function provenKey(req: IncomingMessage, token: string): string | undefined {
    const { dpop: proof } = req.headers;
    const path = (req.url ?? "").split("?")[0] ?? "";
    try {
      return typeof proof === "string" ? dpop.check(proof, { method: req.method ?? "", path, token }) : undefined;
    } catch (error) {
      if (error instanceof CountersignError) return undefined;
      throw error;
    }
  }

  /** What was signed, and nothing but that: method, address, version, media type and every byte. */
  function differs(
    req: IncomingMessage,
    body: Buffer | undefined,
    op: ApprovedOperation | undefined,
  ): Misuse | undefined {
    if (op === undefined) return "not-handed-out";
    if (req.method !== op.method) return "another-method";
    // SECURITY: what was approved for another server passes before that server alone, however alike its addresses end.
    if (!op.url.startsWith(`${fhirBase}/`)) return "another-address";
    // The whole address: there is no query in an approved one.
    if (req.url !== pathIn(op.url)) return "another-address";
    if (req.headers["if-match"] !== op.if_match) return "another-version";
    if (op.hasBody && req.headers["content-type"] !== op.media) return "another-media";
    if (body === undefined) return "other-bytes";
    const digest = `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
    return digest === op.body_dig ? undefined : "other-bytes";
  }

  async function carryOut(
    token: string,
    {
      operation,
      body,
      execution,
      isLate,
    }: Readonly<{
      operation: ApprovedOperation;
      body: Buffer;
      execution: string;
      isLate: boolean;
    }>,
  ): Promise<ExecutionResult> {
    let result: ExecutionResult = isLate ? LATE : { kind: "unknown", why: "The hospital system's answer was lost." };
    try {
      const { hasBody: _hasBody, ...op } = operation;
      // SECURITY: the digest is that of a text, so these bytes are its UTF-8 and nothing else (T-08).
      const exact = { ...op, url: `${upstream}${pathIn(op.url)}`, body: body.toString("utf8") };
      if (!isLate) result = await executor.execute({ operation: exact, execution_id: execution, token });
    } finally {
      await grants.end(token, result);
    }
    return result;
  }
}

/** SECURITY: whatever broke once the use was taken, nobody is told that nothing was sent, or to send it again (T-12). */
function perhapsSent(cause: unknown): never {
  throw new CountersignError("E_EXEC_UNKNOWN", undefined, { cause });
}

const LATE: ExecutionResult = { kind: "absent", why: "The gateway answered too late." };

const standing = ({ isAlive }: Looked): Misuse | undefined => (isAlive ? undefined : "not-alive");

/** RFC 9449 7.1: a token that is bound to a key is no bearer token, and the reverse. */
const fits = (scheme: string, bound: Confirmation | undefined): boolean =>
  bound === undefined || (scheme.toLowerCase() === "dpop") === "jkt" in bound;

function answer(res: ServerResponse, result: ExecutionResult): void {
  if (result.kind === "done" || result.kind === "refused") {
    const location = result.kind === "done" ? result.location : undefined;
    const headers = location === undefined ? {} : { Location: location };
    send(res, result.status, "application/fhir+json", result.body, headers);
  } else refuse(res, 502, result.kind === "unknown" ? "E_EXEC_UNKNOWN" : "E_UPSTREAM");
}

/** @param status 401 and 403 of the token, 502 of the server behind, 503 where the gateway cannot be asked */
export function refuse(res: ServerResponse, status: 401 | 403 | 502 | 503, error: string): void {
  const outcome = {
    resourceType: "OperationOutcome",
    issue: [{ severity: "error", code: status < 500 ? "forbidden" : "transient", details: { text: error } }],
  };
  const challenge = { "WWW-Authenticate": `DPoP error="${error}", algs="ES256 Ed25519"` };
  const headers = status < 500 ? challenge : status === 503 ? { "Retry-After": "5" } : {};
  send(res, status, "application/fhir+json", JSON.stringify(outcome), headers);
}

/** Undefined for what is longer than anything that could be approved. */
async function bytesOf(req: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY) chunks.push(chunk);
  }
  return size <= MAX_BODY ? Buffer.concat(chunks) : undefined;
}
