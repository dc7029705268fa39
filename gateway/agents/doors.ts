import { randomBytes } from "node:crypto";

import type { Crypto } from "#shared/protocol/crypto-port.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import { grantRoutes, introspectionDiscovery, type GrantRoutesOptions } from "../executor/grant-routes.ts";
import type { HandOut } from "../executor/hand-out.ts";
import type { AllowedChanges } from "../executor/allowed.ts";
import type { Core } from "../core.ts";
import type { Clock, ReadPolicyPort, RegisteredAgent } from "../ports.ts";
import type { HttpRoutes } from "../transport/http/router.ts";
import { ownClaims } from "../transport/http/discovery.ts";
import type { Logger } from "../transport/logger.ts";
import { EVERYTHING } from "../requests/stop-agent.ts";
import { uuid7 } from "../uuid7.ts";
import { makeAccessLog } from "./access-log.ts";
import { makeAgentAuth } from "./assertion.ts";
import { backchannelDiscovery, backchannelDoor } from "./backchannel/door.ts";
import { makeHandles } from "./handle.ts";
import type { TrustBundle } from "./identity/trust-bundle.ts";
import { hostsOf } from "./hosts.ts";
import { agentDoor } from "./intercept.ts";
import type { McpSide } from "./mcp/door.ts";
import { MCP_PATH } from "./mcp/names.ts";

export interface DoorsOptions {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly fhirBase: string;
  /** The agent with this id, unless there is none or it was switched off. */
  readonly agent: (sub: string) => RegisteredAgent | undefined;
  /** Everybody in the registry, and the keys of the SPIFFE trust domain, for those who come by SVID or certificate. */
  readonly registered?: readonly RegisteredAgent[];
  readonly bundle?: TrustBundle | undefined;
  /** 32 bytes that seal `auth_req_id`. */
  readonly handleKey: Uint8Array;
  /** The gateway's request key, under whose name leaves stand. */
  readonly kid: string;
  readonly reads?: ReadPolicyPort;
  /** Carries out what policy allows; nothing is changed without a person where absent. */
  readonly allowed?: AllowedChanges["run"] | undefined;
  /** Tokens that wait for their agents (mode B). */
  readonly handOut?: HandOut | undefined;
  /** Processes on other hosts that may ask about tokens, and what they carry out. */
  readonly adapters?: Pick<GrantRoutesOptions, "adapters" | "tokens" | "grants"> | undefined;
  readonly readToken?: string;
  /** MCP servers behind this gateway, where there are some. */
  readonly mcp?: McpSide | undefined;
  /** Addresses under which this gateway is known, and further hosts. */
  readonly addresses: readonly string[];
  readonly hosts?: readonly string[];
  /** Exact `Origin` values that may call; none unless given. */
  readonly origins?: readonly string[];
  readonly logger: Logger;
  readonly onRefused?: (code: ErrorCode) => void;
}

/** Every door for agents on the gateway's own socket (protocol.md 3.15). */
export interface Doors {
  readonly routes: HttpRoutes;
  /** Members of the discovery document (protocol.md 3.3). */
  readonly discovery: Readonly<Record<string, unknown>>;
  /** To be closed before the core. */
  close(): Promise<void>;
}

export function openDoors(core: Core, options: DoorsOptions): Doors {
  const { crypto, clock, fhirBase, handleKey, kid, mcp, agent } = options;
  const now = (): number => Math.floor(clock.nowMs() / 1000);
  const note = makeAccessLog({
    ...{ crypto, store: core.store, records: core.records, kid, logger: options.logger, now },
    uuid: () => uuid7(clock.nowMs(), randomBytes(10)),
  });
  // When somebody asks: a command that serves nothing has no address.
  let known: ReadonlySet<string> | undefined;
  const hosts = (): ReadonlySet<string> => (known ??= hostsOf([core.iss, ...options.addresses], options.hosts));
  const common = {
    // SECURITY: one memory of used assertions for all doors: what was shown at one is worth nothing at another (T-12).
    auth: makeAgentAuth({
      ...{ iss: core.iss, crypto, agent, now, registered: options.registered ?? [], bundle: options.bundle },
      hosts,
    }),
    handleKey,
    allowed: options.allowed,
    reads: options.reads && {
      ...{ policy: options.reads, fhirBase, note },
      // Switched off as well: a session that was opened before goes on until it is ended.
      isPaused: (sub: string) =>
        core.store.paused("agent").includes(sub) ||
        core.store.paused("type").includes(EVERYTHING) ||
        core.store.disabledAgent(sub) !== undefined,
      ...(options.readToken === undefined ? {} : { readToken: options.readToken }),
    },
    ...(options.onRefused === undefined ? {} : { onRefused: options.onRefused }),
    onSlowed: (agent: string) => options.logger.warn("agent.slowed", { agent }),
  };
  const rest = agentDoor(core, {
    ...{ ...common, crypto, clock, fhirBase, agent, random: (n: number) => randomBytes(n) },
  });
  const door = mcp?.open(core, {
    ...{ ...common, kid, note, hosts: hosts() },
    origins: options.origins ?? [],
  });
  const backchannel = backchannelDoor(core, {
    ...{ ...common, crypto, clock, fhirBase, handles: makeHandles(handleKey, (n) => randomBytes(n)) },
    offered: options.handOut?.byRequest,
    allowed: options.allowed && { run: options.allowed, store: core.store },
    pools: () => ownClaims(core.credential).claims.pools,
  });
  const { adapters } = options;
  const side = adapters && grantRoutes({ ...adapters, iss: core.iss, crypto, clock, hosts });
  const all = [...(door === undefined ? [] : [door.routes]), ...(side === undefined ? [] : [side]), backchannel, rest];
  return {
    async routes(req, res) {
      for (const routes of all) if (await routes(req, res)) return true;
      return false;
    },
    discovery: {
      ...backchannelDiscovery(core.iss),
      ...(side === undefined ? {} : introspectionDiscovery(core.iss)),
      ...(door === undefined ? {} : { mcp_endpoint: `${core.iss}${MCP_PATH}` }),
    },
    close: async () => await door?.close(),
  };
}
