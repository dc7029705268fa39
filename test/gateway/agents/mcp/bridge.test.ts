import { PassThrough } from "node:stream";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createAgent } from "../../../../gateway/agents/client.ts";
import { bridgeStdio } from "../../../../gateway/agents/mcp/bridge.ts";
import { decide } from "../../signing.ts";
import { AGENT_SUB } from "../kit.ts";
import { callTool, startMcpKit, textOf, type McpKit } from "./kit.ts";
import { MESSAGE, startToolServer, WARDS, type ToolServer } from "./tool-server.ts";

const ARGS = { to: "ward 4", text: "Please review the chart." };

describe("the stdio bridge of an MCP host", () => {
  let tools: ToolServer;
  let kit: McpKit;
  let client: Client;
  let input: PassThrough;
  let output: PassThrough;
  let ended: Promise<void>;
  /** What becomes of an answer of the gateway before the bridge sees it. */
  let afterAnswer: (body: string) => void;

  beforeEach(async () => {
    tools = await startToolServer([MESSAGE, WARDS]);
    kit = await startMcpKit({ baseUrl: "http://127.0.0.1:9/r4" }, { servers: { ehr: { place: { url: tools.url } } } });
    afterAnswer = () => undefined;
    const agent = createAgent({
      ...{ gateway: kit.url, sub: AGENT_SUB, key: kit.key, issuer: kit.world.core.iss },
      nowMs: () => kit.world.clock.nowMs(),
      async fetch(url, init) {
        const response = await fetch(url, init);
        afterAnswer(typeof init?.body === "string" ? init.body : "");
        return response;
      },
    });
    [input, output] = [new PassThrough(), new PassThrough()];
    const clock = {
      nowMs: () => kit.world.clock.nowMs(),
      after: (_: number, fn: () => void) => (setImmediate(fn), () => undefined),
    };
    ended = bridgeStdio({ agent, input, output, clock, onFault: () => undefined });
    client = new Client({ name: "host", version: "1" });
    // Lines in, lines out: the same transport serves the other end.
    await client.connect(new StdioServerTransport(output, input));
  });
  afterEach(async () => {
    input.end();
    await ended;
    await kit.close();
    await tools.close();
  });

  it("shows the gateway's tools, and says when they change", async () => {
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual([
      ...["send_message", "list_wards", "countersign_result", "countersign_withdraw"],
    ]);
    const told = new Promise<void>((done) =>
      client.setNotificationHandler(ToolListChangedNotificationSchema, () => done()),
    );
    await tools.list([WARDS]);
    await told;
    expect((await client.listTools()).tools).toHaveLength(3);
  });

  it("makes no second request when the connection is lost after a call arrived", async () => {
    await client.listTools();
    let lost = 0;
    afterAnswer = (body) => {
      if (body.includes("tools/call") && lost++ < 2) throw new TypeError("the connection was lost");
    };
    const heard: string[] = [];
    const raised = kit.raised();
    const called = callTool(client, "send_message", ARGS, { onprogress: ({ message }) => heard.push(message ?? "") });
    const rid = await raised;
    await expect.poll(() => heard.length).toBeGreaterThan(0);
    expect([lost, kit.waiting()]).toEqual([3, [rid]]);
    decide(kit.world, kit.lee, rid, "approve");
    await kit.carryOut();
    expect(textOf(await called)).toBe("send_message done");
    expect(tools.calls()).toHaveLength(1);
  });

  it("keeps the exact text of arguments, and answers what is no message", async () => {
    await client.listTools();
    const raised = kit.raised();
    const call =
      '{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"send_message","arguments":{"to":"w", "text":"t", "dose":2.50}}}';
    input.write(`${call}\n`);
    expect(kit.world.core.status(await raised)?.claims.action.op.body).toBe('{"to":"w","text":"t","dose":2.50}');
    const answered = new Promise<string>((done) => output.once("data", (chunk: Buffer) => done(chunk.toString())));
    input.write('{"jsonrpc":"2.0","id":1,"id":2}\n');
    expect(JSON.parse(await answered)).toEqual({
      jsonrpc: "2.0",
      id: null,
      error: { code: -32700, message: "Parse error" },
    });
  });
});
