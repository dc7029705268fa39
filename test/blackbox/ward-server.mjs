// A hospital's own MCP server over stdio, as anybody would write one: a ward's message book.
import process from "node:process";

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

/** @type {string[]} */
const book = [];
const server = new McpServer({ name: "ward", version: "1" });
const schema = { to: z.string(), text: z.string(), dose: z.number().optional() };
server.registerTool("send_message", { description: "Writes into the ward's book.", inputSchema: schema }, (args) => {
  book.push(JSON.stringify(args));
  return { content: [{ type: "text", text: `Message ${book.length} to ${args.to}: ${args.text}` }] };
});
server.registerTool("environment", { description: "Names of the variables it sees.", inputSchema: {} }, () => ({
  content: [{ type: "text", text: Object.keys(process.env).toSorted().join(" ") }],
}));
await server.connect(new StdioServerTransport());
