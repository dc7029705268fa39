import { randomUUID } from "node:crypto";
import type { Readable, Writable } from "node:stream";

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import {
  CallToolRequestSchema,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  type CallToolResult,
  type Progress,
} from "@modelcontextprotocol/sdk/types.js";

import type { Clock } from "../../ports.ts";
import type { Agent } from "../client.ts";
import { refusal } from "./answers.ts";
import { compact, memberText } from "./exact-json.ts";
import { META } from "./names.ts";
import { INSTRUCTIONS } from "./own-tools.ts";
import { exactOf, progressOf, type Extra } from "./session.ts";
import { StdioHost } from "./stdio-host.ts";
import { connectUpstream, type Upstream } from "./upstream.ts";

export interface BridgeOptions {
  readonly agent: Pick<Agent, "mcp">;
  readonly input: Readable;
  readonly output: Writable;
  readonly clock: Clock;
  /** Told that the gateway cannot be reached. */
  readonly onFault: () => void;
}

/** Waits before a call is sent again after the connection was lost, milliseconds. */
const AGAIN_MS = [500, 2000, 5000, 15_000, 30_000] as const;
/** Longer than the gateway holds a call without progress; with progress, since the last word. */
const TIMEOUT_MS = 120_000;

/**
 * MCP over stdio for a host that starts this process (a desktop agent), passed on to a gateway as a registered agent. It
 * decides nothing and keeps nothing. Each call has an idempotency key, so that one that is sent again after a lost
 * connection is not a second call. Resolves when the host has gone.
 */
export async function bridgeStdio(options: BridgeOptions): Promise<void> {
  const { agent, clock } = options;
  const { server } = new McpServer(
    { name: "countersign", title: "Countersign gateway", version: "1" },
    { capabilities: { tools: { listChanged: true } }, instructions: INSTRUCTIONS },
  );
  let isConnected = false;
  const gateway = connectUpstream({
    ...{ name: "gateway", place: { url: agent.mcp.url.href, fetch: agent.mcp.fetch }, clock, timeoutMs: TIMEOUT_MS },
    onListed: () => {
      if (isConnected) server.sendToolListChanged().catch(() => undefined);
    },
    onFault: options.onFault,
  });
  server.setRequestHandler(ListToolsRequestSchema, async () => {
    await gateway.ready().catch(() => {
      throw new McpError(ErrorCode.InternalError, "The gateway cannot be reached.");
    });
    return { tools: [...(gateway.tools() ?? [])] };
  });
  server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) => passOn(gateway, clock, params.name, extra));
  const gone = new Promise<void>((done) => {
    server.onclose = done;
  });
  await server.connect(new StdioHost(options.input, options.output));
  isConnected = true;
  await gone;
  isConnected = false;
  await gateway.close();
}

async function passOn(gateway: Upstream, clock: Clock, tool: string, extra: Extra): Promise<CallToolResult> {
  const { progressToken: _own, ...said } = extra._meta ?? {};
  const { progress } = progressOf(extra);
  const call = {
    ...{ tool, argumentsText: compact(memberText(exactOf(extra).text, ["params", "arguments"]) ?? "{}") },
    meta: { [META.idempotency]: randomUUID(), ...said },
    ...{ signal: extra.signal, timeoutMs: TIMEOUT_MS },
    ...(progress === undefined ? {} : { onProgress: (word: Progress) => void progress(word).catch(() => undefined) }),
  };
  for (const waitMs of [...AGAIN_MS, undefined]) {
    try {
      return await gateway.call(call);
    } catch (fault) {
      if (isAnswer(fault) || extra.signal.aborted) throw fault;
      if (waitMs === undefined) break;
      await new Promise<void>((done) => clock.after(waitMs, done));
    }
  }
  return refusal("E_UPSTREAM", "The gateway cannot be reached. Whether the call arrived there is not known.");
}

/** The gateway's own word, as opposed to none. */
const isAnswer = (fault: unknown): boolean => fault instanceof McpError && !LOST.includes(fault.code);
const LOST: readonly number[] = [ErrorCode.ConnectionClosed, ErrorCode.RequestTimeout];
