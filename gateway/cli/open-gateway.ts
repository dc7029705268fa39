import path from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { openDoors, type Doors } from "../agents/doors.ts";
import { trustBundleIn, type TrustBundle } from "../agents/identity/trust-bundle.ts";
import type { McpSide } from "../agents/mcp/door.ts";
import { withCheckedKeys } from "../agents/registered-keys.ts";
import { assembleGateway, type Assembled } from "../assemble.ts";
import { hasRootKey, openAuthority, openDirectory, type Directory } from "../directory/directory.ts";
import type { SendOptions } from "../evidence/send.ts";
import { fhirExecutor } from "../executor/fhir.ts";
import { measuredStore } from "../metrics/measured-store.ts";
import type { Meters } from "../metrics/meters.ts";
import type { AuditWatch } from "../open-store.ts";
import type { LoadOptions } from "../policy/cedar/load.ts";
import { cedarPolicy } from "../policy/cedar/policy.ts";
import { strangePools } from "../policy/cedar/pools.ts";
import { keepServing, type ServingPolicy } from "../policy/published.ts";
import { reloadablePolicy, watchPolicy } from "../policy/reloadable.ts";
import type { Clock } from "../ports.ts";
import { factsWithCds } from "../requests/facts-cds.ts";
import { fhirFacts } from "../requests/facts-fhir.ts";
import { cueReviewer } from "../requests/review-cues.ts";
import { modelReviewer } from "../requests/review-model.ts";
import { factsWithReview, type ReviewPort } from "../requests/review.ts";
import type { Logger } from "../transport/logger.ts";
import { readAgents, readConfig, type GatewayConfig } from "./config.ts";
import { readText } from "./files.ts";
import { readDoorKey, readKeys } from "./gateway-keys.ts";
import { policyStamp, servingPolicyOf } from "./policy-file.ts";
import { registrationOf } from "./registration.ts";
import { readTemplates } from "./templates.ts";

/** A gateway over its data folder, not yet served. */
export interface OpenGateway {
  readonly config: GatewayConfig;
  readonly assembled: Assembled;
  /** The agents' doors: closed before {@link assembled}. */
  readonly doors: Doors;
  readonly policy: Pick<ServingPolicy, "id" | "version">;
}

/**
 * Opens everything a data folder names: configuration, keys, directory, store, policy, record, executor. `wsEndpoint` is
 * the address that was bound, for a gateway whose configuration names none.
 * @throws CountersignError `E_CLI_INPUT`, `E_STORE_*`, `E_GW_CRED` (the directory does not vouch for what this gateway is)
 */
export async function openGateway(
  folder: string,
  around: {
    readonly clock: Clock;
    readonly logger: Logger;
    readonly wsEndpoint: string;
    /** Counts what happens, where the configuration asks for that. */
    readonly meters?: Meters | undefined;
    /** For a command, not to serve: see {@link assembleGateway}. */
    readonly idle?: boolean;
    /** Follows and ends the audit before serving. */
    readonly audit?: AuditWatch | undefined;
    /** MCP servers behind this gateway, where the configuration names some. */
    readonly mcp?: McpSide | undefined;
  },
): Promise<OpenGateway> {
  const { clock, logger, meters, mcp } = around;
  const config = readConfig(folder);
  const keys = readKeys(folder);
  const crypto = makeNodeCrypto();
  const agents = withCheckedKeys(crypto, readAgents(folder, config));
  const adapters = config.adapters && withCheckedKeys(crypto, config.adapters);
  const templates = readTemplates(folder, config);
  const registration = registrationOf(crypto, config, keys, templates, config.ws_endpoint ?? around.wsEndpoint);
  const token = tokenIn(folder, config.fhir_read_token);
  const handleKey = readDoorKey(folder);
  const { fhir_base: fhirBase, enf } = config;
  const directory = openDirectory(config.directory, { clock, crypto });
  const judged = judging(directory, folder, config, { crypto, templates, logger });
  const { serving } = judged;
  const { policy, swap } = reloadablePolicy(judged.policy);
  const authority =
    around.idle !== true && hasRootKey(config.directory) ? openAuthority(config.directory, { clock }) : undefined;
  const fhirSide = { baseUrl: fhirBase, ...(token === undefined ? {} : { readToken: token }) };
  const executor = mcp?.executor(fhirExecutor(fhirSide)) ?? fhirExecutor(fhirSide);
  const record = fhirFacts({ baseUrl: fhirBase, ...(token === undefined ? {} : { token }) });
  const facts =
    config.cds === undefined
      ? record
      : factsWithCds(record, {
          ...{ iss: config.iss, signer: keys.token, fhirBase, clock, userId: config.cds.user },
          services: config.cds.services.map(({ timeout_ms, ...service }) => ({ ...service, timeoutMs: timeout_ms })),
        });
  const assembled = await assembleGateway({
    ...{
      folder,
      registration,
      keys,
      directory,
      agents,
      policy,
      serving,
      templates,
      fhirBase,
      enf,
      clock,
      crypto,
      logger,
    },
    ...(authority === undefined ? {} : { authority }),
    idle: around.idle === true,
    audit: around.audit,
    ...(enf === "evidence" ? {} : { executor }),
    ...(meters === undefined ? {} : { aroundStore: (store) => measuredStore(store, meters) }),
    facts: factsWithReview(mcp?.facts(facts) ?? facts, reviewersOf(folder, config)),
    evidence: evidenceOf(folder, config),
    remoteAdapters: adapters !== undefined,
    ...(config.retention === undefined ? {} : { retentionYears: config.retention.years }),
  });
  const doors = openDoors(assembled.core, {
    ...{ crypto, clock, fhirBase, handleKey, kid: keys.request.kid, reads: policy, mcp, logger },
    agent: (sub) => assembled.roster.serving(sub),
    ...{ allowed: assembled.allowed?.run, handOut: assembled.handOut?.offers },
    ...(adapters === undefined
      ? {}
      : { adapters: { adapters, tokens: assembled.tokens, grants: assembled.handOut?.reported } }),
    registered: agents,
    bundle: bundleOf(folder, config, crypto, around),
    ...{ addresses: [around.wsEndpoint, ...(config.ws_endpoint === null ? [] : [config.ws_endpoint])] },
    ...{ hosts: config.mcp?.hosts ?? [], origins: config.allowed_origins },
    ...(token === undefined ? {} : { readToken: token }),
    ...(meters === undefined ? {} : { onRefused: (code) => meters.refused("agent", code) }),
  });
  if (around.idle === true) return { config, assembled, doors, policy: serving };
  const watch = watchPolicy({
    ...{ serving, swap, clock, stamp: () => policyStamp(folder) },
    read: () => {
      const now = readConfig(folder);
      const next = servingPolicyOf(folder, now, directory, crypto);
      const judge = cedarPolicy(next.files, { crypto, templates });
      const strange = strangePools(judge.set, config.pools);
      // Nobody would see what it asks: at a start that is said, and here there is a set that is seen.
      if (strange.length > 0) throw new CountersignError("E_POL_SET", `Pools that are not here: ${strange.join(" ")}.`);
      return { serving: next, policy: judge };
    },
    keep: (next) => {
      const { store, records } = assembled.core;
      keepServing(next, { store, records, crypto, kid: keys.request.kid, now: Math.floor(clock.nowMs() / 1000) });
    },
    onTaken: ({ id, version }) => logger.warn("policy.reloaded", { id, version }),
    onRefused: (fault) =>
      logger.error("policy.refused", { code: fault instanceof CountersignError ? fault.code : fault.name }),
  });
  const unwatched = (close: () => Promise<void>) => async (): Promise<void> => {
    watch.close();
    await close();
  };
  return {
    ...{ config, policy: serving },
    assembled: { ...assembled, close: unwatched(() => assembled.close()) },
    doors: { ...doors, close: unwatched(() => doors.close()) },
  };
}

/** The policy that serves. What refuses it leaves nothing open behind. */
function judging(
  directory: Directory,
  folder: string,
  config: GatewayConfig,
  options: LoadOptions & { readonly logger: Logger },
) {
  try {
    const serving = servingPolicyOf(folder, config, directory, options.crypto);
    const policy = cedarPolicy(serving.files, options);
    const strange = strangePools(policy.set, config.pools);
    if (strange.length > 0) options.logger.warn("policy.pools-not-served", { pools: strange.join(" ") });
    return { serving, policy };
  } catch (error) {
    directory.close();
    throw error;
  }
}

function bundleOf(
  folder: string,
  { spiffe }: GatewayConfig,
  crypto: Crypto,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): TrustBundle | undefined {
  if (spiffe === undefined) return undefined;
  return trustBundleIn({
    ...{ file: path.resolve(folder, spiffe.bundle), trustDomain: spiffe.trust_domain, crypto },
    nowMs: () => clock.nowMs(),
    onUnreadable: () => logger.error("spiffe.bundle-unreadable"),
  });
}

function evidenceOf(folder: string, { evidence, fhir_base }: GatewayConfig): SendOptions | undefined {
  if (evidence === undefined) return undefined;
  const token = tokenIn(folder, evidence.token);
  const baseUrl = (evidence.fhir_base ?? fhir_base).replace(/\/$/, "");
  return { baseUrl, ids: evidence.ids, ...(token === undefined ? {} : { token }) };
}

function reviewersOf(folder: string, { review }: GatewayConfig): readonly ReviewPort[] {
  if (review === undefined) return [cueReviewer];
  const { timeout_ms: timeoutMs, token: file, ...where } = review;
  const token = tokenIn(folder, file);
  return [cueReviewer, modelReviewer({ ...where, timeoutMs, ...(token === undefined ? {} : { token }) })];
}

function tokenIn(folder: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const token = readText(path.resolve(folder, file)).trim();
  if (token === "") throw new CountersignError("E_CLI_INPUT", `${file} is empty.`);
  return token;
}
