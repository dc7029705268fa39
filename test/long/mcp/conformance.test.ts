import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { open, type Hospital } from "../../blackbox/hospital.ts";
import { installed } from "./installed.ts";
import { startSigningProxy, type SigningProxy } from "./signing-proxy.ts";

const FIXTURES = path.join(import.meta.dirname, "fixture-server.mjs");
const SUITE = installed("conformance");

interface Check {
  readonly id: string;
  readonly status: string;
  readonly errorMessage?: string;
}

describe.skipIf(SUITE === undefined)("MCP's conformance suite at the door", () => {
  let hospital: Hospital;
  let proxy: SigningProxy;
  let checks: readonly Check[];

  beforeAll(async () => {
    const fixtures = { command: [process.execPath, FIXTURES], env: {} };
    hospital = await open(
      ({ add }) => {
        add(`@id("fixtures") @says("Tools of the conformance suite.") @verdict("allow")
permit (principal, action == Action::"tool.call", resource)
when { resource.type like "fixtures/*" && resource.type != "fixtures/test_simple_text" };`);
      },
      { config: { mcp: { servers: { fixtures }, accept: "first" } } },
    );
    const lee = await hospital.enrol("lee");
    const live = await hospital.connect(lee);
    proxy = await startSigningProxy(hospital.agent, hospital.url);
    const ran = runSuite();
    const { jws, claims } = lee.request(await live.socket.next("action.pending"));
    expect(claims.action.op).toMatchObject({ url: "mcp:fixtures/test_simple_text", body: "{}" });
    await lee.submit(live.socket, lee.decide(jws, "approve"));
    checks = await ran;
  });
  afterAll(async () => {
    await proxy.close();
    await hospital.close();
  });

  async function runSuite(): Promise<readonly Check[]> {
    const out = path.join(hospital.folder, "conformance");
    const args = ["server", "--url", proxy.url, "--suite", "all", "-o", out];
    const child = spawn(String(SUITE), args, { stdio: "ignore" });
    await once(child, "close");
    return readdirSync(out, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith("checks.json"))
      .flatMap((name) => JSON.parse(readFileSync(path.join(out, name), "utf8")) as Check[]);
  }

  const withStatus = (status: string) => checks.filter((check) => check.status === status);
  const failed = (why: RegExp) => withStatus("FAILURE").filter(({ errorMessage = "" }) => why.test(errorMessage));
  const ids = (some: readonly Check[]) => some.map(({ id }) => id).toSorted();

  it("passes what a gateway in front of tools has a part in, one of the calls after a person approved it", () => {
    expect(ids(withStatus("SUCCESS"))).toEqual([
      ...["json-schema-2020-12-$defs", "json-schema-2020-12-$schema", "json-schema-2020-12-additionalProperties"],
      ...["json-schema-2020-12-tool-found", "localhost-host-rebinding-rejected", "localhost-host-valid-accepted"],
      ...["ping", "server-accepts-multiple-post-streams", "server-initialize", "server-sse-streams-functional"],
      ...["tools-call-audio", "tools-call-embedded-resource", "tools-call-error", "tools-call-image"],
      ...["tools-call-mixed-content", "tools-call-simple-text", "tools-call-with-progress", "tools-list"],
    ]);
  });

  it("answers what it does not offer (prompts, resources, completion, logging) as JSON-RPC has it", () => {
    expect(ids(failed(/^Failed: MCP error -32601: Method not found$/))).toEqual([
      ...["completion-complete", "logging-set-level", "prompts-get-embedded-resource", "prompts-get-simple"],
      ...["prompts-get-with-args", "prompts-get-with-image", "prompts-list", "resources-list"],
      ...["resources-read-binary", "resources-read-text", "resources-subscribe", "resources-templates-read"],
      ...["resources-unsubscribe", "tools-call-with-logging"],
    ]);
  });

  it("hands no server's question on to an agent's own user or model", () => {
    expect(ids(failed(/^Server did not request (?:elicitation|sampling) from client$/))).toEqual([
      ...["elicitation-sep1034-general", "elicitation-sep1330-general"],
      ...["tools-call-elicitation", "tools-call-sampling"],
    ]);
  });

  it("fails nothing else, and is warned of what only newer clients are sent", () => {
    expect(withStatus("FAILURE")).toHaveLength(18);
    // The suite says MCP-Protocol-Version 2025-03-26 there, whose clients cannot read an event without data.
    expect(ids(withStatus("WARNING"))).toEqual(["server-sse-priming-event", "server-sse-retry-field"]);
  });
});
