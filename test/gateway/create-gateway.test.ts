import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeAll, describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { findHidden } from "#shared/presentation/text-hygiene.ts";
import { approverClaims } from "#shared/protocol/claims/credential.ts";
import { TYP } from "#shared/protocol/names.ts";
import { verifyBundle } from "#shared/protocol/evidence/verify-bundle.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { startFhirServer } from "../../demo/fhir/server.ts";
import { record } from "../../demo/record/record.ts";
import { scenarios } from "../../demo/scenarios/scenarios.ts";
import { createAgent } from "../../gateway/agents/client.ts";
import { openDirectory } from "../../gateway/directory/directory.ts";
import { decodeStatusList } from "#shared/crypto/status-list.ts";
import { createGateway, SHIPPED_FILES, type GatewayOptions } from "../../gateway/index.ts";
import { crypto, enrol } from "./device.ts";
import { makeManualClock } from "./manual-clock.ts";
import { decide, receiptOf } from "./signing.ts";
import { makeAgent } from "./world.ts";

const closers: (() => unknown)[] = [];

// The FHIR definitions are read once, which takes its time on a busy machine.
beforeAll(async () => {
  await (await startFhirServer({ port: 0, seed: [] })).close();
}, 120_000);

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(over: Partial<GatewayOptions> = {}) {
  const data = mkdtempSync(join(tmpdir(), "cs-kit-"));
  closers.push(() => rmSync(data, { recursive: true, force: true }));
  const fhir = await startFhirServer({ port: 0, seed: [...record] as never });
  closers.push(() => fhir.close());
  const clock = makeManualClock(Date.now());
  const agent = makeAgent({ actions: ["order.create", "record.update"] });
  const options = { data, fhir: fhir.baseUrl, agents: [agent], pools: ["clinicians"], clock, ...over };
  const gateway = await createGateway(options);
  closers.push(() => gateway.close());
  return { data, fhir, clock, agent, options, gateway };
}

type Started = Awaited<ReturnType<typeof start>>;

/** Someone who may decide, enrolled through the trial directory, and their session. */
function person({ gateway, clock, data }: Started) {
  const { authority } = gateway;
  if (!authority) throw new Error("no root key");
  const directory = openDirectory(join(data, "directory"), { clock });
  closers.push(() => directory.close());
  const now = Math.floor(clock.nowMs() / 1000);
  const sub = `${directory.iss}/approvers/okafor`;
  const { device, cred } = enrol(authority, directory, { sub, pools: ["clinicians"], roles: ["physician"] }, now);
  clock.advance(500);
  const claims = approverClaims.parse(JSON.parse(Buffer.from(cred.split(".")[1] ?? "", "base64url").toString()));
  return { device, cred, claims, session: { sid: "s", kid: device.signer.kid, sub, cred: claims, exp: now + 3600 } };
}

/** The first order of the demo that a careful clinician approves. */
function draft({ fhir, agent }: Started) {
  const scenario = scenarios.find((s) => s.answer === "approve" && s.agent === "medication-reconciliation");
  const [ask] = scenario?.asks({ fhirBase: fhir.baseUrl, today: "2026-09-21" }) ?? [];
  if (!ask) throw new Error("no scenario");
  const { idempotency_key: _, ...asked } = ask;
  return { ...asked, agent: agent.sub };
}

async function ask(started: Started): Promise<string> {
  const raised = await started.gateway.request(draft(started));
  if (raised.kind !== "pending") throw new Error(JSON.stringify(raised));
  return raised.rid;
}

/** As a client signs it for what the policy of this request asks. */
function approve(started: Started, rid: string) {
  const { gateway, clock } = started;
  const row = gateway.core.store.currentRequest(rid);
  const { policy } = readStored("request", row?.jws ?? "");
  const world = { core: gateway.core, now: () => Math.floor(clock.nowMs() / 1000) };
  const facts = readStored("request", row?.jws ?? "").facts ?? [];
  const overrides = facts.filter((f) => f.override === true).map((f) => ({ fact: f.id, code: "will-monitor" }));
  return decide(world, person(started), rid, "approve", { reentry: policy.reentry ?? [], overrides });
}

describe("createGateway", () => {
  it("takes an order through policy, a person and the hospital system, and answers with evidence", async () => {
    const started = await start();
    const { gateway, clock, fhir } = started;
    const rid = await ask(started);
    const decision = gateway.decision(rid);
    expect(receiptOf(approve(started, rid))).toMatchObject({ result: "recorded", outcome: "approved" });
    clock.advance(60_000);
    const outcome = await decision;
    expect(outcome).toMatchObject({ rid, state: "completed", result: { status: 201 } });
    const [write] = fhir.wire;
    expect(write?.body.toString()).toBe(draft(started).operation.body);
    clock.advance(1_000);
    const { ok, steps } = verifyBundle(gateway.core.bundle(rid), directoryKey(started), crypto, {
      ...{ builtinTemplates, findHidden, decodeStatusList },
    });
    expect(steps.filter((step) => !step.ok && !("skipped" in step))).toEqual([]);
    expect(ok).toBe(true);
  });

  it("resolves a withdrawn request, and tells a waiting caller when it closes first", async () => {
    const started = await start();
    const { gateway } = started;
    const rid = await ask(started);
    const told: string[] = [];
    gateway.onDecision(({ state }) => told.push(state));
    const decision = gateway.decision(rid);
    expect(gateway.withdraw(rid)).toBe(true);
    expect(gateway.withdraw(rid)).toBe(false);
    expect(await decision).toEqual({ rid, rev: 1, state: "withdrawn" });
    expect(told).toEqual(["withdrawn"]);
    await expect(gateway.decision("019f0000-0000-7000-8000-000000000000")).rejects.toMatchObject({
      code: "E_REQ_UNKNOWN",
    });
    const waiting = gateway.decision(await ask(started));
    const rejected = expect(waiting).rejects.toMatchObject({ code: "E_DRAINING" });
    await gateway.close();
    await rejected;
  });

  it("keeps issuer, keys, log and open requests over a restart on another port", async () => {
    const started = await start();
    const rid = await ask(started);
    const { iss, core } = started.gateway;
    const firstLeaf = core.store.leaf(0)?.entry;
    await started.gateway.close();
    const gateway = await createGateway(started.options);
    closers.push(() => gateway.close());
    expect(gateway.iss).toBe(iss);
    expect(gateway.core.store.leaf(0)?.entry).toBe(firstLeaf);
    expect(gateway.core.status(rid)?.state).toBe("open");
    expect(readStored("gateway", gateway.core.credential).ws_endpoint).toBe(gateway.wsUrl);
  });

  it("only records where nothing is executed, and says so", async () => {
    const started = await start({ executor: false });
    const rid = await ask(started);
    const receipt = receiptOf(approve(started, rid));
    expect(receipt).toMatchObject({ outcome: "approved", enf: "evidence" });
    expect(await started.gateway.decision(rid)).toMatchObject({ state: "approved" });
    started.clock.advance(60_000);
    expect(started.fhir.wire).toEqual([]);
  });

  it("refuses an address that is taken, in one sentence, and leaves the folder free", async () => {
    const started = await start();
    const port = Number(new URL(started.gateway.url).port);
    await expect(createGateway({ ...started.options, listen: { port } })).rejects.toMatchObject({
      code: "E_PORT_IN_USE",
    });
    await expect(createGateway(started.options)).rejects.toMatchObject({ code: "E_STORE_LOCKED" });
  });
});

function directoryKey({ data, clock }: Started): Readonly<Record<string, string>> {
  const directory = openDirectory(join(data, "directory"), { clock });
  try {
    return directory.jwk;
  } finally {
    directory.close();
  }
}

describe("a gateway whose policy allows reads and some changes", () => {
  it("serves both at its door, and gives the record the evidence of them", async () => {
    const key = generateKey("ES256");
    const { d: _d, ...publicHalf } = key;
    const half = Object.fromEntries(Object.entries(publicHalf).map(([name, value]) => [name, String(value)]));
    const files = {
      "policy.json": SHIPPED_FILES["policy.json"] ?? "",
      "own.cedar": `@id("all") @says("Everything, in this test.") @verdict("allow") permit (principal, action, resource);`,
    };
    const agent = makeAgent({ keys: [half], actions: ["record.update"] });
    const world = await start({ agents: [agent], policy: { files }, evidence: {} });
    const { gateway, fhir, clock } = world;
    const now = Math.floor(clock.nowMs() / 1000);
    const call = (method: string, path: string, body?: string): Promise<Response> => {
      const claims = { iss: agent.sub, sub: agent.sub, aud: gateway.iss, iat: now, exp: now + 60, jti: randomUUID() };
      const authorization = `Bearer ${makeSigner(key).sign(TYP.clientAssertion, claims)}`;
      const headers = { authorization, "content-type": "application/fhir+json" };
      return fetch(gateway.url + path, { method, headers, ...(body === undefined ? {} : { body }) });
    };
    const patient = (record as readonly { resourceType: string; id: string }[]).find(
      ({ resourceType }) => resourceType === "Patient",
    )!;
    expect((await call("GET", `/fhir/Patient/${patient.id}`)).status).toBe(200);
    const weight = `{"resourceType":"Observation","status":"final","code":{"text":"Weight"},"subject":{"reference":"Patient/${patient.id}"}}`;
    expect((await call("POST", "/fhir/Observation", weight)).status).toBe(201);
    clock.advance(10_000);
    const written = async (): Promise<string[]> => {
      const answer = (await (await fetch(`${fhir.baseUrl}/AuditEvent`)).json()) as {
        entry?: { resource: { subtype: { code: string }[] } }[];
      };
      return (answer.entry ?? []).map(({ resource }) => resource.subtype[0]?.code ?? "").sort();
    };
    await expect.poll(written).toEqual(["create", "read"]);
  });
});

describe("an agent that is registered with a DPoP key", () => {
  it("is heard at the gateway's doors with proofs by it, and not without", async () => {
    const [key, dpopKey] = [generateKey("ES256"), generateKey("Ed25519")];
    const { d: _d, ...publicHalf } = key;
    const half = Object.fromEntries(Object.entries(publicHalf).map(([name, value]) => [name, String(value)]));
    const agent = makeAgent({ keys: [half], jkt: makeSigner(dpopKey).kid, actions: ["order.create", "record.update"] });
    const world = await start({ agents: [agent] });
    const { gateway, clock } = world;
    const { operation } = draft(world);
    const as = (over: { readonly dpopKey?: typeof dpopKey }) =>
      createAgent({ gateway: gateway.url, sub: agent.sub, key, nowMs: () => clock.nowMs(), ...over }).request({
        operation: operation,
      });
    await expect(as({}).submitted).rejects.toMatchObject({ status: 401, code: "E_AGENT_DPOP" });
    await expect(as({ dpopKey: generateKey("ES256") }).submitted).rejects.toMatchObject({ code: "E_AGENT_DPOP" });
    expect((await as({ dpopKey }).submitted).auth_req_id).not.toBe("");
  });
});

it("does not start with an agent whose key nobody could sign in with, and says whose it is", async () => {
  const agent = makeAgent({ keys: [{ kty: "EC" }] });
  await expect(start({ agents: [agent] })).rejects.toThrow(
    expect.objectContaining({ code: "E_CLI_INPUT", message: expect.stringContaining(agent.sub) as string }),
  );
});

it.each([undefined, "", "fhir.hospital.example/r4", "ftp://fhir.hospital.example"])(
  "does not start without the address of a FHIR server: %s",
  async (fhir) => {
    await expect(start({ fhir } as Partial<GatewayOptions>)).rejects.toMatchObject({ code: "E_CLI_INPUT" });
  },
);
