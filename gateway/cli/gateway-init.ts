import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { ACTION_TYPES, NAMESPACE } from "#shared/protocol/names.ts";

import type { Template } from "#shared/protocol/template.ts";

import type { GatewayRegistration } from "../directory/authority.ts";
import { hasRootKey, openAuthority } from "../directory/directory.ts";
import { loadPolicies, SHIPPED_FILES, type LoadedPolicies } from "../policy/cedar/load.ts";
import { poolsOf } from "../policy/cedar/pools.ts";
import type { RegisteredAgent } from "../ports.ts";
import { replaceFile } from "../store/replace-file.ts";
import { isLoopback } from "../transport/listen.ts";
import { FEED_PATH } from "../transport/upgrade.ts";
import { command, need } from "./command.ts";
import { CONFIG_FILE, gatewayConfig, type GatewayConfig } from "./config.ts";
import { issuer } from "./directory-init.ts";
import { listOf } from "./directory-session.ts";
import { writeNew } from "./files.ts";
import { DATA_OPTION, dataFolder, DIRECTORY_OPTION, directoryFolder } from "./folders.ts";
import { makeKeys } from "./gateway-keys.ts";
import type { Io } from "./io.ts";
import { readPolicyFolder } from "./policy-folder.ts";
import { POLICY_FILE } from "./policy-file.ts";
import { signPolicy } from "./policy-sign.ts";
import { registrationOf } from "./registration.ts";
import { readTemplates } from "./templates.ts";

const NAME = "gateway init";
const DEFAULT_PORT = "7443";
export const REGISTRATION_FILE = "registration.json";

const OPTIONS = {
  ...DATA_OPTION,
  ...DIRECTORY_OPTION,
  iss: { type: "string" },
  "fhir-base": { type: "string" },
  name: { type: "string" },
  pools: { type: "string" },
  host: { type: "string", default: "127.0.0.1" },
  port: { type: "string", default: DEFAULT_PORT },
  "ws-endpoint": { type: "string" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  policy: { type: "string" },
  templates: { type: "string" },
  "rp-id": { type: "string" },
  "rp-origins": { type: "string" },
} as const;
type Typed = { readonly [O in keyof typeof OPTIONS]?: string | undefined };

/** Makes a gateway's data folder: configuration, keys, agents, and the registration for the directory. */
export const gatewayInit = command({
  name: NAME,
  usage:
    "--iss https://gw.hospital.example --fhir-base URL [--data FOLDER] [--directory FOLDER] [--name TEXT] [--pools A,B] [--host ADDRESS] [--port N] [--ws-endpoint URL] [--tls-cert FILE --tls-key FILE] [--policy FOLDER] [--templates FOLDER] [--rp-id HOST --rp-origins URL,URL]",
  summary:
    "Makes a gateway: keys, configuration and agents. Where the directory's root key is at hand it is vouched for at once.",
  takes: 0,
  options: OPTIONS,
  run({ values, io }) {
    const folder = dataFolder(values.data, io);
    const { config, templates, policies } = configOf(values, folder, io);
    if (existsSync(path.join(folder, CONFIG_FILE))) {
      throw new CountersignError("E_CLI_INPUT", `${folder} holds a gateway already. Nothing was changed.`);
    }
    makeFolder(folder);
    const keys = makeKeys(folder);
    writeNew(path.join(folder, config.agents), `${JSON.stringify([commandLineAgent(config.iss)], undefined, 2)}\n`);
    writeNew(path.join(folder, CONFIG_FILE), `${JSON.stringify(config, undefined, 2)}\n`);
    const crypto = makeNodeCrypto();
    const endpoint = config.ws_endpoint ?? boundEndpoint(config);
    const registration = registrationOf(crypto, config, keys, templates, endpoint);
    writeRegistration(folder, registration);
    const vouched = vouchOrSay(config, registration, io);
    if (values.policy !== undefined) publishOrSay(folder, values.policy, config, policies, io);
    io.out(JSON.stringify({ iss: config.iss, folder, ws_endpoint: endpoint, kid: keys.request.kid, vouched }));
    return 0;
  },
});

/** What was typed as a configuration, judged before anything is made. @throws CountersignError `E_CLI_INPUT`, `E_TLS`, `E_CLM_SHAPE` */
function configOf(
  values: Typed,
  folder: string,
  io: Io,
): { readonly config: GatewayConfig; readonly templates: readonly Template[]; readonly policies: LoadedPolicies } {
  const tls = tlsOf(values["tls-cert"], values["tls-key"]);
  const iss = issuer(need(values.iss, NAME, "iss"));
  const own = {
    ...(values.policy === undefined ? {} : { policy: POLICY_FILE }),
    ...(values.templates === undefined ? {} : { templates: path.resolve(values.templates) }),
  };
  const templates = readTemplates(folder, own);
  // A set that cannot be served is refused now, not at the first start.
  const files = values.policy === undefined ? SHIPPED_FILES : readPolicyFolder(values.policy).files;
  const policies = loadPolicies(files, { crypto: makeNodeCrypto(), templates });
  const parsed = gatewayConfig.safeParse({
    format: "countersign-gateway/1",
    iss,
    name: values.name ?? new URL(iss).host,
    host: values.host ?? "",
    port: Number(values.port),
    ws_endpoint: values["ws-endpoint"] ?? null,
    ...(tls === undefined ? {} : { tls }),
    directory: directoryFolder(values.directory, io),
    fhir_base: need(values["fhir-base"], NAME, "fhir-base").replace(/\/$/, ""),
    pools: [...(values.pools === undefined ? poolsOf(policies) : listOf(values.pools))],
    agents: "agents.json",
    ...own,
    enf: "gateway",
    allowed_origins: [],
    ...webauthnOf(values["rp-id"], values["rp-origins"]),
  } satisfies GatewayConfig);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new CountersignError("E_CLI_INPUT", `--${String(issue?.path[0]).replace("_", "-")}: ${issue?.message ?? ""}`);
  }
  const config = parsed.data;
  if (config.tls === undefined && !isLoopback(config.host)) {
    throw new CountersignError("E_TLS", `${config.host} is not a loopback address: give --tls-cert and --tls-key.`);
  }
  return { config, templates, policies };
}

/** What the directory has to sign, beside what it is about. */
export function writeRegistration(folder: string, registration: GatewayRegistration): void {
  replaceFile(path.join(folder, REGISTRATION_FILE), `${JSON.stringify(registration, undefined, 2)}\n`);
}

/**
 * Has the directory sign where its root key is at hand, and says what to do where not. Returns whether it has signed.
 * SECURITY: where the root key lies beside the gateway, it is said: one process with two keys (protocol.md 3.1).
 */
export function vouchOrSay(config: GatewayConfig, registration: GatewayRegistration, io: Io): boolean {
  if (!hasRootKey(config.directory)) {
    io.err(`Next, where the directory's root key is kept: countersign directory vouch ${REGISTRATION_FILE}`);
    return false;
  }
  const authority = openAuthority(config.directory, { clock: io.clock });
  try {
    authority.vouch(registration);
  } finally {
    authority.close();
  }
  io.err("The directory's root key is on this host too. That is for trials: a hospital keeps it elsewhere.");
  return true;
}

/** The address a gateway binds, as its clients see it. */
export function boundEndpoint({ tls, host, port }: Pick<GatewayConfig, "tls" | "host" | "port">): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return `${tls === undefined ? "ws" : "wss"}://${name}:${port}${FEED_PATH}`;
}

function tlsOf(cert: string | undefined, key: string | undefined): { cert: string; key: string } | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new CountersignError("E_TLS", "TLS needs both --tls-cert and --tls-key.");
  }
  return { cert: path.resolve(cert), key: path.resolve(key) };
}

/** Security keys are bound to both, so neither goes without the other. */
function webauthnOf(rpId: string | undefined, origins: string | undefined): Pick<GatewayConfig, "webauthn"> {
  if (rpId === undefined && origins === undefined) return {};
  if (rpId === undefined || origins === undefined) {
    throw new CountersignError("E_CLI_INPUT", "Security keys need both --rp-id and --rp-origins.");
  }
  return { webauthn: { rp_id: rpId, origins: [...listOf(origins)] } };
}

/** Has the directory sign the policy where its root key is at hand, and says what to do where not. */
function publishOrSay(folder: string, from: string, config: GatewayConfig, { manifest }: LoadedPolicies, io: Io): void {
  const { files } = readPolicyFolder(from);
  if (!hasRootKey(config.directory)) {
    io.err(
      `Next, where the directory's root key is kept: countersign policy publish ${from} --gateway ${config.iss} --out ${POLICY_FILE}; then put ${POLICY_FILE} into ${folder}.`,
    );
    return;
  }
  const jws = signPolicy(config.directory, { gateway: config.iss, id: manifest.id, version: manifest.ver, files }, io);
  replaceFile(path.join(folder, POLICY_FILE), `${jws}\n`);
}

/** The agent that `gateway raise` speaks for. It has no key, so it cannot use the agents' doors. */
const commandLineAgent = (iss: string): RegisteredAgent => ({
  sub: `${NAMESPACE}agent:command-line`,
  name: "Command line",
  model: "none",
  owner: `${iss}/operators`,
  keys: [],
  actions: ACTION_TYPES,
});

/** @throws CountersignError `E_STORE_READONLY` */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new CountersignError("E_STORE_READONLY", `The data folder ${folder} cannot be made. Check its permissions.`, {
      cause,
    });
  }
}
