import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import { callTool, createAgent, type AgentOptions } from "../../gateway/agent.ts";

/**
 * A sample agent that speaks MCP: it lists the hospital's tools, calls one of them through the gateway, waits for the
 * person who decides, and says what came of it in lines of JSON. `node demo/agents/mcp-agent.ts --gateway URL --iss ISSUER
 * --sub AGENT --key FILE TOOL ARGUMENTS`
 */
const text = { type: "string", default: "" } as const;
const { values, positionals } = parseArgs({
  options: { gateway: text, iss: text, sub: text, key: text },
  allowPositionals: true,
});
const [name = "", json = "{}"] = positionals;

const agent = createAgent({
  ...{ gateway: values.gateway, issuer: values.iss, sub: values.sub },
  key: JSON.parse(readFileSync(values.key, "utf8")) as AgentOptions["key"],
});
const client = new Client({ name: "sample-agent", version: "1" });
await client.connect(new StreamableHTTPClientTransport(agent.mcp.url, { fetch: agent.mcp.fetch }));
const { tools } = await client.listTools();
process.stdout.write(`${JSON.stringify({ tools: tools.map((tool) => tool.name) })}\n`);
const args = JSON.parse(json) as Record<string, unknown>;
const context = { rationale: { trigger: "policy_rule", text: "The ward asked for it." } };
const { isError = false, content } = await callTool(client, { name, arguments: args, context });
process.stdout.write(`${JSON.stringify({ isError, content })}\n`);
await client.close();
