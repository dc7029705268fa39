import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { expect, test } from "@playwright/test";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";

import { clinician, composeDemo, type Demo } from "../../../demo/compose.ts";
import { startHost, type Host } from "../../../demo/host.ts";
import { layLine, type Line } from "../../../demo/line.ts";
import { launchApp, type RunningApp } from "../../../demo/tour/app.ts";
import {
  approve,
  backToQueue,
  deny,
  openRequest,
  queueIsOpen,
  readAll,
  receiptSays,
} from "../../../demo/tour/screens.ts";
import { callTool, createAgent } from "../../../gateway/agent.ts";

const WARD = path.resolve(import.meta.dirname, "../../blackbox/ward-server.mjs");
const SUB = "urn:agent:ward-helper";

/** The real app, a real gateway, a ward's MCP server as a process, and the official MCP client. */
let folder: string;
let demo: Demo;
let line: Line;
let host: Host;
let running: RunningApp;
let client: Client;

test.beforeAll(async () => {
  test.setTimeout(120_000);
  folder = mkdtempSync(path.join(os.tmpdir(), "countersign-mcp-"));
  const key = generateKey("ES256");
  const { kid, jwk } = makeSigner(key);
  const keys = [Object.fromEntries(Object.entries({ ...jwk, kid }).map(([name, value]) => [name, String(value)]))];
  const agent = { sub: SUB, name: "Ward helper", model: "sample-model 4.1", owner: "Ward 4b", keys };
  demo = await composeDemo({
    ...{ state: path.join(folder, "state"), onAgent: () => undefined, more: [{ ...agent, actions: ["tool.call"] }] },
    mcp: { servers: { ward: { place: { command: [process.execPath, WARD], env: {} } } }, acceptsFirst: true },
  });
  line = await layLine(new URL(demo.gateway.wsUrl));
  host = await startHost(demo, line, { readingMs: 1_000, cutMs: 6_000 });
  const file = path.join(folder, "app.json");
  const { ticket, code } = demo.issueTicket(line.wsUrl);
  writeFileSync(file, JSON.stringify({ ticket, code, pin: clinician.pin, host: host.url }));
  running = await launchApp({ profile: path.join(folder, "profile"), args: [`--countersign-demo=${file}`] });
  await expect.poll(() => demo.confirmPending(), { timeout: 20_000 }).toBe(true);
  await queueIsOpen(running.page);
  const { mcp } = createAgent({ gateway: demo.gateway.url, issuer: demo.gateway.iss, sub: SUB, key });
  client = new Client({ name: "ward-helper", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(mcp.url, { fetch: mcp.fetch }));
  await expect.poll(async () => (await client.listTools()).tools.map(({ name }) => name)).toContain("send_message");
});
test.afterAll(async () => {
  await client.close();
  await running.close();
  await host.close();
  await line.close();
  await demo.close();
  rmSync(folder, { recursive: true, force: true });
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
