import { randomBytes, randomUUID } from "node:crypto";

import type { Crypto } from "#shared/protocol/crypto-port.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import type { Core } from "../../core.ts";
import type { AllowedChanges } from "../../executor/allowed.ts";
import { routedExecutor } from "../../executor/route.ts";
import type { Clock, ExecutorPort, FactsPort } from "../../ports.ts";
import { toolUrl } from "../../requests/tool-url.ts";
import type { HttpRoutes } from "../../transport/http/router.ts";
import type { Logger } from "../../transport/logger.ts";
import type { NoteAccess } from "../access-log.ts";
import type { AgentAuth } from "../assertion.ts";
import { makeHandles } from "../handle.ts";
import { makeLimiter } from "../limits.ts";
import type { ReadSide } from "../reads.ts";
import { makeAllowed } from "./allowed.ts";
import { makeCalls } from "./calls.ts";
import { makeCatalogue, type Catalogue } from "./catalogue.ts";
import { makeTools, toolExecutor } from "./executor.ts";
import { factsWithTools } from "./facts.ts";
import { mcpHttpDoor } from "./http-door.ts";
import type { ToolMapping } from "./mapping.ts";
import { makePatience } from "./patience.ts";
import type { McpServerOptions } from "./options.ts";
import type { Pins } from "./pins.ts";
import { makeSessionServer } from "./session.ts";
import { connectUpstream, type Upstream } from "./upstream.ts";
import { makeWaiting } from "./waiting.ts";

export interface McpOptions {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly fhirBase: string;
  readonly servers: Readonly<Record<string, McpServerOptions>>;
  readonly pins: Pins;
  /** Accepts what a server lists when it is met for the first time: for trials. */
  readonly acceptsFirst?: boolean;
  /** Longest wait of a call without progress, seconds; 45 unless said. */
  readonly waitS?: number;
  /** Seconds between two words of progress; 10 unless said. */
  readonly everyS?: number;
  /** Calls a second, and how many at once, per agent: as at the other doors unless said. */
  readonly rate?: { readonly perSecond: number; readonly burst: number };
}

export interface McpDoorOptions {
  /** The same as at every other door. */
  readonly auth: AgentAuth;
  /** 32 bytes that seal handles. */
  readonly handleKey: Uint8Array;
  /** Key under whose name leaves stand. */
  readonly kid: string;
  readonly hosts: ReadonlySet<string>;
  readonly origins: readonly string[];
  readonly reads?: ReadSide | undefined;
  readonly note: NoteAccess;
  readonly allowed?: AllowedChanges["run"] | undefined;
  readonly onRefused?: (code: ErrorCode) => void;
}

/** What the core needs of the MCP side before there is a door. */
export interface McpSide {
  readonly catalogue: Catalogue;
  facts(record: FactsPort): FactsPort;
  executor(fhir: ExecutorPort): ExecutorPort;
  /** Connects to the servers and opens the door for agents. */
  open(core: Core, options: McpDoorOptions): McpDoor;
}

export interface McpDoor {
  readonly routes: HttpRoutes;
  /** Resolves when every server was met, or could not be. */
  readonly met: Promise<void>;
  close(): Promise<void>;
}

/** The gateway in front of MCP servers: facts and executor for the core, then the door (protocol.md 3.15). */
export function prepareMcp(options: McpOptions): McpSide {
  const { crypto, clock, logger, servers, rate = { perSecond: 2, burst: 60 } } = options;
  const now = (): number => Math.floor(clock.nowMs() / 1000);
  let core: Core | undefined;
  let kid = "";
  const upstreams: readonly Upstream[] = Object.entries(servers).map(([name, { place }]) =>
    connectUpstream({
      ...{ name, place, clock },
      onListed: () => {
        if (core !== undefined) catalogue.relist();
      },
      onFault: (server) => logger.warn("mcp.server-lost", { server }),
    }),
  );
  const catalogue: Catalogue = makeCatalogue({
    ...{ crypto, pins: options.pins, upstreams: () => upstreams, now, acceptsFirst: options.acceptsFirst ?? false },
    onAccepted: ({ server, definition, dig }, replacesOther) => {
      core?.store.write((tx) => core?.records.leaf(tx, { t: "config", obj: dig, kid }));
      logger.info("mcp.tool-accepted", { server, tool: nameForLog(definition.name), dig });
      if (core !== undefined && replacesOther) withdrawAll(core, toolUrl(server, definition.name));
    },
    onRefused: ({ server, definition, dig, state }) =>
      logger.warn("mcp.tool-refused", { server, tool: nameForLog(definition.name), dig, state }),
  });
  const tools = makeTools({ catalogue, upstream: (server) => upstreams.find(({ name }) => name === server) });
  const mapping = (server: string, tool: string): ToolMapping | undefined => {
    const map = servers[server]?.map;
    return map !== undefined && Object.hasOwn(map, tool) ? map[tool] : undefined;
  };
  const meansNothing = (server: string): boolean => servers[server]?.errorsMeanNothingDone === true;

  return {
    catalogue,
    facts: (record) => factsWithTools(record, catalogue),
    executor: (fhir) => routedExecutor({ fhir, tools: toolExecutor(tools, meansNothing) }),
    open(opened, door) {
      [core, kid] = [opened, door.kid];
      catalogue.relist();
      const met = Promise.all(upstreams.map((one) => one.ready().catch(() => undefined))).then(() => undefined);
      const refused = door.onRefused === undefined ? {} : { onRefused: door.onRefused };
      const calls = makeCalls({
        ...refused,
        ...{ core: opened, fhirBase: options.fhirBase, catalogue, mapping, tools, now },
        mayAsk: makeLimiter(rate.perSecond, rate.burst, () => clock.nowMs()),
        handles: makeHandles(door.handleKey, (n) => randomBytes(n)),
        waiting: makeWaiting(opened),
        allowed: makeAllowed({ crypto, note: door.note, now }),
        patience: makePatience({ core: opened, clock, waitS: options.waitS ?? 45, everyS: options.everyS ?? 10 }),
        ...{ reads: door.reads, change: door.allowed },
      });
      const onFault = (error: unknown): void =>
        logger.error("mcp.fault", { error: error instanceof Error ? error.name : typeof error });
      const http = mcpHttpDoor({
        ...{ crypto, clock, hosts: door.hosts, origins: door.origins, sessionId: randomUUID },
        auth: door.auth,
        server: (agent, sessionId) => makeSessionServer({ agent, sessionId, calls, catalogue, mapping, onFault }),
        ...refused,
      });
      // SECURITY: a stream that was opened before is an agent's ear after it has left.
      const onDisabled = ({ agent }: { readonly agent: string }): void => void http.endOf(agent).catch(onFault);
      opened.events.on("agent-disabled", onDisabled);
      return {
        ...{ routes: http.routes, met },
        async close() {
          opened.events.off("agent-disabled", onDisabled);
          await http.close();
          core = undefined;
          await Promise.all(upstreams.map((one) => one.close()));
        },
      };
    },
  };
}

/** Who reads a request has read the old definition: agents ask again under the new one. */
function withdrawAll(core: Core, url: string): void {
  for (const { rid } of core.store.requestsIn(["open", "partial"])) {
    if (core.status(rid)?.claims.action.op.url === url) core.withdraw(rid, core.iss, "gateway");
  }
}

/** A server chooses its tools' names: what is more than a name is not for the log. */
const nameForLog = (name: string): string => (/^[A-Za-z0-9_./-]{1,128}$/.test(name) ? name : "(no plain name)");
