import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CallToolResultSchema,
  ErrorCode,
  ListToolsResultSchema,
  McpError,
  ToolListChangedNotificationSchema,
  type CallToolResult,
  type Progress,
  type Tool,
} from "@modelcontextprotocol/sdk/types.js";

import type { Clock } from "../../ports.ts";
import { ExactArguments } from "./exact-arguments.ts";
import type { ServerPlace } from "./options.ts";
import { StdioUpstream } from "./stdio-upstream.ts";

export interface UpstreamOptions {
  readonly name: string;
  readonly place: ServerPlace;
  readonly clock: Clock;
  /** Told whenever the tools were listed anew. */
  readonly onListed: () => void;
  /** Told that the server cannot be reached or listed. Never its words: they could be anything. */
  readonly onFault: (server: string) => void;
  /** How long an answer may take, milliseconds; 60 s unless said. */
  readonly timeoutMs?: number;
}

export interface ExactCall {
  readonly tool: string;
  /** The exact text of `arguments`: one line of JSON. */
  readonly argumentsText: string;
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** One MCP server behind the gateway. Once it was asked for, it connects by itself, again and again. */
export interface Upstream {
  readonly name: string;
  /** What it listed last; undefined before it was ever met. */
  tools(): readonly Tool[] | undefined;
  /** True while it is not connected. */
  isAway(): boolean;
  /** Resolves when it is connected, and listed not longer ago than that. @throws what the transport throws */
  ready(maxAgeMs?: number): Promise<void>;
  /** @throws McpError (the server's own; `BegunError` where its tool had begun), what the transport throws */
  call(call: ExactCall): Promise<CallToolResult>;
  close(): Promise<void>;
}

/** A server's error that came out of a tool which had begun: whatever its code says, the tool may have done a part. */
export class BegunError extends McpError {}

const AGAIN_MS = [1000, 2000, 5000, 15_000, 60_000] as const;
const TIMEOUT_MS = 60_000;
const MOST_PAGES = 100;

export function connectUpstream(options: UpstreamOptions): Upstream {
  const { name, clock, onListed, onFault } = options;
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const exact = new ExactArguments();
  let current: Promise<Client> | undefined;
  /** Counts connections, so that the end of an old one does not end the new one. */
  let generation = 0;
  let listed: { readonly tools: readonly Tool[]; readonly atMs: number } | undefined;
  let isLive = false;
  let failures = 0;
  let isClosed = false;
  /** What the server asked of the gateway, which answers nothing of that kind. */
  let questions = 0;
  let cancelRetry = (): void => undefined;

  const connected = (): Promise<Client> => {
    if (isClosed) return Promise.reject(new Error("The gateway is closing."));
    if (current !== undefined) return current;
    cancelRetry();
    const mine = ++generation;
    current = connect(mine);
    current.catch(() => lost(mine));
    return current;
  };

  async function connect(mine: number): Promise<Client> {
    const client = new Client({ name: "countersign", version: "1" }, { capabilities: {} });
    client.setNotificationHandler(ToolListChangedNotificationSchema, async () => {
      await list(client).catch(() => onFault(name));
    });
    // SECURITY: a server does not reach an agent's user or model past the gateway (elicitation, sampling, roots).
    client.fallbackRequestHandler = () => {
      questions++;
      return Promise.reject(new McpError(ErrorCode.MethodNotFound, "Method not found"));
    };
    await client.connect(transportTo(options.place, exact), { timeout: timeoutMs });
    try {
      await list(client);
    } catch (fault) {
      await client.close();
      throw fault;
    }
    failures = 0;
    isLive = true;
    client.onclose = () => lost(mine);
    return client;
  }

  async function list(client: Client): Promise<void> {
    const tools: Tool[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const params = cursor === undefined ? {} : { cursor };
      const answer = await client.request({ method: "tools/list", params }, ListToolsResultSchema, {
        timeout: timeoutMs,
      });
      tools.push(...answer.tools);
      cursor = answer.nextCursor;
      if (cursor === undefined) {
        listed = { tools, atMs: clock.nowMs() };
        onListed();
        return;
      }
    }
    throw new Error("The server's list of tools does not end.");
  }

  function lost(which: number): void {
    if (which !== generation || current === undefined || isClosed) return;
    current = undefined;
    isLive = false;
    // It is still shown, and listed anew before anything is called.
    if (listed !== undefined) listed = { ...listed, atMs: Number.NEGATIVE_INFINITY };
    onFault(name);
    const waitMs = AGAIN_MS[Math.min(failures++, AGAIN_MS.length - 1)] ?? 60_000;
    cancelRetry = clock.after(waitMs, () => void connected().catch(() => undefined));
  }

  return {
    name,
    tools: () => listed?.tools,
    isAway: () => !isLive,
    async ready(maxAgeMs = Number.POSITIVE_INFINITY) {
      const client = await connected();
      if (listed !== undefined && clock.nowMs() - listed.atMs < maxAgeMs) return;
      try {
        await list(client);
      } catch (fault) {
        if (!(fault instanceof McpError)) void client.close();
        throw fault;
      }
    },
    async call({ tool, argumentsText, meta, signal, onProgress, ...more }) {
      const client = await connected();
      const asked = questions;
      let words = 0;
      const onprogress = (word: Progress): void => {
        words++;
        onProgress?.(word);
      };
      const { holder, release } = exact.hold(argumentsText);
      try {
        const params = { name: tool, arguments: holder, ...(meta === undefined ? {} : { _meta: meta }) };
        return await client.request({ method: "tools/call", params }, CallToolResultSchema, {
          ...{ timeout: more.timeoutMs ?? timeoutMs, resetTimeoutOnProgress: true },
          ...(signal === undefined ? {} : { signal }),
          ...(onProgress === undefined ? {} : { onprogress }),
        });
      } catch (fault) {
        // A connection that broke, or a session that the server forgot (404): the next call begins anew.
        if (!(fault instanceof McpError)) void client.close();
        // SDKs hand the refusal of a tool's own question on as the call's error.
        else if (words > 0 || questions !== asked) throw new BegunError(fault.code, fault.message);
        throw fault;
      } finally {
        release();
      }
    },
    async close() {
      isClosed = true;
      cancelRetry();
      const last = await current?.catch(() => undefined);
      await last?.close();
    },
  };
}

function transportTo(place: ServerPlace, exact: ExactArguments): Transport {
  if ("command" in place) return new StdioUpstream(place, exact);
  const ask = place.fetch ?? globalThis.fetch;
  const http = new StreamableHTTPClientTransport(new URL(place.url), {
    fetch: (url, init) =>
      ask(url, {
        ...init,
        ...(typeof init?.body === "string" ? { body: exact.fill(init.body) } : {}),
        // SECURITY: approved bytes go to the configured address and no other (protocol.md 3.14).
        redirect: "error",
      }),
    requestInit: place.authorization === undefined ? {} : { headers: { authorization: place.authorization } },
  });
  return http;
}
