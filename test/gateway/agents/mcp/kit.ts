import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";

import { generateKey, makeSigner, type PrivateJwk } from "#shared/crypto/sign.ts";
import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";

import type { FhirServer } from "../../../../demo/fhir/server.ts";
import { makeAgentAuth } from "../../../../gateway/agents/assertion.ts";
import { createAgent, type Agent } from "../../../../gateway/agents/client.ts";
import { prepareMcp, type McpDoor, type McpOptions, type McpSide } from "../../../../gateway/agents/mcp/door.ts";
import { META } from "../../../../gateway/agents/mcp/names.ts";
import { makePins, type Pins } from "../../../../gateway/agents/mcp/pins.ts";
import { fhirExecutor } from "../../../../gateway/executor/fhir.ts";
import { runExecutions, type Runner } from "../../../../gateway/executor/run.ts";
import { cedarPolicy } from "../../../../gateway/policy/cedar/policy.ts";
import type { RegisteredAgent } from "../../../../gateway/ports.ts";
import { fhirFacts } from "../../../../gateway/requests/facts-fhir.ts";
import { makeTokens } from "../../../../gateway/tokens/tokens.ts";
import { uuid7 } from "../../../../gateway/uuid7.ts";
import { crypto } from "../../device.ts";
import { makeAgent, makeWorld, type Person, type World } from "../../world.ts";
import { AGENT_SUB, policyFiles, readSide } from "../kit.ts";

/** The policy of the doors' tests, with a word on each of the tools of these. */
const files = {
  ...policyFiles,
  "tools.cedar": `@id("wards") @says("The names of the wards.") @verdict("allow")
permit (principal, action == Action::"tool.call", resource) when { resource.type == "ehr/list_wards" };
@id("never") @says("Nobody deletes everything.")
forbid (principal, action == Action::"tool.call", resource) when { resource.type == "ehr/delete_all" };
@id("tools") @says("A tool of the hospital's.")
@verdict("ask") @tier("high") @pools("cardiology") @reversible("irreversible")
@template("urn:countersign:tpl:generic") @reasons("no-view")
permit (principal, action == Action::"tool.call", resource) unless { resource.type == "ehr/list_wards" };`,
};

export interface McpKit {
  readonly world: World;
  /** Who decides. */
  readonly lee: Person;
  readonly url: string;
  readonly agent: Agent;
  readonly other: Agent;
  readonly key: PrivateJwk;
  readonly side: McpSide;
  readonly door: McpDoor;
  readonly log: string[];
  /** An MCP client of the official SDK, connected as the agent. */
  client(as?: Agent): Promise<Client>;
  /** Rids of what waits, oldest first. */
  waiting(): string[];
  /** The next request that comes to people. */
  raised(): Promise<string>;
  carryOut(): Promise<void>;
  /** Breaks every connection, as a network does. */
  cut(): void;
  close(): Promise<void>;
}

export interface KitOptions extends Pick<McpOptions, "servers" | "rate"> {
  readonly pins?: Pins;
  readonly acceptsFirst?: boolean;
  readonly waitS?: number;
}

/** A whole gateway in front of MCP servers, behind real HTTP, with time that stands still. */
export async function startMcpKit(fhir: Pick<FhirServer, "baseUrl">, options: KitOptions): Promise<McpKit> {
  const [key, otherKey] = [generateKey("ES256"), generateKey("Ed25519")];
  const agents = [registered(AGENT_SUB, key), registered("urn:agent:other", otherKey)];
  const policy = cedarPolicy(files, { crypto, templates: builtinTemplates });
  const log: string[] = [];
  const write =
    (level: string) =>
    (event: string, fields?: object): void =>
      void log.push(JSON.stringify({ level, event, ...fields }));
  const logger = { info: write("info"), warn: write("warn"), error: write("error") };
  const holder: { clock?: World["clock"] } = {};
  const side = prepareMcp({
    ...{ crypto, logger, fhirBase: fhir.baseUrl, pins: makePins(), acceptsFirst: true, everyS: 10, ...options },
    clock: {
      nowMs: () => holder.clock?.nowMs() ?? 0,
      after: (ms, fn) => holder.clock?.after(ms, fn) ?? (() => undefined),
    },
  });
  const record = fhirFacts({ baseUrl: fhir.baseUrl });
  const world = makeWorld({ fhirBase: fhir.baseUrl, facts: side.facts(record), policy, agents });
  holder.clock = world.clock;
  const { core, clock, now } = world;
  const tokens = makeTokens({
    ...{ iss: core.iss, audience: fhir.baseUrl, crypto, signer: makeSigner(generateKey("Ed25519")) },
    ...{ store: core.store, records: core.records, now, uuid: () => uuid7(clock.nowMs(), randomBytes(10)) },
    statusUri: `${core.iss}/status/tokens`,
  });
  const runner: Runner = runExecutions({
    ...{ executions: core.executions, events: core.events, store: core.store, tokens, crypto, clock },
    executor: side.executor(fhirExecutor({ baseUrl: fhir.baseUrl })),
    onFault: (code) => world.faults.push(code),
  });
  const hosts = new Set<string>();
  const reads = readSide(world, fhir.baseUrl, policy, logger);
  const door = side.open(core, {
    ...{ handleKey: randomBytes(32), kid: world.signer.kid, hosts, origins: [], reads, note: reads.note },
    auth: makeAgentAuth({ iss: core.iss, crypto, agent: (sub) => agents.find((a) => a.sub === sub), now }),
  });
  const server = createServer((req, res) => {
    Promise.resolve(door.routes(req, res)).then(
      (taken) => taken || res.writeHead(404).end(),
      (fault: unknown) => {
        world.faults.push(fault);
        res.writeHead(500).end();
      },
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  hosts.add(host);
  const url = `http://${host}`;
  await door.met;
  const nowMs = (): number => clock.nowMs();
  const agentOf = (sub: string, jwk: PrivateJwk): Agent =>
    createAgent({ gateway: url, sub, key: jwk, issuer: core.iss, nowMs });
  const clients: Client[] = [];
  const waiting = (): string[] => core.store.requestsIn(["open", "partial"]).map(({ rid }) => rid);
  const kit: McpKit = {
    ...{ world, url, key, side, door, log, waiting, lee: world.person("lee") },
    agent: agentOf(AGENT_SUB, key),
    other: agentOf("urn:agent:other", otherKey),
    async client(as = kit.agent) {
      const client = new Client({ name: "host", version: "1" });
      await client.connect(new StreamableHTTPClientTransport(as.mcp.url, { fetch: as.mcp.fetch }));
      clients.push(client);
      return client;
    },
    raised: () =>
      new Promise((done) => {
        const before = new Set(core.store.requestsIn(["open"]).map(({ rid }) => rid));
        const stop = core.feed.onEvents(() => {
          const rid = waiting().find((one) => !before.has(one));
          if (rid === undefined) return;
          stop();
          done(rid);
        });
      }),
    async carryOut() {
      clock.advance(10_000);
      await runner.idle();
    },
    cut: () => server.closeAllConnections(),
    async close() {
      await Promise.all(clients.map((client) => client.close()));
      await door.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await runner.close();
      world.close();
      if (world.faults.length > 0) throw new Error("the gateway had faults of its own", { cause: world.faults[0] });
    },
  };
  return kit;
}

function registered(sub: string, { d: _d, ...jwk }: PrivateJwk): RegisteredAgent {
  const keys = [Object.fromEntries(Object.entries(jwk).map(([name, value]) => [name, String(value)]))];
  return makeAgent({ sub, keys, actions: ["order.create", "record.update", "tool.call"] });
}

export const textOf = ({ content }: CallToolResult): string =>
  content.map((part) => (part.type === "text" ? part.text : part.type)).join("\n");
export const outcomeOf = ({ _meta }: CallToolResult): Record<string, unknown> =>
  (_meta?.[META.outcome] ?? {}) as Record<string, unknown>;

/** A call of the official client; `more` as in its `callTool`. */
export const callTool = async (
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
  more: Parameters<Client["callTool"]>[2] & { meta?: Record<string, unknown> } = {},
): Promise<CallToolResult> => {
  const { meta, ...options } = more;
  const params = { name, arguments: args, ...(meta === undefined ? {} : { _meta: meta }) };
  return (await client.callTool(params, undefined, options)) as CallToolResult;
};
