import { CallToolResultSchema, type CallToolResult } from "@modelcontextprotocol/sdk/types.js";

import { CODES, isErrorCode, type ErrorCode } from "#shared/protocol/registry.ts";

import type { ExecutionResult } from "../../ports.ts";
import type { RequestStatusView } from "../../core.ts";
import type { ReadAnswer } from "../reads.ts";
import { taskView, type TaskView } from "../task-view.ts";
import { META, OWN_TOOLS } from "./names.ts";

/**
 * How a call is answered. Only what was carried out is a success; everything else, a call that still waits among it, is
 * a tool error with a code, so that no agent takes "asked" for "done" (protocol.md 3.15).
 */

/** How a call stands, for programs, beside the sentence for a model. */
export interface CallOutcome {
  readonly status: TaskView["status"] | "refused";
  readonly reason?: string;
  readonly code?: string;
  /** What `countersign_result` takes. */
  readonly handle?: string;
  readonly expires_in?: number;
}

export function toolError(text: string, outcome: CallOutcome): CallToolResult {
  return { isError: true, content: [{ type: "text", text }], _meta: { [META.outcome]: outcome } };
}

/** A refusal before anything was asked or done. */
export const refusal = (code: ErrorCode, message: string = CODES[code].text): CallToolResult =>
  toolError(`${code}: ${message === code ? CODES[code].text : message}`, { status: "refused", code });

/** Asked, and not decided or not carried out yet. */
export function parked(view: TaskView, handle: string, bindingMessage: string | undefined): CallToolResult {
  const stands =
    view.status === "approved" ? "A person approved it; it is being carried out." : "A person has been asked.";
  const code = bindingMessage === undefined ? "" : ` The code of this request is ${bindingMessage}.`;
  const left = view.expires_in === undefined ? "" : ` It expires in ${String(view.expires_in)} s.`;
  return toolError(
    `Not done yet. ${stands}${code}${left} Call ${OWN_TOOLS.result} with {"handle":"${handle}"} to learn how it ends. ` +
      "Calling the tool again does not make it faster.",
    {
      ...{ status: view.status, handle },
      ...(view.expires_in === undefined ? {} : { expires_in: view.expires_in }),
    },
  );
}

/** How a request ended. */
export function ended(view: RequestStatusView, now: number): CallToolResult {
  const task = taskView(view, now);
  const isToolCall = view.claims.action.op.method === "tools/call";
  const { status, reason, response } = task;
  switch (status) {
    case "completed":
      return response === undefined ? empty() : isToolCall ? own(response.body) : recordAnswer(response);
    case "failed":
      return failed(reason ?? "E_EXEC_UNKNOWN", response, isToolCall);
    case "denied":
      return toolError(`denied${said(reason)}: A person denied this. Nothing was done.`, outcome(task));
    case "expired":
      return toolError("expired: Nobody decided in time. Nothing was done.", outcome(task));
    case "withdrawn":
      return toolError("withdrawn: The request was withdrawn. Nothing was done.", outcome(task));
    case "revoked":
      return toolError(`revoked${said(reason)}: The approval was taken back. Nothing was done.`, outcome(task));
    case "lapsed":
      return toolError("lapsed: The approval ended before it was used. Nothing was done.", outcome(task));
    case "pending":
    case "approved":
      throw new Error("The request has not ended.");
    default:
      return status satisfies never;
  }
}

const said = (reason: string | undefined): string => (reason === undefined ? "" : ` (${reason})`);
const outcome = ({ status, reason }: TaskView): CallOutcome => ({
  status,
  ...(reason === undefined ? {} : { reason }),
});

const empty = (): CallToolResult => ({ content: [{ type: "text", text: "Done." }] });

/** What was carried out without a person, as policy allows. */
export function carriedOut(result: ExecutionResult): CallToolResult {
  switch (result.kind) {
    case "done":
    case "refused":
      return own(result.body);
    case "absent":
      return toolError(`E_UPSTREAM: ${result.why} Nothing was done.`, { status: "failed", code: "E_UPSTREAM" });
    case "unknown":
      return toolError(`E_EXEC_UNKNOWN: ${result.why}`, { status: "failed", code: "E_EXEC_UNKNOWN" });
    default:
      return result satisfies never;
  }
}

function failed(reason: string, response: TaskView["response"], isToolCall: boolean): CallToolResult {
  const sentence = isErrorCode(reason) ? CODES[reason].text : reason;
  const answer = toolError(`${reason}: ${sentence}`, { status: "failed", reason });
  if (response === undefined || response.body === "") return answer;
  const more = isToolCall ? own(response.body).content : [{ type: "text" as const, text: response.body }];
  return { ...answer, content: [...answer.content, ...more] };
}

/** The tool's own answer, as it was kept. */
function own(body: string): CallToolResult {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    value = undefined;
  }
  const read = CallToolResultSchema.safeParse(value);
  // The runner's own refusal of what never arrived is an OperationOutcome.
  return read.success && typeof value === "object" && value !== null && "content" in value
    ? read.data
    : { isError: true, content: [{ type: "text", text: body }] };
}

/** The FHIR server's own answer. */
export function recordAnswer({
  status,
  body,
  location,
}: Pick<ReadAnswer, "status" | "body"> & { readonly location?: string }): CallToolResult {
  const isDone = status >= 200 && status < 300;
  const text = body === "" ? `Done (${String(status)}).` : body;
  return {
    content: [
      { type: "text", text: isDone || body !== "" ? text : `E_EXEC_REFUSED: The record answered ${String(status)}.` },
    ],
    ...(isDone ? {} : { isError: true }),
    _meta: {
      [META.outcome]: { status: isDone ? "completed" : "failed", ...(location === undefined ? {} : { location }) },
    },
  };
}
