import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { present } from "#shared/presentation/present.ts";
import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";

import { startFhirServer, type FhirServer } from "../../../../demo/fhir/server.ts";
import { mapCall, type ToolMapping } from "../../../../gateway/agents/mcp/mapping.ts";
import { decide } from "../../signing.ts";
import { orderBody, seed } from "../kit.ts";
import { callTool, startMcpKit, textOf, type McpKit } from "./kit.ts";
import { CREATE, READ, startToolServer, type ToolServer } from "./tool-server.ts";

const BASE = "https://fhir.example/r4";

describe("tools that are FHIR interactions", () => {
  let fhir: FhirServer;
  let tools: ToolServer;
  let kit: McpKit;
  beforeAll(async () => {
    fhir = await startFhirServer({ port: 0, seed });
  }, 60_000);
  afterAll(() => fhir.close());
  beforeEach(async () => {
    tools = await startToolServer([{ ...CREATE, outputSchema: { type: "object" } }, READ]);
    const map: Record<string, ToolMapping> = {
      create_resource: { fhir: "create", body: "resource", ignore: ["reason"] },
      read_resource: { fhir: "read", type: "type", id: "id" },
    };
    kit = await startMcpKit(fhir, { servers: { ehr: { place: { url: tools.url }, map } } });
  });
  afterEach(async () => {
    await kit.close();
    await tools.close();
  });

  it("draws the order, compares the record, and sends the resource to the record with every digit", async () => {
    const client = await kit.client();
    const raised = kit.raised();
    const message = callTool(
      client,
      "create_resource",
      { resource: JSON.parse(orderBody()) as object, reason: "x" },
      {
        onprogress: () => undefined,
      },
    );
    const rid = await raised;
    const { claims } = kit.world.core.status(rid)!;
    expect(claims.action).toMatchObject({ type: "urn:countersign:action:order.create" });
    expect(claims.action.op).toMatchObject({ method: "POST", url: `${fhir.baseUrl}/MedicationRequest` });
    expect(claims.patient).toMatchObject({ ref: "Patient/p" });
    const drawn = present(claims, BUILTIN_TEMPLATES.medicationOrder, { facilityZone: "UTC", now: claims.iat });
    expect(JSON.stringify(drawn)).toContain("bisoprolol");
    const writes = fhir.wire.length;
    decide(kit.world, kit.lee, rid, "approve", { reentry: ["identity"] });
    await kit.carryOut();
    expect(textOf(await message)).toContain('"resourceType":"MedicationRequest"');
    expect(fhir.wire.slice(writes).map(({ body }) => body.toString())).toContain(claims.action.op.body);
    expect(tools.calls()).toEqual([]);
  });

  it("promises no form of answer that it does not give", async () => {
    const { tools: listed } = await (await kit.client()).listTools();
    expect(listed[0]).toEqual(CREATE);
  });

  it("reads the record where policy lets the agent read the type, and refuses the rest", async () => {
    const client = await kit.client();
    expect(textOf(await callTool(client, "read_resource", { type: "Patient", id: "p" }))).toContain("Waters");
    expect(textOf(await callTool(client, "read_resource", { type: "Condition", id: "c" }))).toMatch(/^E_POL_REFUSED/);
    expect(textOf(await callTool(client, "read_resource", { type: "Patient", id: "../x" }))).toMatch(/^E_POL_REFUSED/);
    const missing = await callTool(client, "read_resource", { type: "Patient", id: "nobody" });
    expect(missing.isError).toBe(true);
    expect(kit.log.filter((line) => line.includes("agent.allowed")).join()).not.toContain("Patient/p");
    expect(tools.calls()).toEqual([]);
  });

  it("answers a resource that the record does not take with a tool error", async () => {
    const client = await kit.client();
    const nobody = JSON.parse(orderBody().replace("Patient/p", "Patient/nobody")) as object;
    expect(textOf(await callTool(client, "create_resource", { resource: nobody }))).toMatch(/^E_OP_PATIENT/);
    expect(textOf(await callTool(client, "create_resource", { resource: {} }))).toMatch(/^E_TOOL_ARGUMENTS/);
    const stray = { resource: JSON.parse(orderBody()) as object, then_notify: "x" };
    expect(textOf(await callTool(client, "create_resource", stray))).toMatch(/^E_TOOL_ARGUMENTS.*then_notify/);
    expect(kit.waiting()).toEqual([]);
  });
});

describe("the mapping of a call", () => {
  const mapped = (mapping: Parameters<typeof mapCall>[0], text: string) => mapCall(mapping, text, BASE);

  it("takes the resource's exact text, as an object or as a text that holds it", () => {
    const exact = '{"resourceType":"Observation","valueQuantity":{"value":2.50}}';
    const operation = { method: "POST", url: `${BASE}/Observation`, media: "application/fhir+json", body: exact };
    expect(mapped({ fhir: "create", body: "r" }, `{"r":${exact}}`)).toEqual({ kind: "write", operation });
    expect(mapped({ fhir: "create", body: "r" }, JSON.stringify({ r: exact }))).toEqual({ kind: "write", operation });
  });

  it("makes an update, a patch, a deletion, a search", () => {
    expect(
      mapped({ fhir: "update", body: "r", if_match: "v" }, '{"r":{"resourceType":"Goal","id":"g"},"v":"W/\\"1\\""}'),
    ).toMatchObject({ operation: { method: "PUT", url: `${BASE}/Goal/g`, if_match: 'W/"1"' } });
    expect(mapped({ fhir: "patch", type: "t", id: "i", body: "p" }, '{"t":"Goal","i":"g","p":[]}')).toMatchObject({
      operation: { method: "PATCH", url: `${BASE}/Goal/g`, media: "application/json-patch+json", body: "[]" },
    });
    expect(mapped({ fhir: "delete", type: "t", id: "i" }, '{"t":"Goal","i":"g"}')).toMatchObject({
      operation: { method: "DELETE", url: `${BASE}/Goal/g`, body: "" },
    });
    expect(mapped({ fhir: "search", type: "t", query: "q" }, '{"t":"Goal","q":{"patient":"p&x"}}')).toEqual({
      ...{ kind: "read", target: "Goal?patient=p%26x" },
    });
  });

  it.each([
    ['{"r":1}', "holds no resource"],
    ["{}", "holds no resource"],
    ['{"r":"{"}', "not strict JSON"],
    ['{"r":{"resourceType":"Goal"}}', "no id"],
    ['{"r":{"resourceType":"Goal","id":"g"},"more":true}', "more"],
  ])("refuses %s", (text, why) => {
    expect(() => mapped({ fhir: "update", body: "r" }, text)).toThrow(why);
  });
});
