// The server that MCP's conformance suite asks for (its scenarios name the tools and what they answer), as far as a server
// behind a gateway has a part in it: tools. Some of them ask their client for its user or its model, as the suite wants
// it: they get what the gateway makes of that.
import { setTimeout as sleep } from "node:timers/promises";

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import {
  CallToolRequestSchema,
  CreateMessageResultSchema,
  ElicitResultSchema,
  ListToolsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";

/** @typedef {import("@modelcontextprotocol/sdk/types.js").CallToolResult} Answer */
/** @typedef {Answer["content"][number]} Content */
/** @typedef {(progress: number) => Promise<void>} Say */

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
const WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";

/** @type {(words: string) => Content} */
const text = (words) => ({ type: "text", text: words });
/** @type {Content} */
const image = { type: "image", data: PNG, mimeType: "image/png" };
/** @type {(uri: string, mimeType: string, words: string) => Content} */
const resource = (uri, mimeType, words) => ({ type: "resource", resource: { uri, mimeType, text: words } });

const { server } = new McpServer({ name: "fixtures", version: "1" }, { capabilities: { tools: {} } });

/** @returns {Promise<Answer>} */
async function askUser() {
  /** @type {{ type: "object", properties: Record<string, { type: "string" }> }} */
  const requestedSchema = { type: "object", properties: { username: { type: "string" } } };
  const params = { message: "Please provide your information", requestedSchema };
  const { action } = await server.request({ method: "elicitation/create", params }, ElicitResultSchema);
  return { content: [text(`User response: ${action}`)] };
}

/** @returns {Promise<Answer>} */
async function askModel() {
  const messages = [
    { role: /** @type {const} */ ("user"), content: { type: /** @type {const} */ ("text"), text: "Hello" } },
  ];
  const asked = { method: /** @type {const} */ ("sampling/createMessage"), params: { messages, maxTokens: 100 } };
  const { model } = await server.request(asked, CreateMessageResultSchema);
  return { content: [text(`LLM response: ${model}`)] };
}

/** @type {Record<string, (say: Say) => Answer | Promise<Answer>>} */
const TOOLS = {
  test_simple_text: () => ({ content: [text("This is a simple text response for testing.")] }),
  test_image_content: () => ({ content: [image] }),
  test_audio_content: () => ({ content: [{ type: "audio", data: WAV, mimeType: "audio/wav" }] }),
  test_embedded_resource: () => ({
    content: [resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")],
  }),
  test_multiple_content_types: () => ({
    content: [
      text("Multiple content types test:"),
      image,
      resource("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
    ],
  }),
  test_error_handling: () => ({
    isError: true,
    content: [text("This tool intentionally returns an error for testing")],
  }),
  test_tool_with_progress: async (say) => {
    for (const progress of [0, 50, 100]) {
      await say(progress);
      await sleep(50);
    }
    return { content: [text("Done, with progress.")] };
  },
  test_reconnection: async () => {
    await sleep(100);
    return { content: [text("Reconnection test completed.")] };
  },
  test_sampling: askModel,
  test_elicitation: askUser,
  test_elicitation_sep1034_defaults: askUser,
  test_elicitation_sep1330_enums: askUser,
  json_schema_2020_12_tool: () => ({ content: [text("Called.")] }),
};

const ADDRESS = { type: "object", properties: { street: { type: "string" }, city: { type: "string" } } };
const SCHEMA_2020_12 = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  ...{ type: /** @type {const} */ ("object"), $defs: { address: ADDRESS } },
  properties: { name: { type: "string" }, address: { $ref: "#/$defs/address" } },
  additionalProperties: false,
};

server.setRequestHandler(ListToolsRequestSchema, () => ({
  tools: Object.keys(TOOLS).map((name) => ({
    name,
    description: `Conformance suite: ${name}.`,
    inputSchema: name === "json_schema_2020_12_tool" ? SCHEMA_2020_12 : { type: "object", properties: {} },
  })),
}));
server.setRequestHandler(CallToolRequestSchema, async ({ params }, { _meta, sendNotification }) => {
  const progressToken = _meta?.progressToken;
  const answer = await TOOLS[params.name]?.(async (progress) => {
    if (progressToken === undefined) return;
    await sendNotification({
      method: "notifications/progress",
      params: { progressToken, progress, total: 100 },
    });
  });
  return answer ?? { isError: true, content: [text("There is no such tool.")] };
});
await server.connect(new StdioServerTransport());
