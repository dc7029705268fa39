import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";

import { CountersignError } from "#shared/protocol/error.ts";

import { send } from "../agents/answers.ts";
import type { Dpop } from "../agents/identity/dpop.ts";
import type { ExecutionResult, ExecutorPort } from "../ports.ts";
import type { Tokens } from "../tokens/tokens.ts";
import type { Logger } from "../transport/logger.ts";
import type { HandOut, Offer } from "./hand-out.ts";

export interface AdapterOptions {
  readonly tokens: Pick<Tokens, "read" | "use" | "misuse">;
  readonly handOut: HandOut;
  /** Sends to the hospital's server behind it. */
  readonly executor: ExecutorPort;
  readonly dpop: Dpop;
  /** FHIR base of that server, without a slash at its end: what the approved addresses begin with. */
  readonly fhirBase: string;
  readonly logger: Logger;
}

const MAX_BODY = 1024 * 1024;
const REFUSED: ExecutionResult = { kind: "refused", status: 403, body: "" };

/** Why a request is not what was approved. In the log by its name alone. */
type Misuse =
  | ("not-alive" | "not-handed-out" | "another-key" | "another-method" | "another-address" | "another-version")
  | ("another-media" | "other-bytes" | "used-before");

/**
 * A front for a FHIR server (mode B, protocol.md 3.14): exactly what a person approved passes, once, by the agent whose key
 * the token is bound to. Everything else is refused, written down as misuse, and the token dies.
 */
export function makeAdapter(options: AdapterOptions): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  const { tokens, handOut, executor, dpop, fhirBase, logger } = options;

  /** SECURITY: counted in the store and here before a byte goes on; the second of two at once finds it taken (T-12). */
  function isFirstUse(offer: Offer): boolean {
    if (!offer.take()) return false;
    try {
      if (tokens.use(offer.issued)) return true;
    } catch (error) {
      // Claimed by nobody who could use it: the execution waits for no one.
      offer.end({ kind: "absent", why: "The one use could not be written down." });
      throw error;
    }
    offer.end(REFUSED);
    return false;
  }

  return async (req, res) => {
    const body = await bytesOf(req);
    const [, token] = /^DPoP ([A-Za-z0-9_.-]+)$/i.exec(req.headers.authorization ?? "") ?? [];
    const read = token === undefined ? undefined : tokens.read(token);
    // Nobody's token, or none: there is nothing to write down or to revoke.
    if (token === undefined || read === undefined) {
      refuse(res, 401, "invalid_token");
      return;
    }
    const path = (req.url ?? "").split("?")[0] ?? "";
    const offer = handOut.byToken(read.claims.jti);
    const misuse =
      keyFault(req, token, path, read.jkt) ??
      (read.alive ? undefined : "not-alive") ??
      (offer === undefined
        ? "not-handed-out"
        : (differs(req, body, offer) ?? (isFirstUse(offer) ? undefined : "used-before")));
    if (misuse !== undefined || offer === undefined) {
      const why: Misuse = misuse ?? "not-handed-out";
      // SECURITY: any mismatch is misuse, and its token is dead from here on (protocol.md 3.14).
      tokens.misuse(token, why);
      logger.warn("token.misuse", { agent: read.claims.client_id, why });
      if (offer?.take() === true) offer.end(REFUSED);
      refuse(res, 403, "insufficient_authorization");
      return;
    }
    answer(res, await carryOut(offer));
  };

  /** RFC 9449 7.2: the proof is by the key that the token names. */
  function keyFault(req: IncomingMessage, token: string, path: string, jkt: string | undefined): Misuse | undefined {
    const { dpop: proof } = req.headers;
    try {
      const shown = typeof proof === "string" ? dpop.check(proof, { method: req.method ?? "", path, token }) : "";
      return shown === jkt ? undefined : "another-key";
    } catch (error) {
      if (error instanceof CountersignError) return "another-key";
      throw error;
    }
  }

  /** What was signed, and nothing but that: method, address, version, media type and every byte. */
  function differs(req: IncomingMessage, body: Buffer | undefined, { operation: op }: Offer): Misuse | undefined {
    if (req.method !== op.method) return "another-method";
    // The whole address: there is no query in an approved one.
    if (req.url !== new URL(op.url).pathname.slice(new URL(fhirBase).pathname.length)) return "another-address";
    if (req.headers["if-match"] !== op.if_match) return "another-version";
    if (op.body !== "" && req.headers["content-type"] !== op.media) return "another-media";
    if (body === undefined) return "other-bytes";
    const digest = `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
    return digest === op.body_dig ? undefined : "other-bytes";
  }

  async function carryOut(offer: Offer): Promise<ExecutionResult> {
    let result: ExecutionResult = { kind: "unknown", why: "The hospital system's answer was lost." };
    try {
      const { operation, exec_id: execution_id, issued } = offer;
      result = await executor.execute({ operation, execution_id, token: issued.token });
    } finally {
      offer.end(result);
    }
    // The execution's end and the token's are one commit, which the end sets off: made before the agent has its answer.
    await setImmediate();
    return result;
  }
}

function answer(res: ServerResponse, result: ExecutionResult): void {
  if (result.kind === "done" || result.kind === "refused") {
    const location = result.kind === "done" ? result.location : undefined;
    const headers = location === undefined ? {} : { Location: location };
    send(res, result.status, "application/fhir+json", result.body, headers);
  } else refuse(res, 502, result.kind === "unknown" ? "E_EXEC_UNKNOWN" : "E_UPSTREAM");
}

function refuse(res: ServerResponse, status: number, error: string): void {
  const outcome = {
    resourceType: "OperationOutcome",
    issue: [{ severity: "error", code: status === 502 ? "transient" : "forbidden", details: { text: error } }],
  };
  const challenge = { "WWW-Authenticate": `DPoP error="${error}", algs="ES256 Ed25519"` };
  send(res, status, "application/fhir+json", JSON.stringify(outcome), status < 500 ? challenge : {});
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
