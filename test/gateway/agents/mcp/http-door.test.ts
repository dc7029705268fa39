import { request } from "node:http";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createAgent } from "../../../../gateway/agents/client.ts";
import { decide } from "../../signing.ts";
import { startMcpKit, type McpKit } from "./kit.ts";
import { MESSAGE, startToolServer, WARDS, type ToolServer } from "./tool-server.ts";

const INITIALIZE = {
  ...{ jsonrpc: "2.0", id: 1, method: "initialize" },
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } },
};
const JSON_HEADERS = { "content-type": "application/json", accept: "application/json, text/event-stream" };

describe("the MCP door over HTTP", () => {
  let tools: ToolServer;
  let kit: McpKit;
  beforeAll(async () => {
    tools = await startToolServer([MESSAGE, WARDS]);
    kit = await startMcpKit({ baseUrl: "http://127.0.0.1:9/r4" }, { servers: { ehr: { place: { url: tools.url } } } });
  });
  afterAll(async () => {
    await kit.close();
    await tools.close();
  });

  const post = (body: string, headers: Record<string, string> = {}, as = kit.agent) =>
    as.mcp.fetch(as.mcp.url, { method: "POST", body, headers: { ...JSON_HEADERS, ...headers } });
  const begin = async () => {
    const response = await post(JSON.stringify(INITIALIZE));
    await response.text();
    return response.headers.get("mcp-session-id") ?? "";
  };
  const codeIn = async (response: Response) =>
    ((await response.json()) as { error: { data?: { code: string } } }).error.data?.code;

  it("asks who calls, for each message", async () => {
    const bare = await fetch(kit.agent.mcp.url, {
      method: "POST",
      body: JSON.stringify(INITIALIZE),
      headers: JSON_HEADERS,
    });
    expect([bare.status, bare.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="countersign"']);
    expect(await codeIn(bare)).toBe("E_AGENT_AUTH");
    let used = "";
    const spying = (url: string | URL | Request, init?: RequestInit) => {
      used = new Headers(init?.headers).get("authorization") ?? "";
      return fetch(url, init);
    };

    const nowMs = () => kit.world.clock.nowMs();
    const agent = createAgent({
      ...{ gateway: kit.url, sub: "urn:agent:reconciliation", key: kit.key, issuer: kit.world.core.iss, nowMs },
      fetch: spying,
    });
    await (
      await agent.mcp.fetch(agent.mcp.url, { method: "POST", body: JSON.stringify(INITIALIZE), headers: JSON_HEADERS })
    ).text();
    const replay = await fetch(agent.mcp.url, {
      ...{ method: "POST", body: JSON.stringify(INITIALIZE), headers: { ...JSON_HEADERS, authorization: used } },
    });
    expect(replay.status).toBe(401);
    await expect(agent.mcp.fetch("http://elsewhere.example/")).rejects.toThrow(TypeError);
  });

  it("refuses a page's Origin and another Host (DNS rebinding)", async () => {
    expect((await post(JSON.stringify(INITIALIZE), { origin: "https://evil.example" })).status).toBe(403);
    expect((await post(JSON.stringify(INITIALIZE), { origin: "null" })).status).toBe(403);

    const { port } = new URL(kit.url);
    const status = await new Promise<number | undefined>((done, failed) => {
      const sent = request({
        host: "127.0.0.1",
        port,
        path: "/countersign/v1/mcp",
        method: "POST",
        headers: { host: "evil.example" },
      });
      sent
        .once("response", (res) => done(res.resume().statusCode))
        .once("error", failed)
        .end("{}");
    });
    expect(status).toBe(403);
  });

  it("binds a session to the agent that began it, and forgets it when that agent ends it", async () => {
    const session = { "mcp-session-id": await begin(), "mcp-protocol-version": "2025-11-25" };
    const list = JSON.stringify({ jsonrpc: "2.0", id: 2, method: "tools/list" });
    expect((await post(list, session, kit.other)).status).toBe(404);
    const own = await post(list, session);
    expect([own.status, (await own.text()).includes("list_wards")]).toEqual([200, true]);
    expect((await post(list)).status).toBe(400);
    const ended = await kit.agent.mcp.fetch(kit.agent.mcp.url, { method: "DELETE", headers: session });
    expect(ended.status).toBe(200);
    expect(await codeIn(await post(list, session))).toBe("E_NOT_FOUND");
  });

  it("ends the sessions and open streams of an agent that is switched off, and nobody else's", async () => {
    const beginAs = async (as: typeof kit.agent) => {
      const response = await post(JSON.stringify(INITIALIZE), {}, as);
      await response.text();
      return { "mcp-session-id": response.headers.get("mcp-session-id") ?? "", "mcp-protocol-version": "2025-11-25" };
    };
    const [leaving, staying] = [await beginAs(kit.other), await beginAs(kit.agent)];
    const stream = await kit.other.mcp.fetch(kit.other.mcp.url, {
      headers: { ...leaving, accept: "text/event-stream" },
    });
    expect(stream.status).toBe(200);
    kit.world.core.events.emit("agent-disabled", { agent: "urn:agent:other" });
    await stream.text();
    const list = JSON.stringify({ jsonrpc: "2.0", id: 2, method: "tools/list" });
    expect(await codeIn(await post(list, leaving, kit.other))).toBe("E_NOT_FOUND");
    const own = await post(list, staying);
    await own.text();
    expect(own.status).toBe(200);
  });

  it.each([
    ["no JSON", "{", 400, "E_FMT_JSON"],
    ["a member twice", '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', 400, "E_FMT_DUP"],
    ["a batch", "[]", 400, "E_CLM_SHAPE"],
    ["no text in UTF-8", "\ud800", 400, undefined],
    ["a body that is too long", `{"a":"${"x".repeat(140_000)}"}`, 413, "E_FMT_SIZE"],
    ["no session", '{"jsonrpc":"2.0","id":1,"method":"ping"}', 400, "E_CLM_SHAPE"],
  ])("answers %s with an error of the sender, never a fault of ours", async (_, body, status, code) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    if (code !== undefined) expect(await codeIn(response)).toBe(code);
  });

  it("keeps every digit and the order of arguments from the agent's message to the tool's server", async () => {
    const session = { "mcp-session-id": await begin(), "mcp-protocol-version": "2025-11-25" };
    const given = '{ "text":"caf\\u00e9", "to":"w",\n "dose": 2.50, "10":12345678901234567890, "2":1e3 }';
    const exact = '{"text":"caf\\u00e9","to":"w","dose":2.50,"10":12345678901234567890,"2":1e3}';
    const raised = kit.raised();
    const message = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"send_message","arguments":${given},"_meta":{"progressToken":1}}}`;
    const answer = post(message, { ...session, "idempotency-key": '"k-http"' });
    const rid = await raised;
    expect(kit.world.core.status(rid)?.claims.action.op.body).toBe(exact);
    expect(kit.world.core.store.idempotent("urn:agent:reconciliation", "k-http", "")?.rid).toBe(rid);

    decide(kit.world, kit.lee, rid, "approve");
    await kit.carryOut();
    expect(await (await answer).text()).toContain("send_message done");
    expect(tools.calls().at(-1)).toContain(`"arguments":${exact}`);
    expect(tools.calls().at(-1)).toMatch(/"countersign\/token":"[A-Za-z0-9_.-]+"/);
  });
});
