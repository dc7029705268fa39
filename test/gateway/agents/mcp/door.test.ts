import { ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { contentDigest, dig } from "#shared/protocol/digest.ts";

import { META } from "../../../../gateway/agents/mcp/names.ts";
import { crypto } from "../../device.ts";
import { decide } from "../../signing.ts";
import { callTool, outcomeOf, startMcpKit, textOf, type McpKit } from "./kit.ts";
import { MESSAGE, startToolServer, WARDS, type ToolServer } from "./tool-server.ts";

const NO_FHIR = { baseUrl: "http://127.0.0.1:9/r4" };
const ARGS = { to: "ward 4", text: "Please review the chart." };

describe("the MCP door, called by the official client", () => {
  let tools: ToolServer;
  let kit: McpKit;
  beforeEach(async () => {
    tools = await startToolServer([MESSAGE, WARDS]);
    kit = await startMcpKit(NO_FHIR, { servers: { ehr: { place: { url: tools.url } } } });
  });
  afterEach(async () => {
    await kit.close();
    await tools.close();
  });

  it("lists the servers' tools as they are, and none by which an agent could decide", async () => {
    const client = await kit.client();
    const { tools: listed } = await client.listTools();
    expect(listed.slice(0, 2)).toEqual([MESSAGE, WARDS]);
    expect(listed.slice(2).map(({ name }) => name)).toEqual(["countersign_result", "countersign_withdraw"]);
  });

  it("carries a guarded call out once a person approved it, with exactly the approved arguments", async () => {
    const client = await kit.client();
    const heard: string[] = [];
    const raised = kit.raised();
    const called = callTool(client, "send_message", ARGS, { onprogress: ({ message }) => heard.push(message ?? "") });
    const rid = await raised;
    expect(tools.calls()).toEqual([]);
    const { claims } = kit.world.core.status(rid)!;
    expect(claims.action).toMatchObject({ type: "urn:countersign:action:tool.call", risk: "high" });
    expect(claims.action.op).toEqual({
      ...{ method: "tools/call", url: "mcp:ehr/send_message", media: "application/json" },
      body: JSON.stringify(ARGS),
      body_dig: contentDigest(crypto, JSON.stringify(ARGS)),
    });
    expect(claims.authorization_details).toMatchObject([
      { type: "urn:countersign:rar:mcp-tool:1", locations: ["mcp:ehr"], tools: ["send_message"], max_uses: 1 },
    ]);
    await expect.poll(() => heard.length).toBe(1);
    expect(decide(kit.world, kit.lee, rid, "approve")).toMatchObject({ kind: "receipt" });
    await kit.carryOut();
    expect(await called).toMatchObject({ content: [{ type: "text", text: "send_message done" }] });
    expect(tools.calls()).toHaveLength(1);
    expect(tools.calls()[0]).toContain(`"arguments":${claims.action.op.body}`);
    expect(heard[0]).toMatch(/^A person is asked to decide\./);
    const leaves = kit.world.core.store.leavesFrom(0, 100).map(({ type }) => type);
    expect(leaves).toEqual(expect.arrayContaining(["token-issued", "token-used", "token-revoked"]));
  });

  it("parks a call without progress when its time is over, and the handle resolves it", async () => {
    const client = await kit.client();
    const raised = kit.raised();
    const called = callTool(client, "send_message", ARGS);
    const rid = await raised;
    await expect.poll(() => kit.world.core.events.listenerCount("decision")).toBeGreaterThan(0);
    kit.world.clock.advance(45_000);
    const parked = await called;
    expect(parked.isError).toBe(true);
    expect(textOf(parked)).toMatch(/^Not done yet\. A person has been asked\./);
    const { handle, status } = outcomeOf(parked);
    expect(status).toBe("pending");
    decide(kit.world, kit.lee, rid, "approve");
    await kit.carryOut();
    expect(textOf(await callTool(client, "countersign_result", { handle }))).toBe("send_message done");
    const stranger = await kit.client(kit.other);
    expect(textOf(await callTool(stranger, "countersign_result", { handle }))).toMatch(/^E_REQ_UNKNOWN/);
  });

  it("answers a denial with a tool error that holds the reason's code and nobody's words", async () => {
    const client = await kit.client();
    const raised = kit.raised();
    const called = callTool(client, "send_message", ARGS);
    decide(kit.world, kit.lee, await raised, "deny", { reason: { code: "not-needed", text: "secret words" } });
    const answer = await called;
    expect(answer.isError).toBe(true);
    expect(outcomeOf(answer)).toEqual({ status: "denied", reason: "not-needed" });
    expect(JSON.stringify(answer)).not.toContain("secret");
    expect(tools.calls()).toEqual([]);
  });

  it("answers expiry, withdrawal and a revoked approval with tool errors", async () => {
    const client = await kit.client();
    const outcome = async (end: (rid: string) => unknown, n: number) => {
      const raised = kit.raised();
      const called = callTool(client, "send_message", { ...ARGS, text: `call ${n}` }, { onprogress: () => undefined });
      await end(await raised);
      return outcomeOf(await called)["status"];
    };
    expect(
      await outcome((rid) => {
        decide(kit.world, kit.lee, rid, "approve");
        const [approval] = kit.world.core.store.decisions(rid, 1);
        decide(kit.world, kit.lee, rid, "revoke", { revokes: approval?.dig ?? "" });
      }, 1),
    ).toBe("revoked");
    expect(await outcome((rid) => kit.world.core.withdraw(rid, "operator", "gateway"), 2)).toBe("withdrawn");
    expect(await outcome(() => kit.world.clock.advance(7_300_000), 3)).toBe("expired");
    expect(tools.calls()).toEqual([]);
  });

  it("takes back a call that its agent no longer wants, and nobody else's", async () => {
    const client = await kit.client();
    const raised = kit.raised();
    const called = callTool(client, "send_message", ARGS);
    const rid = await raised;
    await expect.poll(() => kit.world.core.events.listenerCount("decision")).toBeGreaterThan(0);
    kit.world.clock.advance(45_000);
    const { handle } = outcomeOf(await called);
    const stranger = await kit.client(kit.other);
    expect((await callTool(stranger, "countersign_withdraw", { handle })).isError).toBe(true);
    expect(kit.world.core.status(rid)?.state).toBe("open");
    expect((await callTool(client, "countersign_withdraw", { handle })).isError).toBeUndefined();
    expect(kit.world.core.status(rid)?.state).toBe("withdrawn");
    expect(textOf(await callTool(client, "countersign_withdraw", { handle }))).toMatch(/^E_REQ_TERMINAL/);
  });

  it("passes what policy allows without a person, and logs it before it is done", async () => {
    const client = await kit.client();
    const leaves = (): number => kit.world.core.store.leavesFrom(0, 100).filter(({ type }) => type === "access").length;
    tools.answer = () => {
      expect(leaves()).toBe(1);
      return { content: [{ type: "text", text: "Ward 4" }], structuredContent: { wards: ["4"] } };
    };
    const answer = await callTool(client, "list_wards");
    expect(answer).toMatchObject({ content: [{ text: "Ward 4" }], structuredContent: { wards: ["4"] } });
    expect(kit.waiting()).toEqual([]);
    const { obj } = JSON.parse(kit.log.find((line) => line.includes("agent.allowed")) ?? "") as { obj: string };
    const record = kit.world.core.store.published(obj)?.text ?? "";
    expect(dig(crypto, record)).toBe(obj);
    expect(JSON.parse(record)).toMatchObject({ agent: "urn:agent:reconciliation", name: "mcp:ehr/list_wards" });
    expect(kit.world.core.store.leafOf(obj, "access")).toBeDefined();
  });

  it("does an allowed call once under one key, and refuses the key for another call", async () => {
    const [one, two] = [await kit.client(), await kit.client()];
    const meta = { [META.idempotency]: "k-1" };
    expect(textOf(await callTool(one, "list_wards", {}, { meta }))).toBe("list_wards done");
    expect(textOf(await callTool(two, "list_wards", {}, { meta }))).toBe("list_wards done");
    expect(tools.calls()).toHaveLength(1);
    const other = await callTool(two, "list_wards", { page: 2 }, { meta });
    expect(textOf(other)).toMatch(/^E_IDEMPOTENCY/);
  });

  it("tells clients that the list changed, and shows what an operator accepted alone", async () => {
    const client = await kit.client();
    const told = new Promise<void>((done) => {
      client.setNotificationHandler(ToolListChangedNotificationSchema, () => done());
    });
    await tools.list([WARDS]);
    await told;
    expect((await client.listTools()).tools.map(({ name }) => name)).not.toContain("send_message");
    expect(textOf(await callTool(client, "send_message", ARGS))).toMatch(/^E_TOOL_UNKNOWN/);
  });
});
