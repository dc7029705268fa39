import { createHash } from "node:crypto";

import type { ExecutionResult, ExecutorPort } from "../ports.ts";
import { judgeAnswer, judgeFault, readAnswer } from "./answer.ts";
import { findExecution } from "./find.ts";

export interface FhirExecutorOptions {
  /** FHIR base, e.g. `https://fhir.hospital.example/r4`. */
  readonly baseUrl: string;
  readonly fetch?: typeof globalThis.fetch;
  readonly timeoutMs?: number;
  /** Bearer token of the gateway for reading, where the server asks for one (used by `find`). */
  readonly readToken?: string;
}

/**
 * Sends the exact bytes of an approved operation to a FHIR server (mode A, protocol.md 3.14): the text of `op.body` as
 * UTF-8, `Content-Digest` over those bytes, `If-Match`, `Idempotency-Key: rid.rev` and the task's token; nothing is
 * parsed, re-written or followed.
 */
export function fhirExecutor(options: FhirExecutorOptions): ExecutorPort {
  const base = options.baseUrl.replace(/\/$/, "");
  const send = options.fetch ?? globalThis.fetch;
  const timeoutMs = options.timeoutMs ?? 30_000;
  return {
    async execute({ operation, execution_id, token }) {
      const body = Buffer.from(operation.body, "utf8");
      const refused = mayBeSent(operation, body, base);
      if (refused !== undefined) return refused;
      const headers: Record<string, string> = {
        accept: "application/fhir+json",
        authorization: `Bearer ${token}`,
        "content-digest": operation.body_dig,
        "idempotency-key": execution_id,
        ...(operation.body === "" ? {} : { "content-type": operation.media }),
        ...(operation.if_match === undefined ? {} : { "if-match": operation.if_match }),
      };
      let response: Response;
      try {
        response = await send(operation.url, {
          method: operation.method,
          headers,
          ...(operation.body === "" ? {} : { body }),
          redirect: "manual",
          signal: AbortSignal.timeout(timeoutMs),
        });
      } catch (fault) {
        return judgeFault(fault);
      }
      return judgeAnswer(await readAnswer(response));
    },
    find: ({ operation, execution_id }) =>
      findExecution({
        operation,
        execution_id,
        base,
        get: (url) =>
          send(url, {
            headers: {
              accept: "application/fhir+json",
              ...(options.readToken === undefined ? {} : { authorization: `Bearer ${options.readToken}` }),
            },
            redirect: "manual",
            signal: AbortSignal.timeout(timeoutMs),
          }),
      }),
  };
}

const METHODS = new Set(["POST", "PUT", "PATCH", "DELETE"]);

type Operation = Parameters<ExecutorPort["execute"]>[0]["operation"];

/** Last look before the wire. Undefined: it may be sent. */
function mayBeSent(operation: Operation, body: Buffer, base: string): ExecutionResult | undefined {
  // SECURITY: only below the configured base, protocol.md C10: a signed address elsewhere is not this server's.
  if (!operation.url.startsWith(`${base}/`) || !METHODS.has(operation.method)) {
    return { kind: "refused", status: 421, body: "" };
  }
  // SECURITY: the bytes are the signed ones or they are not sent, protocol.md 3.14, T-08.
  const digest = createHash("sha256").update(body).digest("base64");
  if (operation.body_dig !== `sha-256=:${digest}:`) return { kind: "refused", status: 400, body: "" };
  return undefined;
}
