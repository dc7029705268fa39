/**
 * For agents in TypeScript: `import { createAgent } from "countersign/agent"`. Explicit names, nothing else.
 *
 * ```ts
 * const agent = createAgent({ gateway: "https://gw.hospital.example", sub: "urn:agent:reconciliation", key });
 *
 * // FHIR: resolves when the request has ended, however it ended.
 * const { status, response } = await agent.request({ operation: { method: "POST", url: "Goal", body } }).wait();
 *
 * // MCP, with the official client: the hospital's tools, guarded.
 * const client = new Client({ name: "reconciliation", version: "1" });
 * await client.connect(new StreamableHTTPClientTransport(agent.mcp.url, { fetch: agent.mcp.fetch }));
 * const answer = await callTool(client, { name: "send_message", arguments: { to: "ward 4b", text: "…" } });
 * ```
 */

export { AgentError, createAgent } from "./agents/client.ts";
export type { Agent, AgentFetch, AgentOptions, AgentRequest, AgentTask, TaskView } from "./agents/client.ts";
export { makeAgentKey } from "./agents/make-key.ts";
export type { AgentKey } from "./agents/make-key.ts";
export type { TaskCredential } from "./agents/credential.ts";
export { callTool } from "./agents/tool-calls.ts";
export type { ToolAnswer, ToolCaller } from "./agents/tool-calls.ts";
