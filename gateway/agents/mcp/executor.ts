import { createHash } from "node:crypto";

import { ErrorCode, McpError, type CallToolResult } from "@modelcontextprotocol/sdk/types.js";

import { CODES } from "#shared/protocol/registry.ts";

import { judgeFault } from "../../executor/answer.ts";
import type { ExecutionResult, ExecutorPort } from "../../ports.ts";
import { readToolUrl } from "../../requests/tool-url.ts";
import type { Catalogue } from "./catalogue.ts";
import { META } from "./names.ts";
import { BegunError, type ExactCall, type Upstream } from "./upstream.ts";

/** Largest answer of a tool that is kept. */
const MAX_ANSWER_BYTES = 1024 * 1024;
/** For what policy allows without a person. */
const MAX_LIST_AGE_MS = 30_000;

/** Bytes of one call: the exact text of its arguments, and its digest as it was approved where somebody approved it. */
export interface ToolCall {
  readonly url: string;
  readonly body: string;
  readonly body_dig?: string;
}

export interface RunOptions {
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly onProgress?: ExactCall["onProgress"];
  /** A list older than this is fetched anew before the call, so that a definition that changed in silence is seen. */
  readonly maxListAgeMs?: number;
}

export interface Tools {
  /** Carries out one call now. Never throws for what a server does. */
  run(call: ToolCall, how?: RunOptions): Promise<ExecutionResult>;
}

/** Sends calls to the servers, and looks once more before it does. */
export function makeTools(options: {
  readonly catalogue: Pick<Catalogue, "find">;
  readonly upstream: (server: string) => Upstream | undefined;
  readonly timeoutMs?: number;
}): Tools {
  return {
    async run({ url, body, body_dig }, { meta, onProgress, maxListAgeMs = MAX_LIST_AGE_MS } = {}) {
      const { server, tool } = readToolUrl(url);
      const upstream = options.upstream(server);
      if (upstream === undefined) return refused("E_TOOL_UNKNOWN");
      try {
        await upstream.ready(maxListAgeMs);
      } catch {
        return { kind: "absent", why: "The tool's server could not be reached." };
      }
      // SECURITY: a tool that is not what it was when it was approved is not called ("rug pull", peers.md 5).
      const known = options.catalogue.find(server, tool);
      if (known?.state !== "accepted") return refused(known === undefined ? "E_TOOL_UNKNOWN" : "E_TOOL_CHANGED");
      // SECURITY: the bytes are the signed ones or they are not sent, protocol.md 3.14, T-08.
      if (body_dig !== undefined && body_dig !== digestOf(body)) return refused("E_REQ_BODY_DIGEST");
      try {
        const timeoutMs = options.timeoutMs;
        return judge(
          await upstream.call({
            ...{ tool, argumentsText: body },
            ...(meta === undefined ? {} : { meta }),
            ...(timeoutMs === undefined ? {} : { timeoutMs }),
            ...(onProgress === undefined ? {} : { onProgress }),
          }),
        );
      } catch (fault) {
        return judgeThrown(fault);
      }
    },
  };
}

/**
 * Approved calls on their way to an MCP server (mode A, protocol.md 3.14): the text of `op.body` as `arguments`, and
 * beside it in `_meta` the execution's id and the task's token, which a server may check and which is dead afterwards.
 * MCP has no way to ask what became of a call, so after a crash a person has to look. The same goes for a tool that
 * answers with an error, unless an operator said of its server that an error means that nothing was done.
 */
export function toolExecutor(tools: Tools, meansNothingDone: (server: string) => boolean): ExecutorPort {
  return {
    async execute({ operation, execution_id, token }) {
      const meta = { [META.execution]: execution_id, [META.token]: token };
      // Listed anew each time: the definition is looked at last, and a connection that broke while nobody used it is found
      // before the call is on its way, when it is certain that nothing was done.
      const result = await tools.run(operation, { meta, maxListAgeMs: 0 });
      const isOwnError = result.kind === "refused" && result.status === TOOL_ERROR;
      if (!isOwnError || meansNothingDone(readToolUrl(operation.url).server)) return result;
      return { kind: "unknown", why: "The tool answered with an error and may have done a part of it." };
    },
    find: () =>
      Promise.resolve({ kind: "unknown", why: "A tool's server cannot be asked whether it carried out a call." }),
  };
}

const digestOf = (body: string): string =>
  `sha-256=:${createHash("sha256").update(Buffer.from(body, "utf8")).digest("base64")}:`;

const refused = (code: keyof typeof CODES): ExecutionResult => ({
  ...{ kind: "refused", status: 409 },
  body: answerText({ isError: true, content: [{ type: "text", text: `${code}: ${CODES[code].text}` }] }),
});

const answerText = (answer: CallToolResult): string => JSON.stringify(answer);

/** What stands for `isError`. */
const TOOL_ERROR = 422;

/** SECURITY: what only the gateway says (`countersign/…`) a tool's server does not say. */
function ownWords({ _meta, ...answer }: CallToolResult): CallToolResult {
  if (_meta === undefined) return answer;
  const kept = Object.entries(_meta).filter(([name]) => !name.startsWith("countersign/"));
  return { ...answer, _meta: Object.fromEntries(kept) };
}

function judge(given: CallToolResult): ExecutionResult {
  const answer = ownWords(given);
  const body = answerText(answer);
  const kept = Buffer.byteLength(body) <= MAX_ANSWER_BYTES ? body : answerText(tooLong(answer));
  return answer.isError === true
    ? { kind: "refused", status: TOOL_ERROR, body: kept }
    : { kind: "done", status: 200, body: kept };
}

const tooLong = ({ isError }: CallToolResult): CallToolResult => ({
  content: [{ type: "text", text: "The tool has answered. Its answer is longer than 1 MiB and was not kept." }],
  ...(isError === undefined ? {} : { isError }),
});

/** Refusals before a tool begins (JSON-RPC 2.0, 5.1), unless it had; every other error may have come after it began. */
const BEFORE: readonly number[] = [ErrorCode.InvalidRequest, ErrorCode.MethodNotFound, ErrorCode.InvalidParams];
const TIMED_OUT: number = ErrorCode.RequestTimeout;
/** HTTP statuses of a message that was not taken. */
const NOT_TAKEN: readonly number[] = [400, 401, 403, 404, 405, 406, 413, 415, 429];

function judgeThrown(fault: unknown): ExecutionResult {
  if (fault instanceof McpError) {
    if (BEFORE.includes(fault.code) && !(fault instanceof BegunError)) {
      const text = `The tool's server refused the call (${String(fault.code)}).`;
      return { kind: "refused", status: 400, body: answerText({ isError: true, content: [{ type: "text", text }] }) };
    }
    if (fault.code === TIMED_OUT) {
      return { kind: "unknown", why: "The tool did not answer in time." };
    }
    return {
      kind: "unknown",
      why: `The tool's server failed (${String(fault.code)}) and may or may not have done it.`,
    };
  }
  const status = fault instanceof Error && "code" in fault ? fault.code : undefined;
  if (typeof status === "number" && NOT_TAKEN.includes(status)) {
    return { kind: "absent", why: `The tool's server did not take the call (${String(status)}).` };
  }
  return judgeFault(fault);
}
