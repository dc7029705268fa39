import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { TERMINAL_STATES, type RequestState } from "#shared/protocol/claims/receipt.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { Template } from "#shared/protocol/template.ts";

import { openDoors, type Doors } from "./agents/doors.ts";
import type { McpSide } from "./agents/mcp/door.ts";
import type { McpServerOptions } from "./agents/mcp/options.ts";
import { trustBundleIn } from "./agents/identity/trust-bundle.ts";
import { PINS_FILE } from "./agents/pins-file.ts";
import { withCheckedKeys } from "./agents/registered-keys.ts";
import { assembleGateway, TOKEN_LIST, type Assembled } from "./assemble.ts";
import { makeKeys, readDoorKey, readKeys } from "./cli/gateway-keys.ts";
import { registrationOf } from "./cli/registration.ts";
import type { Core, DecisionOutcome, Raised } from "./core.ts";
import type { Authority } from "./directory/authority.ts";
import { hasRootKey, initDirectory, openAuthority, openDirectory } from "./directory/directory.ts";
import type { SendOptions } from "./evidence/send.ts";
import { fhirExecutor } from "./executor/fhir.ts";
import { policyOf, type GivenPolicy } from "./policy/given.ts";
import type {
  Clock,
  ExecutorPort,
  FactsPort,
  PolicyPort,
  ReadPolicyPort,
  RegisteredAgent,
  RequestDraft,
} from "./ports.ts";
import { fhirBaseOf } from "./requests/fhir-base.ts";
import { fhirFacts } from "./requests/facts-fhir.ts";
import { cueReviewer } from "./requests/review-cues.ts";
import { factsWithReview, type ReviewPort } from "./requests/review.ts";
import { systemClock } from "./system-clock.ts";
import type { Logger } from "./transport/logger.ts";
import type { TlsFiles } from "./transport/listen.ts";
import { bind, type Bound } from "./transport/serve.ts";

export interface GatewayOptions {
  /** Folder of this gateway's keys and database, and of the directory unless that has a folder of its own. */
  readonly data: string;
  /** Base of the FHIR server that is read and written. */
  readonly fhir: string;
  readonly agents: readonly RegisteredAgent[];
  /** Pools that may decide; must hold those of the policy. */
  readonly pools: readonly string[];
  /** Issuer, an https URL; part of everything that is signed, so it never changes. */
  readonly issuer?: string;
  /** Name for people. */
  readonly name?: string;
  /** Bearer token for reading the record, where the server asks for one. */
  readonly fhirToken?: string;
  /**
   * The set of the release unless given. A set of one's own is one that the directory signed (`countersign policy publish`),
   * or its files where this process holds the root key (trials) and signs them at once. Or any policy of one's own.
   */
  readonly policy?: GivenPolicy;
  /** Templates beside the built-in ones. */
  readonly templates?: readonly Template[];
  readonly facts?: FactsPort;
  /** Look at each planned action before a person does, beside the one of the release. They can only add. */
  readonly reviewers?: readonly ReviewPort[];
  /** `false`: approvals are only recorded (`enf: evidence`). */
  readonly executor?: ExecutorPort | false;
  /** Where `AuditEvent` and `Provenance` are written (protocol.md 3.17); the FHIR server where only `{}` is given. */
  readonly evidence?: Partial<Pick<SendOptions, "baseUrl" | "token" | "ids">>;
  /** A directory made by `countersign directory init`. Without it one is made in `data`, for trials. */
  readonly directory?: string;
  readonly listen?: {
    /** Loopback unless given. */
    readonly host?: string;
    /** A free one unless given. */
    readonly port?: number;
    /** PEM files; required for every address that is not loopback. */
    readonly tls?: TlsFiles;
  };
  /** Where clients connect, when it is not the address that is bound (a proxy). */
  readonly wsEndpoint?: string;
  /** Trust bundle of the SPIFFE trust domain whose workloads may be agents (`spiffe` of an agent). */
  readonly spiffe?: { readonly file: string; readonly trustDomain: string };
  /** MCP servers behind the gateway, whose tools agents call through it. */
  readonly mcp?: {
    readonly servers: Readonly<Record<string, McpServerOptions>>;
    /** True accepts what a server lists at the first meeting: for trials. */
    readonly acceptsFirst?: boolean;
    /** Longest wait of a call without progress, seconds; 45 unless given. */
    readonly waitS?: number;
  };
  readonly logger?: Logger;
  readonly clock?: Clock;
}

export interface Gateway {
  readonly iss: string;
  /** `http(s)://host:port`. */
  readonly url: string;
  /** Where clients connect. */
  readonly wsUrl: string;
  /** Asks for a person's decision, or says what policy said. */
  request(draft: RequestDraft): Promise<Raised>;
  /**
   * The verified answer: resolves when the request has ended, which for an approval is when it was carried out (or was
   * recorded, where nothing is executed). Never rejects for a denial.
   * @throws CountersignError `E_REQ_UNKNOWN`, `E_DRAINING` when the gateway closes first
   */
  decision(rid: string): Promise<DecisionOutcome>;
  /** Called with every change of state that an agent may know; returns its unsubscribe. */
  onDecision(listener: (outcome: DecisionOutcome) => void): () => void;
  /** False when the request no longer waited. */
  withdraw(rid: string): boolean;
  /** Drains connections, finishes what is under way, closes everything. */
  close(): Promise<void>;
  readonly core: Core;
  /** Tickets and confirmations, where this process holds the directory's root key (trials). */
  readonly authority: Authority | undefined;
}

const TRIAL_ISSUER = "https://gateway.countersign.localhost";
const TRIAL_DIRECTORY = "https://directory.countersign.localhost";
const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * A whole gateway in this process: makes what is missing in `data`, opens it, audits its log and serves. See
 * `docs/operations.md` for one that runs by itself.
 * @throws CountersignError `E_STORE_*`, `E_GW_CRED`, `E_PORT_IN_USE`, `E_TLS`, `E_POL_SET`, `E_POL_UNSIGNED`, `E_POL_OLDER`, `E_CLI_INPUT`
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { clock = systemClock, logger = silent, listen = {} } = options;
  // The socket first: a port in use is said before anything is opened, and 503 is the answer until all is.
  const bound = await bind({
    ...{ host: listen.host ?? "127.0.0.1", port: listen.port ?? 0, clock, logger },
    ...(listen.tls === undefined ? {} : { tls: listen.tls }),
    enf: options.executor === false ? "evidence" : "gateway",
  });
  try {
    const mcp = await mcpSide(options, { clock, logger });
    const { assembled, authority, doors } = await openAll(options, { clock, logger, bound, mcp });
    const { core, tokens } = assembled;
    bound.start(core, {
      routes: doors.routes,
      discovery: doors.discovery,
      fault: () => core.store.fault(),
      statusLists: (name) => (name === TOKEN_LIST ? tokens.statusList() : undefined),
    });
    let closing: Promise<void> | undefined;
    const shut = async (): Promise<void> => {
      await bound.close();
      await doors.close();
      await assembled.close();
      core.events.emit("closed");
    };
    const ended = endedWhen(options.executor === false);
    return {
      ...{ iss: core.iss, url: bound.url, wsUrl: bound.wsUrl, core, authority },
      request: (draft) => core.raise(draft),
      decision: (rid) => outcomeOf(core, rid, ended),
      onDecision: (listener) => subscribe(core, listener),
      withdraw: (rid) => core.withdraw(rid, core.iss, "gateway"),
      close: () => (closing ??= shut()),
    };
  } catch (error) {
    await bound.close();
    throw error;
  }
}

async function openAll(
  options: GatewayOptions,
  around: {
    readonly clock: Clock;
    readonly logger: Logger;
    readonly bound: Bound;
    readonly mcp: McpSide | undefined;
  },
): Promise<{ readonly assembled: Assembled; readonly authority: Authority | undefined; readonly doors: Doors }> {
  const { clock, logger, bound, mcp } = around;
  const { data, name = "Countersign gateway", issuer: iss = TRIAL_ISSUER, pools, fhirToken: token } = options;
  const crypto = makeNodeCrypto();
  const agents = withCheckedKeys(crypto, options.agents);
  const templates = [...builtinTemplates, ...(options.templates ?? [])];
  const fhirBase = fhirBaseOf(options.fhir);
  // SECURITY: keys and evidence are readable by their owner alone.
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const keys = existsSync(join(data, "request-key.jwk")) ? readKeys(data) : makeKeys(data);
  const config = { iss, name, pools: [...pools] };
  const registration = registrationOf(crypto, config, keys, templates, options.wsEndpoint ?? bound.wsUrl);
  const folder = options.directory ?? trialDirectory(data);
  const directory = openDirectory(folder, { clock, crypto });
  const authority = hasRootKey(folder) ? openAuthority(folder, { clock }) : undefined;
  // SECURITY: said, never hidden: one process with two keys is for trials (protocol.md 3.1, trust rule).
  if (authority !== undefined) logger.warn("directory.root-key-on-this-host");
  const undo = (): void => [directory, authority].forEach((one) => one?.close());
  const { policy, serving } = closedOnFault(undo, () =>
    policyOf(options.policy, { crypto, templates, iss, directory, authority }),
  );
  const fhirSide = { baseUrl: fhirBase, ...(token === undefined ? {} : { readToken: token }) };
  const toRecord = options.executor === false ? undefined : (options.executor ?? fhirExecutor(fhirSide));
  const executor = toRecord && (mcp?.executor(toRecord) ?? toRecord);
  const facts = options.facts ?? fhirFacts({ baseUrl: fhirBase, ...(token === undefined ? {} : { token }) });
  const assembled = await assembleGateway({
    ...{ folder: data, registration, keys, directory, agents, policy, serving, templates, fhirBase },
    ...{ clock, crypto, logger, audit: { onProgress: (how) => bound.auditing(how) } },
    ...(authority === undefined ? {} : { authority }),
    ...(executor === undefined ? {} : { executor }),
    facts: factsWithReview(mcp?.facts(facts) ?? facts, [cueReviewer, ...(options.reviewers ?? [])]),
    enf: executor === undefined ? "evidence" : "gateway",
    evidence: options.evidence && { baseUrl: fhirBase, ids: "client", ...options.evidence },
  });
  const onUnreadable = (): void => logger.error("spiffe.bundle-unreadable");
  const doors = openDoors(assembled.core, {
    ...{ crypto, clock, fhirBase, handleKey: readDoorKey(data), kid: keys.request.kid, mcp, logger },
    agent: (sub) => assembled.roster.serving(sub),
    ...{ allowed: assembled.allowed?.run, handOut: assembled.handOut?.offers },
    registered: agents,
    bundle: options.spiffe && trustBundleIn({ ...options.spiffe, crypto, nowMs: () => clock.nowMs(), onUnreadable }),
    addresses: [bound.wsUrl, ...(options.wsEndpoint === undefined ? [] : [options.wsEndpoint])],
    ...(judgesReads(policy) ? { reads: policy } : {}),
    ...(token === undefined ? {} : { readToken: token }),
  });
  return { assembled, authority, doors };
}

/** Loaded only where it is used: the SDK is most of it. */
async function mcpSide(
  { mcp, data, fhir }: GatewayOptions,
  around: { readonly clock: Clock; readonly logger: Logger },
): Promise<McpSide | undefined> {
  if (mcp === undefined) return undefined;
  const { prepareMcp } = await import("./agents/mcp/door.ts");
  const { pinsIn } = await import("./agents/mcp/pins.ts");
  mkdirSync(data, { recursive: true, mode: 0o700 });
  return prepareMcp({
    ...{ ...around, ...mcp, crypto: makeNodeCrypto(), fhirBase: fhirBaseOf(fhir) },
    pins: pinsIn(join(data, PINS_FILE)),
  });
}

const judgesReads = (policy: PolicyPort): policy is PolicyPort & ReadPolicyPort => "read" in policy;

function closedOnFault<T>(undo: () => void, open: () => T): T {
  try {
    return open();
  } catch (error) {
    undo();
    throw error;
  }
}

function trialDirectory(data: string): string {
  const folder = join(data, "directory");
  if (!existsSync(folder)) initDirectory(folder, { iss: TRIAL_DIRECTORY, env: "demo" });
  return folder;
}

const endedWhen =
  (recordedOnly: boolean) =>
  (state: RequestState): boolean =>
    TERMINAL_STATES.has(state) || (recordedOnly && state === "approved");

function subscribe({ events }: Core, listener: (outcome: DecisionOutcome) => void): () => void {
  events.on("decision", listener);
  return () => events.off("decision", listener);
}

/** The end of the request, whichever revision it ends with: one that was replaced goes on under the same `rid`. */
function outcomeOf(core: Core, rid: string, ended: (state: RequestState) => boolean): Promise<DecisionOutcome> {
  const now = (): DecisionOutcome | undefined => {
    const status = core.status(rid);
    if (!status) throw new CountersignError("E_REQ_UNKNOWN");
    if (!ended(status.state)) return undefined;
    const { rev, state, reason, result } = status;
    return {
      rid,
      rev,
      state,
      ...(reason === undefined ? {} : { reason }),
      ...(result === undefined ? {} : { result }),
    };
  };
  return new Promise((resolve, reject) => {
    const finish = (act: () => void): void => {
      stop();
      core.events.off("closed", onClosed);
      act();
    };
    const onClosed = (): void => finish(() => reject(new CountersignError("E_DRAINING")));
    const stop = subscribe(core, (outcome) => {
      if (outcome.rid !== rid) return;
      const end = now();
      if (end) finish(() => resolve(end));
    });
    core.events.once("closed", onClosed);
    const end = now();
    if (end) finish(() => resolve(end));
  });
}
