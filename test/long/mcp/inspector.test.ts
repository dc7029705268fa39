import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ISS, open, type Hospital } from "../../blackbox/hospital.ts";
import type { Live, Person } from "../../blackbox/person.ts";
import { installed } from "./installed.ts";
import { startSigningProxy } from "./signing-proxy.ts";

const CLI = path.resolve(import.meta.dirname, "../../../gateway/cli.ts");
const WARD = path.resolve(import.meta.dirname, "../../blackbox/ward-server.mjs");
const INSPECTOR = installed("mcp-inspector");
/** Its exit status for a tool's error. */
const TOOL_IS_ERROR = 5;

/** A client that is not ours and not made for us. Skipped where `MCP_TOOLS` names no folder that has it. */
describe.skipIf(INSPECTOR === undefined)("the MCP inspector, with the gateway as its server", () => {
  let hospital: Hospital;
  let lee: Person;
  let live: Live;

  const inFolder = (name: string): string => path.join(hospital.folder, name);

  beforeAll(async () => {
    const ward = { command: [process.execPath, WARD], env: { WARD: "4b" } };
    hospital = await open(undefined, { config: { mcp: { servers: { ward }, accept: "first" } } });
    writeFileSync(inFolder("agent-key.jwk"), JSON.stringify(hospital.agent.key.whole));
    const who = ["--iss", ISS, "--sub", hospital.agent.sub, "--key", inFolder("agent-key.jwk")];
    const args = [CLI, "mcp", "--gateway", hospital.url, ...who];
    const host = { mcpServers: { countersign: { type: "stdio", command: process.execPath, args } } };
    writeFileSync(inFolder("host.json"), JSON.stringify(host));
    lee = await hospital.enrol("lee");
    live = await hospital.connect(lee);
  });
  afterAll(async () => {
    await hospital.close();
  });

  async function run(...args: readonly string[]) {
    const child = spawn(String(INSPECTOR), ["--cli", ...args], {
      // It keeps a catalogue in its user's home, and would look for a keychain.
      env: { ...process.env, HOME: hospital.folder, MCP_INSPECTOR_SECRET_STORE: "memory" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = once(child, "close");
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [status] = (await ended) as [number | null];
    // What it says of itself (where it keeps secrets) begins so.
    const said = err.replaceAll(/^\[mcp-inspector\].*\n/gm, "");
    return { status, out, said };
  }

  const inspect = (...what: readonly string[]) =>
    run("--config", inFolder("host.json"), "--server", "countersign", "--method", ...what);

  const send = (words: string) =>
    inspect("tools/call", "--tool-name", "send_message", "--tool-arg", "to=ward 4b", `text=${words}`);

  it("lists the ward's tools and the two of the gateway, and none that decides", async () => {
    const { status, out, said } = await inspect("tools/list");
    expect({ status, said }).toEqual({ status: 0, said: "" });
    const { tools } = JSON.parse(out) as { tools: { name: string }[] };
    expect(tools.map(({ name }) => name).toSorted()).toEqual([
      ...["countersign_result", "countersign_withdraw", "environment", "send_message"],
    ]);
  });

  it("has schemas without a fault that stops another client", async () => {
    const { status, said } = await inspect("tools/list", "--strict");
    expect({ status, said }).toEqual({ status: 0, said: "" });
  });

  it("waits with a guarded call and prints the tool's answer once a person has approved", async () => {
    const called = send("Chart is late");
    const { jws, claims } = lee.request(await live.socket.next("action.pending"));
    expect(claims.action.op).toMatchObject({ body: '{"to":"ward 4b","text":"Chart is late"}' });
    await lee.submit(live.socket, lee.decide(jws, "approve"));
    const { status, out } = await called;
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      content: [{ type: "text", text: "Message 1 to ward 4b: Chart is late" }],
    });
  });

  it("prints a denial as a tool's error, with a status that scripts see", async () => {
    const called = send("Never");
    const { jws } = lee.request(await live.socket.next("action.pending"));
    await lee.submit(live.socket, lee.decide(jws, "deny"));
    const { status, out, said } = await called;
    expect(status).toBe(TOOL_IS_ERROR);
    expect(said).toContain("tool_is_error");
    expect(JSON.parse(out)).toMatchObject({
      isError: true,
      content: [{ type: "text", text: "denied (not-needed): A person denied this. Nothing was done." }],
    });
  });

  it("reaches what waits by none of the gateway's tools with a request's own id", async () => {
    const called = send("Let me in");
    const { jws, claims } = lee.request(await live.socket.next("action.pending"));
    const args = ["--tool-arg", `handle=${claims.rid}`];
    const answers = await Promise.all(
      ["countersign_result", "countersign_withdraw"].map((name) => inspect("tools/call", "--tool-name", name, ...args)),
    );
    expect(answers.map(({ status, out }) => [status, /E_REQ_UNKNOWN/.exec(out)?.[0]])).toEqual([
      [TOOL_IS_ERROR, "E_REQ_UNKNOWN"],
      [TOOL_IS_ERROR, "E_REQ_UNKNOWN"],
    ]);
    expect(await hospital.state(claims.rid)).toBe("open");
    await lee.submit(live.socket, lee.decide(jws, "deny"));
    expect((await called).status).toBe(TOOL_IS_ERROR);
  });

  it("is served over Streamable HTTP too, where something signs for it", async () => {
    const proxy = await startSigningProxy(hospital.agent, hospital.url);
    const call = ["--method", "tools/call", "--tool-name", "environment"];
    const called = run("--server-url", proxy.url, "--transport", "http", ...call);
    const { jws } = lee.request(await live.socket.next("action.pending"));
    await lee.submit(live.socket, lee.decide(jws, "approve"));
    const { status, out } = await called;
    expect([status, JSON.parse(out)]).toMatchObject([0, { content: [{ type: "text", text: "WARD" }] }]);
    await proxy.close();
  });
});
