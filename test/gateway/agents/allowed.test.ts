import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { gateJws, parsePayload } from "#shared/protocol/jws.ts";
import { TYP } from "#shared/protocol/names.ts";

import { startFhirServer, type FhirServer } from "../../../demo/fhir/server.ts";
import type { RecordedWrite } from "../../../demo/fhir/wire.ts";
import { cedarPolicy } from "../../../gateway/policy/cedar/policy.ts";
import { partsOf } from "../../../gateway/evidence/parts.ts";
import { crypto } from "../device.ts";
import { AGENT_SUB, codeOf, FHIR_JSON, policyFiles, seed, startDoorKit, type DoorKit } from "./kit.ts";

const policy = cedarPolicy(
  {
    "policy.json": policyFiles["policy.json"] ?? "",
    "own.cedar": `@id("weights") @says("Weights are written without a person.") @verdict("allow")
      permit (principal, action, resource) when { resource.type == "Observation" };`,
  },
  { crypto, templates: builtinTemplates },
);
const WEIGHT =
  '{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},' +
  '"subject":{"reference":"Patient/p"},"valueQuantity":{"value":61.50,"unit":"kg"}}';

describe("a change that policy allows without a person", () => {
  let fhir: FhirServer;
  let kit: DoorKit;
  let cut: ((write: RecordedWrite) => "before" | "after" | undefined) | undefined;
  beforeEach(async () => {
    cut = undefined;
    fhir = await startFhirServer({ port: 0, seed, cut: (write) => cut?.(write) });
    kit = await startDoorKit(fhir, {}, policy);
  });
  afterEach(async () => {
    await kit.close();
    await fhir.close();
  });

  const write = (key?: string, body = WEIGHT): Promise<Response> =>
    kit.call("POST", "/fhir/Observation", {
      body,
      headers: { ...FHIR_JSON, ...(key === undefined ? {} : { "idempotency-key": key }) },
    });
  const leaves = (): readonly string[] =>
    kit.world.core.store
      .leavesFrom(0, 100)
      .map(({ type }) => type)
      .slice(1);

  it("is carried out at once with exactly its bytes, and the agent gets the hospital's answer", async () => {
    const answer = await write();
    expect([answer.status, answer.headers.get("location")]).toEqual([201, expect.stringMatching(/Observation\//)]);
    expect(fhir.wire.map(({ body }) => body.toString())).toEqual([WEIGHT]);
  });

  it("goes with a token for it alone, which names the policy and is dead afterwards", async () => {
    await write();
    const [, bearer = ""] = String(fhir.wire[0]?.headers["authorization"]).split(" ");
    const claims = parsePayload(gateJws(bearer, { typ: TYP.accessToken })) as Record<string, unknown>;
    expect(claims).toMatchObject({
      sub: AGENT_SUB,
      aud: fhir.baseUrl,
      policy_ref: { rule: "weights" },
      authorization_details: [{ type: "urn:countersign:rar:fhir-op:1", max_uses: 1, patient: "Patient/p" }],
    });
    expect(claims["human_authorization_ref"]).toBeUndefined();
    expect(kit.world.core.store.token(String(claims["jti"]))).toMatchObject({ uses_left: 0, reason: "completed" });
  });

  it("leaves its trace: before it is sent, and what became of it", async () => {
    await write();
    expect(leaves()).toEqual(["access", "token-issued", "token-used", "outcome", "token-revoked"]);
  });

  it("is done once under one key, whatever is retried, also at the same time", async () => {
    const [a, b] = await Promise.all([write("k-1"), write("k-1")]);
    const c = await write("k-1");
    expect([a.status, b.status, c.status]).toEqual([201, 201, 201]);
    expect(await c.text()).toBe(await a.text());
    expect(fhir.wire).toHaveLength(1);
    const other = await write("k-1", WEIGHT.replace("61.50", "61.5"));
    expect([other.status, await codeOf(other), fhir.wire.length]).toEqual([422, "E_IDEMPOTENCY", 1]);
  });

  it("is told as unknown, and never sent again, when the answer was lost", async () => {
    cut = () => "after";
    const answer = await write("k-2");
    expect([answer.status, await codeOf(answer)]).toEqual([502, "E_EXEC_UNKNOWN"]);
    cut = undefined;
    expect(await codeOf(await write("k-2"))).toBe("E_EXEC_UNKNOWN");
    expect(fhir.wire).toHaveLength(1);
  });

  it("gives the hospital's refusal on", async () => {
    const answer = await write("k-3", WEIGHT.replace('"final"', "17"));
    expect(answer.status).toBe(400);
    expect(leaves().at(-2)).toBe("outcome");
  });

  it("is an event of the record in which nobody approved", async () => {
    await write();
    const { store } = kit.world.core;
    const row = store.leavesFrom(0, 100).find(({ type }) => type === "outcome")!;
    const gateway = { iss: "https://gw.example" };
    const [event, ...more] = partsOf(
      {
        ...{ gateway, logOrigin: "gw.example/log", fhirBase: fhir.baseUrl, store },
        ...{ approver: () => undefined, agent: () => undefined },
      },
      row,
    );
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      resourceType: "AuditEvent",
      outcome: "0",
      agent: [{ who: { identifier: { value: AGENT_SUB } } }, { who: { identifier: { value: fhir.baseUrl } } }],
      entity: [
        { what: { reference: "Patient/p" } },
        { what: { reference: expect.stringMatching(/^Observation\//) as string } },
        {},
      ],
    });
  });

  it("is not carried out for an agent that was switched off or paused while it was on the way", async () => {
    kit.world.core.store.write((tx) => tx.pause("agent", AGENT_SUB, kit.world.now()));
    expect(await codeOf(await write())).toBe("E_AGENT_PAUSED");
    kit.world.core.store.write((tx) => tx.disableAgent(AGENT_SUB, "d", kit.world.now()));
    expect(await codeOf(await write())).toBe("E_AGENT_UNKNOWN");
    expect(fhir.wire).toEqual([]);
  });
});
