import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { run } from "./command.ts";
import { ISS, open, type Hospital } from "./hospital.ts";
import type { Live, Person } from "./person.ts";

const CLI = path.resolve(import.meta.dirname, "../../gateway/cli.ts");
const SAMPLE = path.resolve(import.meta.dirname, "../../demo/agents/mcp-agent.ts");
const WARD = path.join(import.meta.dirname, "ward-server.mjs");

/** An MCP host that starts `countersign mcp` in place of a server, and a ward's server behind the gateway. */
describe("an MCP host, a gateway and a ward's server, each a process", () => {
  let hospital: Hospital;
  let lee: Person;
  let live: Live;
  let client: Client;

  const keyFile = (): string => path.join(hospital.folder, "agent-key.jwk");

  beforeAll(async () => {
    const ward = { command: [process.execPath, WARD], env: { WARD: "4b" } };
    hospital = await open(
      ({ add }) => {
        add(`@id("environment") @says("The ward's own name.") @verdict("allow")
permit (principal, action == Action::"tool.call", resource) when { resource.type == "ward/environment" };`);
      },
      { config: { mcp: { servers: { ward } } } },
    );
    writeFileSync(keyFile(), JSON.stringify(hospital.agent.key.whole));
    lee = await hospital.enrol("lee");
    live = await hospital.connect(lee);
    client = new Client({ name: "host", version: "1" });
    const args = ["mcp", "--gateway", hospital.url, "--iss", ISS, "--sub", hospital.agent.sub, "--key", keyFile()];
    await client.connect(new StdioClientTransport({ command: process.execPath, args: [CLI, ...args] }));
  }, 60_000);
  afterAll(async () => {
    await client.close();
    await hospital.close();
  });

  const call = async (name: string, args: Record<string, unknown>, onprogress?: () => void) =>
    (await client.callTool({ name, arguments: args }, undefined, onprogress && { onprogress })) as CallToolResult;
  const textOf = ({ content: [first] }: CallToolResult) => (first?.type === "text" ? first.text : "");

  it("lists nothing until an operator accepted what was shown", async () => {
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual([
      "countersign_result",
      "countersign_withdraw",
    ]);
    const shown = await run(["gateway", "tools"], hospital.env);
    const tools = shown.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { state: string; dig: string });
    expect([shown.status, ...tools.map(({ state }) => state)]).toEqual([1, "new", "new"]);
    expect((await run(["gateway", "accept", `sha-256:${"A".repeat(43)}`], hospital.env)).err).toMatch(
      /^E_TOOL_UNKNOWN/,
    );
    expect((await run(["gateway", "accept", ...tools.map(({ dig }) => dig)], hospital.env)).status).toBe(0);
    expect((await run(["gateway", "tools"], hospital.env)).status).toBe(0);
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain("send_message");
  });

  it("gives a server no variable but those that the configuration names", async () => {
    expect(textOf(await call("environment", {}))).toBe("WARD");
  });

  it("waits for a person, who reads every argument, and hands over the server's answer", async () => {
    const called = call("send_message", { to: "ward 4b", text: "Chart is late" }, () => undefined);
    const message = await live.socket.next("action.pending");
    const { jws, claims } = lee.request(message);
    expect(claims.action.op).toMatchObject({
      ...{ method: "tools/call", url: "mcp:ward/send_message", body: '{"to":"ward 4b","text":"Chart is late"}' },
    });
    const { receipt } = await lee.submit(live.socket, lee.decide(jws, "approve"));
    expect(receipt).toMatchObject({ result: "recorded", outcome: "approved" });
    expect(textOf(await called)).toBe("Message 1 to ward 4b: Chart is late");
  });

  it("answers a denial with the reason's code, and the server never hears of the call", async () => {
    const called = call("send_message", { to: "ward 4b", text: "Never" }, () => undefined);
    const { jws } = lee.request(await live.socket.next("action.pending"));
    await lee.submit(live.socket, lee.decide(jws, "deny"));
    const answer = await called;
    expect([answer.isError, textOf(answer)]).toEqual([
      true,
      "denied (not-needed): A person denied this. Nothing was done.",
    ]);
  });

  it("serves the sample agent over HTTP: the official client with ten lines of the agents' kit", async () => {
    const said = ["--gateway", hospital.url, "--iss", ISS, "--sub", hospital.agent.sub, "--key", keyFile()];
    const call = ["send_message", '{"to":"ward 4b","text":"From the sample"}'];
    const sample = spawn(process.execPath, [SAMPLE, ...said, ...call], { stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: sample.stdout })[Symbol.asyncIterator]();
    const line = async () => JSON.parse(String((await lines.next()).value)) as Record<string, unknown>;
    expect(await line()).toMatchObject({ tools: expect.arrayContaining(["send_message"]) as string[] });
    const { jws, claims } = lee.request(await live.socket.next("action.pending"));
    expect(claims).toMatchObject({ rationale: { text: "The ward asked for it." } });
    await lee.submit(live.socket, lee.decide(jws, "approve"));
    const content = [{ type: "text", text: "Message 2 to ward 4b: From the sample" }];
    expect(await line()).toEqual({ isError: false, content });
    expect(await once(sample, "close")).toEqual([0, null]);
  });

  it("names its doors in discovery, and each asks who is there", async () => {
    const discovery = (await (await fetch(`${hospital.url}/.well-known/countersign-gateway`)).json()) as object;
    expect(discovery).toMatchObject({
      mcp_endpoint: `${ISS}/countersign/v1/mcp`,
      backchannel_authentication_endpoint: `${ISS}/countersign/v1/bc-authorize`,
      token_endpoint: `${ISS}/countersign/v1/token`,
      backchannel_token_delivery_modes_supported: ["poll"],
    });
    for (const name of ["mcp", "bc-authorize", "token"]) {
      const form = { "content-type": "application/x-www-form-urlencoded" };
      const answer = await fetch(`${hospital.url}/countersign/v1/${name}`, {
        method: "POST",
        body: "a=b",
        headers: form,
      });
      expect([name, answer.status]).toEqual([name, 401]);
    }
  });
});
