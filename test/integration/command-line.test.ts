import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { beforeAll, beforeEach, describe, expect, it } from "vitest";

import { startFhirServer, type FhirServer } from "../../demo/fhir/server.ts";
import { record } from "../../demo/record/record.ts";
import { Device, payloadOf, type Ticket } from "./device.ts";
import { runHere, startCli } from "./gateway-process.ts";

const SAMPLES = path.resolve(import.meta.dirname, "../../docs/samples");
const ISS = "https://gw.northgate.example";
const FEEDS = { feeds: ["pool:clinicians", "me"], cursor: null, credit: 256 };

/** The shipped policy with two approvers for new medicines, and without the wait between approval and execution. */
async function policyWithoutHold(at: string): Promise<string> {
  const policies = path.join(at, "policy");
  await run(["policy", "new", policies]);
  const change = (name: string, from: RegExp, to: string): void => {
    const file = path.join(policies, name);
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(from, to));
  };
  change("policy.json", /"hold_s": 10/g, '"hold_s": 0');
  change("orders.cedar", /@id\("medication-order"\)/g, '@id("medication-order") @need("2")');
  return policies;
}

let folder: string;
let env: Record<string, string>;
let fhir: FhirServer;
let written: number;
const run = async (args: readonly string[], typed?: string) => await runHere(args, env, typed);

beforeAll(async () => {
  fhir = await startFhirServer({ port: 0, seed: record as Parameters<typeof startFhirServer>[0]["seed"] });
  return async () => await fhir.close();
});

beforeEach(() => {
  written = fhir.wire.length;
  folder = mkdtempSync(path.join(tmpdir(), "countersign-"));
  env = { COUNTERSIGN_DIRECTORY: path.join(folder, "directory"), COUNTERSIGN_DATA: path.join(folder, "gateway") };
  return () => rmSync(folder, { recursive: true, force: true });
});

async function startGateway() {
  await run(["directory", "init", "--iss", "https://directory.northgate.example", "--demo"]);
  const init = ["gateway", "init", "--iss", ISS, "--fhir-base", fhir.baseUrl, "--port", "0"];
  const made = await run([...init, "--policy", await policyWithoutHold(folder)]);
  expect(made.status, made.err).toBe(0);
  const gateway = startCli(["gateway", "serve"], env);
  const addresses = await gateway.ready();
  return { ...gateway, addresses };
}

async function enrol(name: string): Promise<Device> {
  const issued = await run(["directory", "ticket", "--approver", name, "--pools", "clinicians"]);
  const device = new Device();
  const ticket = JSON.parse(issued.out) as Ticket;
  const code = /: (\S+-\S+-\S+-\S+)/.exec(issued.err)?.[1] ?? "";
  await device.enrol(ticket, code, async () => {
    const confirmed = await run(["directory", "confirm", ticket.ticket_id, "--by", "second"], "yes");
    expect(confirmed.status, confirmed.err).toBe(0);
  });
  return device;
}

const raise = async (sample: string): Promise<Record<string, unknown>> => {
  const { out, err, status } = await run(["gateway", "raise", path.join(SAMPLES, sample)]);
  expect(status, err).toBe(0);
  return JSON.parse(out) as Record<string, unknown>;
};

describe("countersign as people use it", () => {
  it("enrols a person, raises an order, executes exactly what was approved, and proves it afterwards", async () => {
    const { child, finished, addresses } = await startGateway();
    const device = await enrol("lee");
    const { client } = await device.signIn(String(addresses["ws_url"]), ISS);
    await client.ask("subscribe", FEEDS);

    const raised = await raise("update.json");
    expect(raised).toMatchObject({ kind: "pending" });
    const rid = String(raised["rid"]);
    const pending = await client.next("action.pending");
    const request = String(pending.body["jws"]);
    expect(payloadOf(request)).toMatchObject({ rid });

    const decision = device.decide(request, "approve");
    const receipt = await client.ask("decision.submit", { jws: decision });
    expect(receipt.type, JSON.stringify(receipt.body)).toBe("decision.receipt");
    expect(payloadOf(receipt.body["jws"])).toMatchObject({ result: "recorded", outcome: "approved" });
    await client.until(
      ({ type, body }) => type === "task.event" && JSON.stringify(payloadOf(body["set"])).includes("task-completed"),
    );

    const body = readFileSync(path.join(SAMPLES, "update-body.json"), "utf8");
    expect(fhir.wire.slice(written).map((write) => Buffer.from(write.body).toString("utf8"))).toEqual([body]);
    const state = await run(["gateway", "state", rid]);
    expect(JSON.parse(state.out)).toMatchObject({ rid, state: "completed" });
    expect(state.out).not.toContain("Evans");

    const bundle = path.join(folder, "bundle.json");
    await client.next("log.checkpoint");
    expect((await run(["gateway", "bundle", rid, "--out", bundle])).err).toBe("");
    const key = (await run(["directory", "key"])).out;
    const verified = await run(["verify", bundle, "--directory-key", key]);
    expect(verified.status, verified.out).toBe(0);
    expect(JSON.parse(verified.out)).toMatchObject({ ok: true, outcome: "completed" });

    // The feed keeps its order for whoever comes back, on another connection of the same key.
    const places = client.received.flatMap(({ seq }) => (seq === undefined ? [] : [seq]));
    const again = await device.signIn(String(addresses["ws_url"]), ISS);
    expect((await client.closed).code).toBe(4409);
    const cursor = `${String(pending.epoch)}:${String(pending.seq)}`;
    const resumed = await again.client.ask("subscribe", { ...FEEDS, cursor });
    expect(resumed.body).toMatchObject({ mode: "resume", epoch: pending.epoch });
    await again.client.until(({ seq }) => seq === places.at(-1));
    expect(again.ready.body["chain"]).toMatchObject({ n: 1 });

    child.kill("SIGTERM");
    expect((await again.client.closed).code).toBe(4503);
    expect((await finished).status).toBe(0);
    const log = await run(["log", "verify"]);
    expect(JSON.parse(log.out)).toMatchObject({ ok: true });
  });

  it("needs two people for the sample that asks for two, and shows the first one's approval as not enough", async () => {
    const { addresses } = await startGateway();
    const [first, second] = [await enrol("lee"), await enrol("kim")];
    const wsUrl = String(addresses["ws_url"]);
    const one = await first.signIn(wsUrl, ISS);
    const two = await second.signIn(wsUrl, ISS);
    await one.client.ask("subscribe", FEEDS);
    await two.client.ask("subscribe", FEEDS);
    const { rid } = await raise("two-approvers.json");
    const request = String((await one.client.next("action.pending")).body["jws"]);
    const partial = await one.client.ask("decision.submit", { jws: first.decide(request, "approve") });
    expect(payloadOf(partial.body["jws"])).toMatchObject({ outcome: "partial", quorum: { have: 1, need: 2 } });
    await two.client.next("quorum.progress");
    const full = await two.client.ask("decision.submit", { jws: second.decide(request, "approve") });
    expect(payloadOf(full.body["jws"])).toMatchObject({ outcome: "approved", quorum: { have: 2, need: 2 } });
    await one.client.until(
      ({ type, body }) => type === "task.event" && JSON.stringify(payloadOf(body["set"])).includes("task-completed"),
    );
    expect(JSON.parse((await run(["gateway", "state", String(rid)])).out)).toMatchObject({ state: "completed" });
  });

  it("records a denial, ends what was withdrawn, and executes neither", async () => {
    const { addresses } = await startGateway();
    const device = await enrol("lee");
    const { client } = await device.signIn(String(addresses["ws_url"]), ISS);
    await client.ask("subscribe", FEEDS);
    const denied = await raise("order.json");
    const request = String((await client.next("action.pending")).body["jws"]);
    const receipt = await client.ask("decision.submit", { jws: device.decide(request, "deny") });
    expect(payloadOf(receipt.body["jws"])).toMatchObject({ result: "recorded", outcome: "denied" });
    const withdrawn = await raise("referral.json");
    await client.next("action.pending");
    await run(["gateway", "withdraw", String(withdrawn["rid"])]);
    await client.next("action.withdrawn");
    const states = [];
    for (const { rid } of [denied, withdrawn])
      states.push(JSON.parse((await run(["gateway", "state", String(rid)])).out));
    expect(states).toMatchObject([{ state: "denied" }, { state: "withdrawn" }]);
    const again = await run(["gateway", "withdraw", String(withdrawn["rid"])]);
    expect([again.status, again.err]).toEqual([1, expect.stringMatching(/^E_REQ_TERMINAL: /)]);
    expect(fhir.wire.slice(written)).toEqual([]);
  });

  it("closes the session of a key that the directory revokes", async () => {
    const { addresses } = await startGateway();
    const device = await enrol("lee");
    const { client } = await device.signIn(String(addresses["ws_url"]), ISS);
    const revoked = await run(["directory", "revoke", device.key.kid, "--reason", "lost"]);
    expect(revoked.status, revoked.err).toBe(0);
    expect((await client.closed).code).toBe(4401);
    await expect(device.signIn(String(addresses["ws_url"]), ISS)).rejects.toThrow("E_KEY_REVOKED");
  });
});

describe("mistakes are one line with a code, and never a stack trace", () => {
  it("a second gateway on the same folder, the same port, or a folder that is not there", async () => {
    const { addresses } = await startGateway();
    const port = new URL(String(addresses["url"])).port;
    const same = await run(["gateway", "serve"]);
    expect([same.status, same.err]).toEqual([1, expect.stringMatching(/^E_STORE_LOCKED: [^\n]+\n$/)]);
    const busy = await run(["gateway", "serve", "--port", port]);
    expect([busy.status, busy.err]).toEqual([1, `E_PORT_IN_USE: Port ${port} on 127.0.0.1 is in use.\n`]);
    const nowhere = await run(["gateway", "serve", "--data", path.join(folder, "nowhere")]);
    expect([nowhere.status, nowhere.err]).toEqual([
      2,
      expect.stringMatching(/^E_CLI_INPUT: There is no gateway in [^\n]+\n$/),
    ]);
    expect((await fetch(`${String(addresses["url"])}/readyz`)).status).toBe(200);
  });

  it("a plain socket that others could reach", async () => {
    await startGateway();
    const open = await run(["gateway", "serve", "--host", "0.0.0.0"]);
    expect([open.status, open.err]).toEqual([
      1,
      expect.stringMatching(/^E_TLS: 0\.0\.0\.0 is not a loopback address[^\n]+\n$/),
    ]);
  });

  it("a directory that does not vouch for the gateway", async () => {
    await run(["directory", "init", "--iss", "https://directory.northgate.example", "--demo"]);
    const root = path.join(folder, "directory", "root-key.jwk");
    const key = readFileSync(root);
    rmSync(root);
    const made = await run(["gateway", "init", "--iss", ISS, "--fhir-base", fhir.baseUrl, "--port", "0"]);
    expect(made.err).toContain("countersign directory vouch");
    const refused = await run(["gateway", "serve"]);
    expect([refused.status, refused.err]).toEqual([
      1,
      expect.stringMatching(/^.*E_GW_CRED: The directory does not vouch[^\n]+\n$/s),
    ]);
    writeFileSync(root, key, { mode: 0o600 });
    const vouched = await run(["directory", "vouch", path.join(folder, "gateway", "registration.json")]);
    expect(vouched.status, vouched.err).toBe(0);
    rmSync(root);
    const { ready, child, finished } = startCli(["gateway", "serve"], env);
    await ready();
    child.kill("SIGTERM");
    expect((await finished).status).toBe(0);
  });

  it("a command for a gateway that does not serve, a draft that is none, a request nobody knows", async () => {
    const offline = await run(["gateway", "state", "x"]);
    expect(offline.err).toMatch(/^E_CLI_OFFLINE: No gateway serves [^\n]+\n$/);
    await startGateway();
    const draft = path.join(folder, "draft.json");
    writeFileSync(draft, '{"agent":"a"}');
    expect((await run(["gateway", "raise", draft])).err).toMatch(
      /^E_CLI_INPUT: [^\n]*not a draft: operation: [^\n]+\n$/,
    );
    expect((await run(["gateway", "state", "x"])).err).toMatch(/^E_REQ_UNKNOWN: [A-Z][^\n]+\n$/);
    const unknown = JSON.parse(readFileSync(path.join(SAMPLES, "order.json"), "utf8")) as object;
    writeFileSync(draft, JSON.stringify({ ...unknown, agent: "urn:nobody" }));
    const refused = await run(["gateway", "raise", draft]);
    expect([refused.status, JSON.parse(refused.out)]).toMatchObject([1, { kind: "refused", code: "E_AGENT_UNKNOWN" }]);
  });
});

it("the local channel answers nobody without its token, nor a page", async () => {
  await startGateway();
  const { url, token } = JSON.parse(readFileSync(path.join(folder, "gateway", "admin.json"), "utf8")) as {
    url: string;
    token: string;
  };
  const status = async (headers: Record<string, string>) => (await fetch(`${url}/state?rid=x`, { headers })).status;
  expect(await status({})).toBe(403);
  expect(await status({ authorization: `Bearer ${token}x` })).toBe(403);
  expect(await status({ authorization: `Bearer ${token}`, origin: "https://evil.example" })).toBe(403);
  expect(await status({ authorization: `Bearer ${token}` })).toBe(400);
});
