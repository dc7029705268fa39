import type { IncomingMessage, ServerResponse } from "node:http";

import { CountersignError } from "#shared/protocol/error.ts";
import { isErrorCode, type ErrorCode } from "#shared/protocol/registry.ts";

import type { SubmitAnswer } from "../../core.ts";
import { readBody } from "./body.ts";
import { sendError, sendText } from "./respond.ts";

const MEDIA = "application/countersign-decision+jwt";
const ANSWER_MEDIA = "application/countersign-receipt+jwt";

/** What may be told apart from a bad signature: it speaks of the gateway, not of a key. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  E_FMT_SIZE: 413,
  E_RATE: 429,
  E_INTERNAL: 503,
  E_STORE_FULL: 503,
};

/**
 * `POST {decision_endpoint}`: the same signed object as over the WebSocket, the same signed receipt (protocol.md 3.4.4).
 * SECURITY: whatever fails before a receipt is one generic answer, since nobody has proved who is asking (protocol.md
 * 3.8, side channels).
 */
export async function postDecision(
  req: IncomingMessage,
  res: ServerResponse,
  options: { readonly submit: (jws: string) => Promise<SubmitAnswer>; readonly bodyBytes: number },
): Promise<void> {
  const media = (req.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (media !== MEDIA) {
    sendError(res, 415, "E_FMT_JWS");
    return;
  }
  const answer = await submitted(req, options);
  if ("jws" in answer) {
    sendText(res, 200, ANSWER_MEDIA, answer.jws);
    return;
  }
  const status = STATUS[answer.code];
  sendError(res, status ?? 400, status === undefined ? "E_SIG_BAD" : answer.code);
}

async function submitted(
  req: IncomingMessage,
  options: { readonly submit: (jws: string) => Promise<SubmitAnswer>; readonly bodyBytes: number },
): Promise<{ readonly jws: string } | { readonly code: ErrorCode }> {
  try {
    const answer = await options.submit(await readBody(req, options.bodyBytes));
    if (answer.kind === "receipt") return answer;
    const code = answer.error["code"];
    return { code: typeof code === "string" && isErrorCode(code) ? code : "E_INTERNAL" };
  } catch (error) {
    if (error instanceof CountersignError) return { code: error.code };
    throw error;
  }
}
