import { writeFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { hostsOf } from "../../../gateway/agents/hosts.ts";
import { gatewayConfig } from "../../../gateway/cli/config.ts";
import { makeCli } from "./cli.ts";

describe("countersign mcp", () => {
  it.each([
    ["no gateway", []],
    ["no key", ["--gateway", "https://gw.example"]],
    ["a key that is none", ["--gateway", "https://gw.example", "--key", "KEY", "--sub", "urn:a"]],
    ["an address that is none", ["--gateway", "gw", "--key", "KEY", "--sub", "urn:a"]],
  ])("says what is missing or wrong before it speaks MCP: %s", async (_, args) => {
    const cli = makeCli();
    writeFileSync(cli.at("key.json"), '{"kty":"EC"}');
    const { status, out, err } = await cli.run([
      "mcp",
      ...args.map((arg) => (arg === "KEY" ? cli.at("key.json") : arg)),
    ]);
    expect([status, out]).toEqual([2, []]);
    expect(err).toEqual([expect.stringMatching(/^E_CLI_INPUT: /)]);
  });

  it("asks the serving gateway for tools, and says when there is none", async () => {
    const cli = makeCli();
    for (const args of [["tools"], ["accept", `sha-256:${"A".repeat(43)}`]]) {
      const { status, err } = await cli.run(["gateway", ...args, "--data", cli.folder]);
      expect([status, err.join()]).toEqual([1, expect.stringMatching(/^E_CLI_OFFLINE/)]);
    }
    expect((await cli.run(["gateway", "accept", "ward/send", "--data", cli.folder])).status).toBe(2);
  });
});

describe("the configuration of MCP servers", () => {
  const mcp = gatewayConfig.shape.mcp;
  it.each([
    ["a name with a slash", { servers: { "a/b": { url: "https://x.example" } } }],
    ["neither program nor address", { servers: { a: {} } }],
    ["another scheme", { servers: { a: { url: "file:///etc/passwd" } } }],
    ["an empty command", { servers: { a: { command: [] } } }],
    [
      "a mapping to what is no interaction",
      { servers: { a: { url: "https://x.example", map: { t: { fhir: "batch" } } } } },
    ],
    [
      "a mapping without its argument",
      { servers: { a: { url: "https://x.example", map: { t: { fhir: "create" } } } } },
    ],
  ])("refuses %s", (_, value) => {
    expect(mcp.safeParse(value).success).toBe(false);
  });

  it("waits 45 seconds and leaves acceptance to an operator unless told", () => {
    expect(mcp.parse({ servers: {} })).toEqual({ servers: {}, accept: "operator", wait_s: 45, hosts: [] });
  });
});

it("knows a gateway by its addresses, and on this machine by every spelling of it", () => {
  const hosts = hostsOf(
    ["https://gw.example", "ws://127.0.0.1:7443/feed", "wss://gw.example:8443/feed"],
    ["Proxy.example"],
  );
  expect([...hosts].toSorted()).toEqual([
    ...["127.0.0.1:7443", "[::1]:7443", "gw.example", "gw.example:8443", "localhost:7443", "proxy.example"],
  ]);
});
