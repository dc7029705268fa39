import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startFhirServer, type FhirServer } from "../../../demo/fhir/server.ts";
import { AgentError, createAgent } from "../../../gateway/agents/client.ts";
import { addressOf } from "../facts/fixtures.ts";
import { decide } from "../signing.ts";
import type { Person } from "../world.ts";
import { AGENT_SUB, orderBody, seed, startDoorKit, type DoorKit } from "./kit.ts";

describe("the client for agents", () => {
  let fhir: FhirServer;
  let kit: DoorKit;
  let lee: Person;
  beforeAll(async () => {
    fhir = await startFhirServer({ port: 0, seed });
    kit = await startDoorKit(fhir);
    lee = kit.world.person("lee");
  }, 60_000);
  afterAll(async () => {
    await kit.close();
    await fhir.close();
  });
  const operation = () => ({ method: "POST" as const, url: "MedicationRequest", body: orderBody() });

  it("asks and waits for the answer in one line", async () => {
    const task = kit.agent.request({ operation: operation(), task: { id: "t", goal: "g" } });
    const answer = task.wait();
    const rid = (await task.submitted).location.split("/").at(-1) ?? "";
    decide(kit.world, lee, rid, "approve", { reentry: ["identity"] });
    await kit.carryOut();
    expect(await answer).toMatchObject({ status: "completed", response: { status: 201 } });
  });

  it("takes a denial as an answer and a refusal as an error with its code", async () => {
    const task = kit.agent.request({ operation: operation() });
    decide(kit.world, lee, (await task.submitted).location.split("/").at(-1) ?? "", "deny");
    expect(await task.wait()).toMatchObject({ status: "denied", reason: "wrong-patient" });
    const refused = kit.agent.request({ operation: { ...operation(), body: "{" } });
    await expect(refused.wait()).rejects.toThrow(AgentError);
    await expect(refused.submitted).rejects.toMatchObject({ code: "E_OP_BODY", status: 400 });
  });

  it("revises and withdraws", async () => {
    const task = kit.agent.request({ operation: operation() });
    await task.revise({ operation: { ...operation(), body: orderBody(',"note":[{"text":"n"}]') } });
    expect(await task.status()).toMatchObject({ status: "pending", rev: 2 });
    expect(await task.withdraw()).toMatchObject({ status: "withdrawn" });
  });

  it("asks the gateway for its name, and sends again under the same key what got lost or came too early", async () => {
    const sent: { path: string; key: string | null }[] = [];
    const slept: number[] = [];
    const flaky = createAgent({
      ...{ gateway: "https://gw.example/", sub: AGENT_SUB, key: kit.key, nowMs: () => kit.world.clock.nowMs() },
      sleep: (ms) => Promise.resolve(slept.push(ms)),
      fetch: (input, init) => {
        const { pathname } = new URL(addressOf(input));
        if (pathname === "/.well-known/countersign-gateway") {
          return Promise.resolve(Response.json({ issuer: kit.world.core.iss }));
        }
        sent.push({ path: pathname, key: new Headers(init?.headers).get("idempotency-key") });
        if (sent.length === 1) return Promise.reject(new TypeError("lost"));
        if (sent.length === 2)
          return Promise.resolve(new Response("{}", { status: 429, headers: { "retry-after": "7" } }));
        return fetch(kit.url + pathname, init);
      },
    });
    const task = flaky.request({ operation: { method: "POST", url: "MedicationRequest", body: orderBody() } });
    expect((await task.submitted).location).toMatch(/^\/countersign\/v1\/tasks\//);
    expect(new Set(sent.map(({ key }) => key)).size).toBe(1);
    expect(slept).toEqual([1000, 7000]);
    await task.withdraw();
  });

  it("gives up on a gateway that is not there, and on an address that is no gateway", async () => {
    const nobody = createAgent({
      ...{ gateway: "https://gw.example", sub: AGENT_SUB, key: kit.key, issuer: kit.world.core.iss },
      sleep: () => Promise.resolve(),
      fetch: () => Promise.reject(new TypeError("lost")),
    });
    const operation = { method: "POST" as const, url: "Basic", body: "{}" };
    await expect(nobody.request({ operation }).submitted).rejects.toThrow("lost");
    const page = createAgent({
      ...{ gateway: "https://gw.example", sub: AGENT_SUB, key: kit.key },
      sleep: () => Promise.resolve(),
      fetch: () => Promise.resolve(new Response("<html>")),
    });
    await expect(page.request({ operation }).submitted).rejects.toMatchObject({ code: "E_HTTP" });
  });
});
