import type { CountersignError } from "#shared/protocol/error.ts";

import type { SubmitAnswer } from "../core.ts";
import type { Clock } from "../ports.ts";
import { EventFrames } from "./frames.ts";
import { discoveryDocument, ownClaims } from "./http/discovery.ts";
import { makeRouter, type AuditedSoFar, type HttpRoutes, type Service } from "./http/router.ts";
import { Hub } from "./hub.ts";
import { DEFAULT_LIMITS, type TransportLimits } from "./limits.ts";
import { listen, type Listening, type TlsFiles } from "./listen.ts";
import type { Logger } from "./logger.ts";
import type { TransportCore } from "./port.ts";
import { Presence } from "./presence.ts";
import { systemRandomness, type Randomness } from "./randomness.ts";
import type { Traffic } from "./traffic.ts";
import { FEED_PATH, makeUpgrade } from "./upgrade.ts";

export interface ServeOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM files; required for every address that is not loopback. */
  readonly tls?: TlsFiles;
  /** Exact `Origin` values that may connect; none by default. */
  readonly allowedOrigins?: readonly string[];
  readonly limits?: Partial<TransportLimits>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random?: Randomness;
  /** Further addresses, e.g. the agents' doors: true when the request was answered. */
  readonly routes?: HttpRoutes;
  /** Further status lists at `/status/{name}`, beside the directory's, e.g. that of task tokens. */
  readonly statusLists?: (name: string) => string | undefined;
  /** Whether decisions are also taken over HTTPS; true unless told. */
  readonly decisionsOverHttp?: boolean;
  /** Declared enforcement class, never stronger than what is deployed (protocol.md 3.1). */
  readonly enf?: "strong" | "gateway" | "evidence";
  /** Members added to discovery, e.g. the agents' endpoints. */
  readonly discovery?: Readonly<Record<string, unknown>>;
  /** Why nothing new is taken, said by `/readyz`; undefined while all is well. */
  readonly fault?: () => CountersignError | undefined;
  /** Counts messages and refusals; nobody does by default. */
  readonly traffic?: Traffic;
}

export interface Serving {
  /** `http(s)://host:port`. */
  readonly url: string;
  /** Where clients connect: `ws(s)://host:port/countersign/v1/feed`. */
  readonly wsUrl: string;
  /** Open WebSockets now. */
  connections(): number;
  /** Drains: tells clients to come back, answers what is under way, closes (4503). Resolves when all is closed. */
  close(reason?: string): Promise<void>;
}

/** A bound socket that answers 503 until a gateway is put behind it: for a core that must know its own address. */
export interface Bound extends Serving {
  /** How far the log was gone through, which `/readyz` says until {@link start}. */
  auditing(how: AuditedSoFar): void;
  start(core: TransportCore, more?: Pick<ServeOptions, "routes" | "statusLists" | "discovery" | "fault">): void;
}

/**
 * Serves a gateway: WebSocket feed and HTTP on one socket (protocol.md 3.3, 3.4).
 * @throws CountersignError `E_TLS`, `E_PORT_IN_USE`, `E_CLI_INPUT` as {@link bind}
 */
export async function serve(core: TransportCore, options: ServeOptions): Promise<Serving> {
  const bound = await bind(options);
  bound.start(core);
  return bound;
}

/**
 * Binds without serving yet.
 * @throws CountersignError `E_TLS` (plain socket on an address others can reach, unreadable certificate),
 * `E_PORT_IN_USE`, `E_CLI_INPUT` (address cannot be bound)
 */
export async function bind(options: ServeOptions): Promise<Bound> {
  const limits: TransportLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const { clock, logger, traffic } = options;
  const listening = await listen({ host: options.host, port: options.port, tls: options.tls, limits });
  let auditing: AuditedSoFar | undefined;
  let running: { readonly hub: Hub; readonly service: Service } | undefined;
  listening.server.on(
    "request",
    makeRouter({
      ...{ secure: listening.secure, limits, clock, logger },
      service: () => running?.service,
      auditing: () => auditing,
    }),
  );
  listening.server.on(
    "upgrade",
    makeUpgrade({
      ...{ limits, logger, traffic, allowedOrigins: options.allowedOrigins ?? [] },
      ...{ hub: () => running?.hub, onUpgraded: listening.upgraded },
    }),
  );
  let closing: Promise<void> | undefined;

  return {
    url: listening.url,
    wsUrl: `${listening.url.replace(/^http/, "ws")}${FEED_PATH}`,
    connections: () => running?.hub.size ?? 0,
    auditing: (how) => void (auditing = how),
    start(core, more = {}) {
      const all: ServeOptions = { ...options, ...more };
      auditing = undefined;
      running = { hub: makeHub(core, all, limits), service: makeService(core, all, limits) };
    },
    close(reason = "restart") {
      const hub = running?.hub;
      running = undefined;
      closing ??= shut(listening, hub, limits, reason);
      return closing;
    },
  };
}

function makeHub(core: TransportCore, options: ServeOptions, limits: TransportLimits): Hub {
  return new Hub({
    core,
    clock: options.clock,
    limits,
    logger: options.logger,
    random: options.random ?? systemRandomness,
    presence: new Presence(),
    frames: new EventFrames(),
    traffic: options.traffic,
  });
}

/** @throws what the work threw, CountersignError as it was */
const inGroup =
  (core: TransportCore, traffic: Traffic | undefined) =>
  (jws: string): Promise<SubmitAnswer> =>
    new Promise((resolve, reject) => {
      core.submitInGroup(jws, undefined, (outcome) => {
        if ("value" in outcome) {
          if (outcome.value.kind === "error") traffic?.refused("https", outcome.value.error.code);
          resolve(outcome.value);
        }
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- handed on as it was thrown
        else reject(outcome.error);
      });
    });

function makeService(core: TransportCore, options: ServeOptions, limits: TransportLimits): Service {
  const { claims, directoryKid } = ownClaims(core.credential);
  const submit = options.decisionsOverHttp === false ? undefined : inGroup(core, options.traffic);
  return {
    discovery: discoveryDocument(claims, {
      enf: options.enf ?? "gateway",
      limits,
      directoryKid,
      decisions: submit !== undefined,
      more: options.discovery ?? {},
    }),
    jwks: claims.jwks,
    template: (digest) => core.documents.template(digest),
    statusList: (name) => core.documents.statusList(name) ?? options.statusLists?.(name),
    submit,
    routes: options.routes,
    fault: options.fault ?? (() => undefined),
  };
}

/** New sockets are refused at once; open ones are drained; then the listener is closed. */
async function shut(
  { server }: Listening,
  hub: Hub | undefined,
  limits: TransportLimits,
  reason: string,
): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  await hub?.drain(hub.size === 0 ? 0 : limits.drainMs, reason);
  server.closeAllConnections();
  await closed;
}
