import { existsSync } from "node:fs";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { generateKey, makeSigner, type PrivateJwk } from "#shared/crypto/sign.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { createAgent } from "../agents/client.ts";
import { fhirExecutor } from "../executor/fhir.ts";
import { remoteGrants } from "../executor/remote-grants.ts";
import { serveAdapter } from "../executor/serve-adapter.ts";
import { command, need, usageError } from "./command.ts";
import { readJson, writeNew } from "./files.ts";
import { privateJwk } from "./gateway-keys.ts";
import type { Io } from "./io.ts";
import { jsonLogger } from "./json-logger.ts";

const NAME = "gateway adapter";

/** `gateway adapter`: the front of a FHIR server on another host than the gateway (protocol.md 3.15.6). */
export const gatewayAdapter = command({
  name: NAME,
  usage:
    "--gateway URL --sub NAME --key FILE --fhir-base URL [--to URL] [--host ADDRESS] [--port N] [--tls-cert FILE --tls-key FILE] [--client-certificates] [--hosts NAMES] [--iss ISSUER]",
  summary:
    "Stands before a FHIR server and lets through what a person approved, once, asking the gateway each time. Where the key is not there yet it is made and its public half printed, for adapters in gateway.json.",
  takes: 0,
  options: {
    gateway: { type: "string" },
    sub: { type: "string" },
    key: { type: "string" },
    "fhir-base": { type: "string" },
    to: { type: "string" },
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "0" },
    "tls-cert": { type: "string" },
    "tls-key": { type: "string" },
    "client-certificates": { type: "boolean", default: false },
    hosts: { type: "string", default: "" },
    iss: { type: "string" },
  },
  async run({ values, io }) {
    const stopped = io.stopped();
    const sub = need(values.sub, NAME, "sub");
    const file = need(values.key, NAME, "key");
    if (!existsSync(file)) return makeKey(sub, file, io);
    const gateway = addressOf(need(values.gateway, NAME, "gateway"));
    const fhirBase = addressOf(need(values["fhir-base"], NAME, "fhir-base"));
    const upstream = values.to === undefined ? fhirBase : addressOf(values.to);
    const logger = jsonLogger((line) => io.err(line), io.clock, io.env["COUNTERSIGN_LOG"] ?? "warn");
    // SECURITY: a fault's words may quote what was read (protocol.md 3.19).
    io.onCrash((error) => {
      logger.error("process.fault", { error: error instanceof Error ? error.name : typeof error });
    });
    const { mcp } = createAgent({
      ...{ gateway, sub, key: keyIn(file), nowMs: () => io.clock.nowMs() },
      ...(values.iss === undefined ? {} : { issuer: values.iss }),
    });
    const adapter = await serveAdapter({
      ...{ crypto: makeNodeCrypto(), clock: io.clock, logger, fhirBase, upstream },
      ...{
        host: values.host,
        port: portOf(values.port),
        hosts: values.hosts.split(/[\s,]+/).filter((name) => name !== ""),
      },
      ...(values["tls-cert"] === undefined || values["tls-key"] === undefined
        ? {}
        : {
            tls: {
              ...{ certFile: values["tls-cert"], keyFile: values["tls-key"] },
              clientCertificates: values["client-certificates"],
            },
          }),
      executor: fhirExecutor({ baseUrl: upstream }),
      grants: remoteGrants({ gateway, ask: mcp.fetch, logger }),
    });
    io.out(JSON.stringify({ adapter_url: adapter.url, gateway, fhir_base: fhirBase }));
    await stopped;
    await adapter.close();
    return 0;
  },
});

/** What an operator puts into `adapters` of gateway.json. */
function makeKey(sub: string, file: string, io: Io): number {
  const key = generateKey("ES256");
  writeNew(file, `${JSON.stringify(key)}\n`, true);
  const { kid, jwk } = makeSigner(key);
  const { kty, crv, x, y, alg } = jwk;
  io.out(JSON.stringify({ sub, keys: [{ kty, crv, x, ...(y === undefined ? {} : { y }), alg, kid }] }));
  io.err('A new key was made. Put the line above into "adapters" of gateway.json, start the gateway, then this again.');
  return 0;
}

function keyIn(file: string): PrivateJwk {
  const key = privateJwk.safeParse(readJson(file));
  if (!key.success) throw new CountersignError("E_CLI_INPUT", `${file} holds no private key (JWK).`);
  return key.data;
}

/** SECURITY: tokens and patients' data go over TLS, or stay on this computer (README decision 17). */
function addressOf(given: string): string {
  const address = URL.canParse(given) ? new URL(given) : undefined;
  const isHere = ["localhost", "127.0.0.1", "[::1]"].includes(address?.hostname ?? "");
  if (address?.protocol !== "https:" && !(address?.protocol === "http:" && isHere)) {
    throw new CountersignError("E_TLS", `${given} is neither https nor on this computer.`);
  }
  return given.replace(/\/$/, "");
}

function portOf(given: string): number {
  if (!/^\d{1,5}$/.test(given) || Number(given) > 65_535) throw usageError(NAME, `cannot use ${given} as a port`);
  return Number(given);
}
