import { ErrorCode, McpError } from "@modelcontextprotocol/sdk/types.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { decide } from "../../signing.ts";
import { callTool, outcomeOf, startMcpKit, textOf, type McpKit } from "./kit.ts";
import { MESSAGE, startToolServer, WARDS, type ToolServer } from "./tool-server.ts";

const ARGS = { to: "ward 4", text: "Please review the chart." };

/** JSON-RPC's "method not found" and its kind mean that nothing was done, unless the tool was already under way. */
describe("a server's refusal of a call, and one that comes out of a tool that had begun", () => {
  let tools: ToolServer;
  let kit: McpKit;
  beforeEach(async () => {
    tools = await startToolServer([MESSAGE, WARDS]);
    kit = await startMcpKit({ baseUrl: "http://127.0.0.1:9/r4" }, { servers: { ehr: { place: { url: tools.url } } } });
  });
  afterEach(async () => {
    await kit.close();
    await tools.close();
  });

  async function approved() {
    const client = await kit.client();
    const raised = kit.raised();
    const called = callTool(client, "send_message", ARGS, { onprogress: () => undefined });
    decide(kit.world, kit.lee, await raised, "approve");
    await kit.carryOut();
    return await called;
  }

  it("says that nothing was done where the server did not take the call", async () => {
    tools.answer = () => Promise.reject(new McpError(ErrorCode.InvalidParams, "No such ward."));
    const answer = await approved();
    expect([answer.isError, outcomeOf(answer)["reason"]]).toEqual([true, "E_EXEC_REFUSED"]);
  });

  it.each(["elicitation/create", "sampling/createMessage"] as const)(
    "has a person look where the tool asked for something (%s) that it was not given, and ended with that error",
    async (method) => {
      const done: string[] = [];
      tools.answer = async (name, _args, ask) => {
        done.push(name);
        await ask(method);
        return { content: [] };
      };
      const answer = await approved();
      expect(done).toEqual(["send_message"]);
      expect([answer.isError, outcomeOf(answer)["reason"]]).toEqual([true, "E_EXEC_UNKNOWN"]);
    },
  );

  it("does not say that an allowed call was refused when it had reported progress", async () => {
    const client = await kit.client();
    tools.answer = async (_name, _args, _ask, say) => {
      await say(1);
      throw new McpError(ErrorCode.InvalidParams, "Half of it.");
    };
    const answer = await callTool(client, "list_wards", {}, { onprogress: () => undefined });
    expect([answer.isError, textOf(answer)]).toEqual([true, expect.stringMatching(/^E_EXEC_UNKNOWN/)]);
  });
});
