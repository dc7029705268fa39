import { createServer, type Server } from "node:http";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { decodeStatusList } from "#shared/crypto/status-list.ts";
import { generateKey, makeSigner, type PrivateJwk } from "#shared/crypto/sign.ts";

import { createAgent, type AgentRequest, type AgentTask, type TaskCredential } from "../../gateway/agent.ts";
import { Clinician, ISS, makeSite, publicOf, weight } from "./agents-site.ts";
import { payloadOf } from "./device.ts";

const AGENT = "spiffe://northgate.example/agents/vitals";
const ADAPTER = "urn:countersign:adapter:ward";
const TOKEN_LIVES_S = 3;

const OPERATION = { method: "POST", url: "Observation", body: weight() } as const;

/** A gateway, its adapter on "another host" and the hospital's server, each by itself; and a person with a key. */
describe("an agent that acts itself, before an adapter that is a process of its own (mode B)", () => {
  const [key, proofKey, strangerKey] = [generateKey("ES256"), generateKey("ES256"), generateKey("ES256")];
  let site: Awaited<ReturnType<typeof makeSite>>;
  let front: Server;
  /** When the hospital's answer to the newest write left for the adapter. */
  let answeredAtMs = 0;
  let [gateway, adapterProcess]: ReturnType<(typeof site)["start"]>[] = [];
  let [url, adapter] = ["", ""];
  let adapterKey: PrivateJwk;
  let person: Clinician;
  /** Entries that the log has to have in the end, by request. */
  const inLog = new Map<string, readonly string[]>();

  const written = (): number => site.fhir.wire.length;
  const agentWith = (dpopKey: PrivateJwk) =>
    createAgent({ gateway: url, issuer: ISS, sub: AGENT, key, dpopKey, sleep: async () => undefined });

  beforeAll(async () => {
    site = await makeSite();
    const { baseUrl } = site.fhir;
    front = await startFront(baseUrl, () => (answeredAtMs = performance.now()));
    const keyFile = path.join(site.folder, "adapter.jwk");
    const made = await site.run(["gateway", "adapter", "--sub", ADAPTER, "--key", keyFile]);
    adapterKey = JSON.parse(readFileSync(keyFile, "utf8")) as PrivateJwk;
    const entry = { sub: AGENT, name: "Vitals", model: "sample/1", owner: "Ward 4", actions: ["record.update"] };
    const lifetime = `@id("problem-list") @grant_ttl_max("${String(TOKEN_LIVES_S)}")`;
    await site.init({
      policy: [["record.cedar", /@id\("problem-list"\)/g, lifetime]],
      config: { adapters: [JSON.parse(made.out) as unknown] },
      agents: [{ ...entry, keys: [publicOf(key)], jkt: makeSigner(proofKey).kid, token: true }],
    });
    gateway = site.start(["gateway", "serve"]);
    const addresses = await gateway.ready();
    url = String(addresses["url"]);
    const to = `http://localhost:${String((front.address() as AddressInfo).port)}${new URL(baseUrl).pathname}`;
    const places = ["--gateway", url, "--fhir-base", baseUrl, "--to", to];
    adapterProcess = site.start(["gateway", "adapter", "--sub", ADAPTER, "--key", keyFile, ...places]);
    adapter = String((await adapterProcess.ready())["adapter_url"]);
    person = await Clinician.signIn(await site.enrol("lee"), String(addresses["ws_url"]));
  }, 60_000);
  afterAll(async () => {
    adapterProcess?.child.kill("SIGTERM");
    const ended = await adapterProcess?.finished;
    front.closeAllConnections();
    await new Promise((done) => front.close(done));
    await site.close();
    expect(ended?.status).toBe(0);
  });

  interface Approved {
    readonly task: AgentTask;
    readonly rid: string;
    readonly credential: TaskCredential;
  }
  /** Asks, has the person sign, and fetches the task's credential. */
  async function approved(operation: AgentRequest["operation"] = OPERATION): Promise<Approved> {
    const task = agentWith(proofKey).request({ operation });
    const { location } = await task.submitted;
    const rid = location.split("/").at(-1)!;
    await person.decide(rid, "approve");
    return { task, rid, credential: await task.credential() };
  }

  const introspect = async (token: string, by: PrivateJwk = adapterKey, sub = ADAPTER): Promise<Response> => {
    const { mcp } = createAgent({ gateway: url, issuer: ISS, sub, key: by });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams({ token }).toString();
    return await mcp.fetch(`${url}/countersign/v1/introspect`, { method: "POST", headers, body });
  };
  const isActive = async ({ access_token }: TaskCredential): Promise<unknown> =>
    ((await (await introspect(access_token)).json()) as { active: unknown }).active;
  /** What the status list says of it: 0 valid, 1 revoked. */
  async function listed({ access_token }: TaskCredential): Promise<number | undefined> {
    const { status } = payloadOf(access_token) as { status: { status_list: { idx: number } } };
    const list = payloadOf(await (await fetch(`${url}/status/tokens`)).text()) as { status_list: { lst: string } };
    return decodeStatusList(list.status_list.lst)(status.status_list.idx);
  }
  const carryOut = (credential: TaskCredential, operation: AgentRequest["operation"] = OPERATION, by = proofKey) =>
    agentWith(by).carryOut(credential, { adapter, operation });

  it("gets the result by its own hand, once; the token is dead at introspection, status list and adapter", async () => {
    const { credential, rid, task } = await approved();
    expect(credential).toMatchObject({ token_type: "DPoP" });
    const alive = (await (await introspect(credential.access_token)).json()) as Record<string, unknown>;
    expect(alive).toMatchObject({ active: true, client_id: AGENT, cnf: { jkt: makeSigner(proofKey).kid } });
    expect(await listed(credential)).toBe(0);

    const answer = await carryOut(credential);
    const inHandMs = performance.now() - answeredAtMs;
    expect([answer.status, ((await answer.json()) as { resourceType: string }).resourceType]).toEqual([
      201,
      "Observation",
    ]);
    expect(await isActive(credential)).toBe(false);
    const introspectedMs = performance.now() - answeredAtMs;
    expect(await listed(credential)).toBe(1);
    const listedMs = performance.now() - answeredAtMs;
    expect((await carryOut(credential)).status).toBe(403);
    expect(site.fhir.wire.filter(({ body }) => body.toString() === weight())).toHaveLength(1);
    await person.told(rid, "task-completed");
    expect(await task.status()).toMatchObject({ status: "completed", response: { status: 201 } });
    const ms = (n: number): string => `${n.toFixed(1)} ms`;
    process.stdout.write(
      `mode B, from the hospital's answer: dead, reported and in the agent's hand after ${ms(inHandMs)}; ` +
        `seen dead at introspection after ${ms(introspectedMs)}, in the status list after ${ms(listedMs)}\n`,
    );
  });

  it.each<[string, AgentRequest["operation"], PrivateJwk?]>([
    ["one byte", { ...OPERATION, body: weight("evans-gareth", "81.5 ") }],
    ["the method", { ...OPERATION, method: "PUT" }],
    ["the patient", { ...OPERATION, body: weight("fraser-iain") }],
    ["the resource type", { ...OPERATION, url: "Condition" }],
    ["the DPoP key", OPERATION, strangerKey],
  ])("%s differs: refused, written down, and the token is dead everywhere", async (_what, operation, by) => {
    const { credential, rid } = await approved();
    const [before, failed] = [written(), person.told(rid, "task-failed")];
    expect((await carryOut(credential, operation, by)).status).toBe(403);
    await failed;
    expect([await isActive(credential), await listed(credential)]).toEqual([false, 1]);
    expect((await carryOut(credential)).status).toBe(403);
    expect(written()).toBe(before);
    inLog.set(rid, ["token-misuse", "token-revoked"]);
  });

  it("counts two sendings at once as one use and one misuse", async () => {
    const { credential, rid } = await approved();
    const before = written();
    const both = await Promise.all([carryOut(credential), carryOut(credential)]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 403]);
    await person.told(rid, "task-completed");
    expect([written() - before, await isActive(credential)]).toEqual([1, false]);
    inLog.set(rid, ["token-used", "token-misuse", "token-revoked"]);
  });

  it("is worth nothing after its time", async () => {
    const operation = {
      ...{ method: "PATCH" as const, url: "Condition/evans-gareth-htn", media: "application/json-patch+json" },
      body: readFileSync(path.resolve(import.meta.dirname, "../../docs/samples/update-body.json"), "utf8"),
    } satisfies AgentRequest["operation"];
    const { credential, rid } = await approved(operation);
    expect(credential.expires_in).toBeLessThanOrEqual(TOKEN_LIVES_S);
    const before = written();
    await person.told(rid, "task-failed");
    expect((await carryOut(credential, operation)).status).toBe(403);
    expect([await isActive(credential), written()]).toEqual([false, before]);
  });

  it("introspects for registered adapters alone, and takes reports from nobody else", async () => {
    const { credential } = await approved();
    const by = await Promise.all([
      introspect(credential.access_token, generateKey("ES256")),
      introspect(credential.access_token, key, AGENT),
      fetch(`${url}/countersign/v1/adapter/use`, {
        method: "POST",
        body: JSON.stringify({ token: "x", attempt: "1" }),
      }),
    ]);
    expect(by.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(await isActive(credential)).toBe(true);
    // A token that is none says nothing, and what cannot be read is the sender's fault.
    expect(await (await introspect("a.b.c")).json()).toEqual({ active: false });
    const { mcp } = createAgent({ gateway: url, issuer: ISS, sub: ADAPTER, key: adapterKey });
    const bad = ["", "{", '{"token":1}', '{"token":"x","why":"because"}', "[".repeat(5000)];
    for (const body of bad) {
      const answer = await mcp.fetch(`${url}/countersign/v1/adapter/misuse`, { method: "POST", body });
      expect([answer.status, Object.keys((await answer.json()) as object)]).toEqual([
        400,
        ["error", "error_description"],
      ]);
    }
  });

  it("sends nothing while the gateway cannot be asked", async () => {
    const { credential } = await approved();
    const before = written();
    gateway?.child.kill("SIGTERM");
    expect((await gateway?.finished)?.status).toBe(0);
    const answer = await carryOut(credential);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(written()).toBe(before);
    // Nobody else may look into its store while it serves.
    const file = path.join(site.folder, "gateway", "gateway.sqlite");
    for (const [rid, types] of inLog) expect(leavesOf(file, rid)).toEqual(expect.arrayContaining([...types]));
    expect(inLog.size).toBe(6);
  });
});

/** Types of a request's log entries, as the gateway wrote them. */
function leavesOf(file: string, rid: string): readonly string[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const rows = database.prepare("SELECT entry FROM leaves").all() as { entry: string }[];
    return rows
      .map(({ entry }) => JSON.parse(entry) as { t: string; rid?: string })
      .filter((leaf) => leaf.rid === rid)
      .map(({ t }) => t);
  } finally {
    database.close();
  }
}

/** Another name and port for the same server, which says when an answer to a write left it. */
async function startFront(base: string, onAnswer: () => void): Promise<Server> {
  const server = createServer((req, res) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
      const headers = Object.entries(req.headers).flatMap(([name, value]) =>
        typeof value === "string" && !["host", "connection", "content-length"].includes(name)
          ? [[name, value] as [string, string]]
          : [],
      );
      const body = Buffer.concat(chunks);
      const answer = await fetch(new URL(base).origin + (req.url ?? ""), {
        ...{ method: req.method ?? "GET", headers: new Headers(headers) },
        ...(body.length === 0 ? {} : { body }),
      });
      const text = await answer.text();
      onAnswer();
      res.writeHead(answer.status, { location: answer.headers.get("location") ?? "" }).end(text);
    })();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return server;
}
