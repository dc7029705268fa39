import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { TERMINAL_STATES, type RequestState } from "#shared/protocol/claims/receipt.ts";
import { publicJwk } from "#shared/protocol/claims/primitives.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { Template } from "#shared/protocol/template.ts";

import { agentDoor } from "./agents/intercept.ts";
import { assembleGateway, TOKEN_LIST, type Assembled } from "./assemble.ts";
import { makeKeys, readDoorKey, readKeys } from "./cli/gateway-keys.ts";
import { registrationOf } from "./cli/registration.ts";
import type { Core, DecisionOutcome, Raised } from "./core.ts";
import type { Authority } from "./directory/authority.ts";
import { hasRootKey, initDirectory, openAuthority, openDirectory, type Directory } from "./directory/directory.ts";
import { fhirExecutor } from "./executor/fhir.ts";
import { cedarPolicy } from "./policy/cedar/policy.ts";
import { loadPolicies, type LoadedPolicies, type PolicyFiles } from "./policy/cedar/load.ts";
import { openSigned, type ServingPolicy } from "./policy/published.ts";
import { shippedSet } from "./cli/policy-file.ts";
import type {
  Clock,
  ExecutorPort,
  FactsPort,
  PolicyPort,
  ReadPolicyPort,
  RegisteredAgent,
  RequestDraft,
} from "./ports.ts";
import { fhirFacts } from "./requests/facts-fhir.ts";
import { systemClock } from "./system-clock.ts";
import type { Logger } from "./transport/logger.ts";
import type { HttpRoutes } from "./transport/http/router.ts";
import { bind } from "./transport/serve.ts";

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
  readonly policy?: PolicyPort | { readonly signed: string } | { readonly files: PolicyFiles };
  /** Templates beside the built-in ones. */
  readonly templates?: readonly Template[];
  readonly facts?: FactsPort;
  /** `false`: approvals are only recorded (`enf: evidence`). */
  readonly executor?: ExecutorPort | false;
  /** A directory made by `countersign directory init`. Without it one is made in `data`, for trials. */
  readonly directory?: string;
  readonly listen?: {
    /** Loopback unless given. */
    readonly host?: string;
    /** A free one unless given. */
    readonly port?: number;
    /** PEM files; required for every address that is not loopback. */
    readonly tls?: { readonly certFile: string; readonly keyFile: string };
  };
  /** Where clients connect, when it is not the address that is bound (a proxy). */
  readonly wsEndpoint?: string;
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
    const { assembled, authority, policy } = openAll(options, { clock, logger, wsUrl: bound.wsUrl });
    const { core, tokens } = assembled;
    bound.start(core, {
      routes: doorOf(options, assembled, clock, policy),
      fault: () => core.store.fault(),
      statusLists: (name) => (name === TOKEN_LIST ? tokens.statusList() : undefined),
    });
    let closing: Promise<void> | undefined;
    const shut = async (): Promise<void> => {
      await bound.close();
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

function openAll(
  options: GatewayOptions,
  around: { readonly clock: Clock; readonly logger: Logger; readonly wsUrl: string },
): { readonly assembled: Assembled; readonly authority: Authority | undefined; readonly policy: PolicyPort } {
  const { clock, logger, wsUrl } = around;
  const { data, name = "Countersign gateway", issuer: iss = TRIAL_ISSUER, pools, agents } = options;
  const crypto = makeNodeCrypto();
  const templates = [...builtinTemplates, ...(options.templates ?? [])];
  const fhirBase = options.fhir.replace(/\/$/, "");
  const token = options.fhirToken;
  // SECURITY: keys and evidence are readable by their owner alone.
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const keys = existsSync(join(data, "request-key.jwk")) ? readKeys(data) : makeKeys(data);
  const config = { iss, name, pools: [...pools] };
  const registration = registrationOf(crypto, config, keys, templates, options.wsEndpoint ?? wsUrl);
  const folder = options.directory ?? trialDirectory(data);
  const directory = openDirectory(folder, { clock });
  const authority = hasRootKey(folder) ? openAuthority(folder, { clock }) : undefined;
  // SECURITY: said, never hidden: one process with two keys is for trials (protocol.md 3.1, trust rule).
  if (authority !== undefined) logger.warn("directory.root-key-on-this-host");
  const undo = (): void => [directory, authority].forEach((one) => one?.close());
  const { policy, serving } = closedOnFault(undo, () =>
    policyOf(options, { crypto, templates, iss, directory, authority }),
  );
  const executor =
    options.executor === false
      ? undefined
      : (options.executor ?? fhirExecutor({ baseUrl: fhirBase, ...(token === undefined ? {} : { readToken: token }) }));
  const assembled = assembleGateway({
    ...{ folder: data, registration, keys, directory, agents, policy, serving, templates, fhirBase, clock, logger },
    ...(authority === undefined ? {} : { authority }),
    ...(executor === undefined ? {} : { executor }),
    facts: options.facts ?? fhirFacts({ baseUrl: fhirBase, ...(token === undefined ? {} : { token }) }),
    enf: executor === undefined ? "evidence" : "gateway",
  });
  return { assembled, authority, policy };
}

/** The agents' door (protocol.md 3.15), for the agents that this gateway was given. */
function doorOf(options: GatewayOptions, { core, roster }: Assembled, clock: Clock, policy: PolicyPort): HttpRoutes {
  const { fhir, fhirToken, data } = options;
  return agentDoor(core, {
    ...{ crypto: makeNodeCrypto(), clock, fhirBase: fhir.replace(/\/$/, ""), random: (n: number) => randomBytes(n) },
    handleKey: readDoorKey(data),
    agent: (sub) => roster.serving(sub),
    ...(judgesReads(policy) ? { reads: policy } : {}),
    ...(fhirToken === undefined ? {} : { readToken: fhirToken }),
  });
}

const judgesReads = (policy: PolicyPort): policy is PolicyPort & ReadPolicyPort => "read" in policy;

interface Around {
  readonly crypto: Crypto;
  readonly templates: readonly Template[];
  readonly iss: string;
  readonly directory: Pick<Directory, "iss" | "jwk">;
  readonly authority: Pick<Authority, "publishPolicy"> | undefined;
}

function policyOf(
  { policy }: Pick<GatewayOptions, "policy">,
  around: Around,
): { readonly policy: PolicyPort; readonly serving?: ServingPolicy } {
  if (policy !== undefined && "evaluate" in policy) return { policy };
  const serving = policy === undefined ? shippedSet(around.crypto) : signedSet(policy, around);
  return { policy: cedarPolicy(serving.files, around), serving };
}

function signedSet(
  policy: { readonly signed: string } | { readonly files: PolicyFiles },
  { crypto, templates, iss, directory, authority }: Around,
): ServingPolicy {
  const trust = {
    crypto,
    gateway: iss,
    directory: { iss: directory.iss, key: crypto.importKey(publicJwk.parse(directory.jwk)) },
  };
  if ("signed" in policy) return openSigned(policy.signed, trust);
  const { manifest }: LoadedPolicies = loadPolicies(policy.files, { crypto, templates });
  if (authority === undefined) {
    throw new CountersignError(
      "E_POL_UNSIGNED",
      "The directory's root key is not here to sign the policy set. Give the signed one.",
    );
  }
  const { id, ver: version } = manifest;
  return openSigned(authority.publishPolicy({ gateway: iss, id, version, files: policy.files }), trust);
}

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
