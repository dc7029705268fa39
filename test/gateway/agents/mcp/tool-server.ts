import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import {
  CallToolRequestSchema,
  ListToolsRequestSchema,
  ResultSchema,
  type CallToolResult,
  type Tool,
} from "@modelcontextprotocol/sdk/types.js";

/** Asks the client for its user or its model while a tool is under way. */
export type AskClient = (method: "elicitation/create" | "sampling/createMessage") => Promise<unknown>;

/** Says how far a tool is, where the client asked for that. */
export type SayProgress = (progress: number) => Promise<void>;

/** A hospital's MCP server over Streamable HTTP, as anybody would write one, that keeps what it was sent. */
export interface ToolServer {
  readonly url: string;
  /** Exact text of every message that reached it. */
  readonly messages: string[];
  /** `tools/call` messages alone. */
  calls(): string[];
  /** Lists other tools from now on, and says so unless `silently`. */
  list(tools: readonly Tool[], silently?: boolean): Promise<void>;
  /** How the next calls are answered. */
  answer: (name: string, args: unknown, ask: AskClient, say: SayProgress) => CallToolResult | Promise<CallToolResult>;
  close(): Promise<void>;
}

const text = async (req: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

/** `port` 0 takes a free one. */
export async function startToolServer(tools: readonly Tool[], port = 0): Promise<ToolServer> {
  let listed = tools;
  const sessions = new Map<string, { server: McpServer["server"]; transport: StreamableHTTPServerTransport }>();
  const server: ToolServer = {
    url: "",
    messages: [],
    calls: () => server.messages.filter((message) => message.includes('"tools/call"')),
    async list(next, silently = false) {
      listed = next;
      if (!silently) await Promise.all([...sessions.values()].map((one) => one.server.sendToolListChanged()));
    },
    answer: (name) => ({ content: [{ type: "text", text: `${name} done` }] }),
    async close() {
      await Promise.all([...sessions.values()].map((one) => one.server.close()));
      http.closeAllConnections();
      await new Promise((done) => http.close(done));
    },
  };

  async function begin(): Promise<StreamableHTTPServerTransport> {
    const { server: mcp } = new McpServer(
      { name: "ehr", version: "1" },
      { capabilities: { tools: { listChanged: true } } },
    );
    mcp.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [...listed] }));
    mcp.setRequestHandler(CallToolRequestSchema, async ({ params }, { _meta, sendRequest, sendNotification }) => {
      const ask: AskClient = async (method) => {
        const requestedSchema = { type: "object" as const, properties: {} };
        return await (method === "elicitation/create"
          ? sendRequest({ method, params: { message: "Are you sure?", requestedSchema } }, ResultSchema)
          : sendRequest({ method, params: { messages: [], maxTokens: 1 } }, ResultSchema));
      };
      const progressToken = _meta?.progressToken;
      const say: SayProgress = async (progress) => {
        if (progressToken === undefined) return;
        await sendNotification({ method: "notifications/progress", params: { progressToken, progress } });
      };
      return await server.answer(params.name, params.arguments, ask, say);
    });
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, { server: mcp, transport }),
    });
    await mcp.connect(transport);
    return transport;
  }

  const http = createServer((req, res) => {
    void (async () => {
      const body = await text(req);
      if (body !== "") server.messages.push(body);
      const known = sessions.get(String(req.headers["mcp-session-id"]));
      const transport = known?.transport ?? (await begin());
      await transport.handleRequest(req, res, body === "" ? undefined : JSON.parse(body));
    })();
  });
  await new Promise<void>((done) => http.listen(port, "127.0.0.1", done));
  return Object.assign(server, { url: `http://127.0.0.1:${String((http.address() as AddressInfo).port)}/mcp` });
}

export const object = (properties: Record<string, object>, required: string[] = []): Tool["inputSchema"] => ({
  type: "object",
  properties,
  required,
});

export const MESSAGE: Tool = {
  name: "send_message",
  description: "Sends a message to a member of the ward team.",
  inputSchema: object({ to: { type: "string" }, text: { type: "string" }, dose: { type: "number" } }, ["to", "text"]),
};
export const WARDS: Tool = { name: "list_wards", description: "Lists the wards.", inputSchema: object({}) };
export const CREATE: Tool = {
  name: "create_resource",
  description: "Creates a FHIR resource.",
  inputSchema: object({ resource: { type: "object" }, reason: { type: "string" } }, ["resource"]),
};
export const READ: Tool = {
  name: "read_resource",
  description: "Reads a FHIR resource.",
  inputSchema: object({ type: { type: "string" }, id: { type: "string" } }, ["type", "id"]),
};
