import type { ExecutionResult } from "../ports.ts";

/** Largest answer that is kept; a longer one is cut to nothing, its status still counts. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** The part of a fetch answer that decides. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly location?: string;
  readonly etag?: string;
  readonly body: string;
  /** The body was too long or broke off: `body` is empty. */
  readonly cut?: true;
}

/** Reads an answer whose head has arrived. A body that breaks off changes nothing about what the server did. */
export async function readAnswer(response: Response): Promise<UpstreamAnswer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    if (response.body !== null) {
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) break;
        chunks.push(chunk);
      }
    }
  } catch {
    size = MAX_ANSWER_BYTES + 1;
  }
  const location = response.headers.get("location");
  const etag = response.headers.get("etag");
  return {
    status: response.status,
    ...(location === null
      ? {}
      : { location: URL.canParse(location, response.url) ? new URL(location, response.url).href : location }),
    ...(etag === null ? {} : { etag }),
    ...(size > MAX_ANSWER_BYTES
      ? { body: "", cut: true as const }
      : { body: new TextDecoder().decode(Buffer.concat(chunks)) }),
  };
}

/**
 * What a status says about the write (FHIR R4 http.html; RFC 9110): done, certainly refused, or not known. Nothing that
 * a server did not clearly say counts as done or refused.
 */
export function judgeAnswer(answer: UpstreamAnswer): ExecutionResult {
  const { status, body, location, etag } = answer;
  if (status === 202) return { kind: "unknown", why: "The hospital system only accepted the action for later (202)." };
  if (status >= 200 && status < 300) {
    const more = { ...(location === undefined ? {} : { location }), ...(etag === undefined ? {} : { etag }) };
    return { kind: "done", status, body, ...more };
  }
  if (status >= 300 && status < 400) {
    // SECURITY: a redirect is a refusal, protocol.md 3.14: the approved bytes go to the approved address and no other.
    return { kind: "refused", status, body };
  }
  if (status >= 400 && status < 500 && status !== 408) return { kind: "refused", status, body };
  if (status === 501) return { kind: "refused", status, body };
  return { kind: "unknown", why: `The hospital system answered ${String(status)} and may or may not have done it.` };
}

/** Codes of connections that never came to be: not one byte of the request was sent. */
const NEVER_CONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_HAS_EXPIRED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

/** What a fetch that threw says about the write. */
export function judgeFault(fault: unknown): ExecutionResult {
  for (let cause: unknown = fault, i = 0; cause instanceof Error && i < 4; cause = cause.cause, i++) {
    const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
    if (NEVER_CONNECTED.has(code))
      return { kind: "absent", why: `The hospital system could not be reached (${code}).` };
    if (cause.name === "TimeoutError") return { kind: "unknown", why: "The hospital system did not answer in time." };
  }
  return { kind: "unknown", why: "The connection broke before the hospital system answered." };
}
