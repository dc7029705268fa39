import path from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { expect, test } from "@playwright/test";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";

import { clinician } from "../../../demo/compose.ts";
import type { RunningApp } from "../../../demo/tour/app.ts";
import { approve, backToQueue, deny, openRequest, readAll, receiptSays } from "../../../demo/tour/screens.ts";
import { callTool, createAgent } from "../../../gateway/agent.ts";
import { startDemonstration, type Demonstration } from "../support/demonstration.ts";

const WARD = path.resolve(import.meta.dirname, "../../blackbox/ward-server.mjs");
const SUB = "urn:agent:ward-helper";

/** The real app, a real gateway, a ward's MCP server as a process, and the official MCP client. */
let hospital: Demonstration;
let running: RunningApp;
let client: Client;

test.beforeAll(async () => {
  test.setTimeout(120_000);
  const key = generateKey("ES256");
  const { kid, jwk } = makeSigner(key);
  const keys = [Object.fromEntries(Object.entries({ ...jwk, kid }).map(([name, value]) => [name, String(value)]))];
  const agent = { sub: SUB, name: "Ward helper", model: "sample-model 4.1", owner: "Ward 4b", keys };
  hospital = await startDemonstration({
    more: [{ ...agent, actions: ["tool.call"] }],
    mcp: { servers: { ward: { place: { command: [process.execPath, WARD], env: {} } } }, acceptsFirst: true },
  });
  ({ running } = hospital);
  const { url: gateway, iss: issuer } = hospital.demo.gateway;
  const { mcp } = createAgent({ gateway, issuer, sub: SUB, key });
  client = new Client({ name: "ward-helper", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(mcp.url, { fetch: mcp.fetch }));
  await expect.poll(async () => (await client.listTools()).tools.map(({ name }) => name)).toContain("send_message");
});
test.afterAll(async () => {
  await client.close();
  await hospital.close();
});

test("a denied call gets an error with the reason's code, and there is no tool by which the agent could decide", async () => {
  const { page } = running;
  const called = callTool(client, { name: "environment" });
  await openRequest(page, ["mcp:ward/environment"]);
  await deny(page, "Not needed");
  await receiptSays(page, "Denial recorded");
  expect(await called).toMatchObject({
    ...{ isError: true, content: [{ text: "denied (not-needed): A person denied this. Nothing was done." }] },
    _meta: { "countersign/outcome": { status: "denied", reason: "not-needed" } },
  });
  const names = (await client.listTools()).tools.map(({ name }) => name);
  expect(names).toEqual(["send_message", "environment", "countersign_result", "countersign_withdraw"]);
});

test("an MCP client's call waits, is read argument by argument and approved in the app, and gets the tool's answer", async () => {
  const { page } = running;
  await backToQueue(page);
  const message = { to: "ward 4b", text: "The chart of bed 3 is late." };
  const called = callTool(client, { name: "send_message", arguments: message });
  await openRequest(page, ["mcp:ward/send_message"]);
  const main = page.getByRole("main");
  for (const text of ["The chart of bed 3 is late.", "ward 4b", "Writes into the ward's book."])
    await expect(main.getByText(text).first()).toBeVisible();
  await expect(main.getByText("What the tool does with this data").first()).toBeVisible();
  await readAll(page);
  await approve(page, { pin: clinician.pin });
  await receiptSays(page, "Approval recorded");
  const content = [{ type: "text", text: "Message 1 to ward 4b: The chart of bed 3 is late." }];
  expect(await called).toEqual({ content });
});
