import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import {
  CallToolRequestSchema,
  ListToolsRequestSchema,
  type CallToolResult,
  type ServerNotification,
  type ServerRequest,
} from "@modelcontextprotocol/sdk/types.js";
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";

import { CountersignError } from "#shared/protocol/error.ts";

import type { RegisteredAgent } from "../../ports.ts";
import { checkedKey } from "../idempotency-key.ts";
import { refusal } from "./answers.ts";
import type { AgentCall, Calls } from "./calls.ts";
import type { Catalogue } from "./catalogue.ts";
import { compact, memberText } from "./exact-json.ts";
import type { ToolMapping } from "./mapping.ts";
import { META } from "./names.ts";
import { INSTRUCTIONS, ownTools, shownTool } from "./own-tools.ts";
import type { SessionServer } from "./sessions.ts";

export interface SessionOptions {
  readonly agent: RegisteredAgent;
  /** Unique for each session: with a message's id it names a call. */
  readonly sessionId: string;
  readonly calls: Calls;
  readonly catalogue: Catalogue;
  readonly mapping: (server: string, tool: string) => ToolMapping | undefined;
  /** Gets what is a defect of ours; the agent gets `E_INTERNAL`. */
  readonly onFault: (error: unknown) => void;
}

/** What a transport hands over beside a parsed message: its exact text, and the `Idempotency-Key` of its HTTP request. */
export interface Exact {
  readonly text: string;
  readonly key?: string;
}

export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** The MCP server of one agent's session (MCP 2025-11-25, "Tools"): the servers' tools, guarded, and two of its own. */
export function makeSessionServer(options: SessionOptions): SessionServer {
  const { catalogue, mapping, calls } = options;
  const { server } = new McpServer(
    { name: "countersign", title: "Countersign gateway", version: "1" },
    { capabilities: { tools: { listChanged: true } }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [
      ...[...catalogue.shown()].map(([name, tool]) =>
        shownTool(name, tool, mapping(tool.server, tool.definition.name)),
      ),
      ...ownTools,
    ],
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra): Promise<CallToolResult> => {
    try {
      return await calls(callOf(params.name, extra, options));
    } catch (fault) {
      if (fault instanceof CountersignError) return refusal(fault.code, fault.message);
      options.onFault(fault);
      return refusal("E_INTERNAL");
    }
  });
  const stop = catalogue.onChanged(() => {
    // A session that is going away is not told.
    server.sendToolListChanged().catch(() => undefined);
  });
  server.onclose = stop;
  return server;
}

function callOf(name: string, extra: Extra, { agent, sessionId }: SessionOptions): AgentCall {
  const exact = exactOf(extra);
  const given = memberText(exact.text, ["params", "arguments"]);
  const contextText = memberText(exact.text, ["params", "_meta", META.context]);
  const key = extra._meta?.[META.idempotency] ?? exact.key;
  return {
    ...{ agent, name, callId: `${sessionId}:${JSON.stringify(extra.requestId)}`, gone: extra.signal },
    argumentsText: compact(given ?? "{}"),
    ...(contextText === undefined ? {} : { contextText }),
    ...(key === undefined ? {} : { key: checkedKey(key) }),
    ...progressOf(extra),
  };
}

export function exactOf({ authInfo }: Extra): Exact {
  const exact = authInfo?.extra?.["exact"];
  if (typeof exact !== "object" || exact === null || !("text" in exact) || typeof exact.text !== "string") {
    throw new Error("The transport hands over no exact text.");
  }
  const key = "key" in exact && typeof exact.key === "string" ? { key: exact.key } : {};
  return { text: exact.text, ...key };
}

export function progressOf(extra: Extra): Pick<AgentCall, "progress"> {
  const token = extra._meta?.progressToken;
  if (token === undefined) return {};
  return {
    progress: async (word) => {
      await extra.sendNotification({
        method: "notifications/progress",
        params: { ...word, progressToken: token },
      });
    },
  };
}
