import { existsSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import { CountersignError } from "#shared/protocol/error.ts";
import { ACTION_TYPES } from "#shared/protocol/names.ts";

import { toolMapping } from "../agents/mcp/mapping.ts";
import type { AgentBuild, RegisteredAgent } from "../ports.ts";
import type { TransportLimits } from "../transport/limits.ts";
import { readJson } from "./files.ts";

export const CONFIG_FILE = "gateway.json";

const text = (max: number) => z.string().min(1).max(max);
/** A path, relative to the data folder unless absolute. */
const file = text(1024);
/** A JWK: what it holds is checked with the others when the gateway opens. */
const registeredKey = z.looseObject({});

const serverFrame = {
  /** What the operator knows of this server: an error of its tools means that nothing was done. */
  errors: z.enum(["unknown", "nothing-done"]).default("unknown"),
  /** Tools that are FHIR interactions, by their names at this server. */
  map: z.record(text(128), toolMapping).optional(),
};
/** An MCP server behind the gateway: a program that it starts, or an address. */
const mcpServer = z.union([
  z.strictObject({
    command: z.tuple([text(1024)], text(4096)),
    env: z.record(z.string(), z.string()).default({}),
    cwd: file.optional(),
    ...serverFrame,
  }),
  /** `token`: file with the bearer token that the server asks for. */
  z.strictObject({ url: z.url({ protocol: /^https?$/ }), token: file.optional(), ...serverFrame }),
]);

const mcp = z.strictObject({
  servers: z.record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/), mcpServer),
  /** Who accepts a tool before agents see it: an operator, or, for trials, the first meeting with its server. */
  accept: z.enum(["operator", "first"]).default("operator"),
  /** Longest wait of a call without progress, seconds: clients give up after 60 s, `countersign mcp` after 120 s. */
  wait_s: z.int().positive().max(110).default(45),
  /** Further `Host` values under which agents reach the gateway (a proxy). */
  hosts: z.array(text(255)).max(16).default([]),
});

/** `gateway.json` in the data folder, written by `gateway init` and edited by hand. */
export const gatewayConfig = z.strictObject({
  format: z.literal("countersign-gateway/1"),
  /** Public address, an https URL without a slash at its end. */
  iss: z.url(),
  name: text(200),
  host: text(255),
  port: z.int().min(0).max(65_535),
  /** Where clients connect; null: the address that is bound. */
  ws_endpoint: text(1024).nullable(),
  /** `client_certificates`: agents may show one (`certs` in the agents' file). */
  tls: z.strictObject({ cert: file, key: file, client_certificates: z.boolean().optional() }).optional(),
  /** SPIFFE trust domain whose workloads may be agents, and the file with its bundle (a JWK set). */
  spiffe: z.strictObject({ trust_domain: z.string().regex(/^[a-z0-9._-]{1,255}$/), bundle: file }).optional(),
  directory: file,
  fhir_base: z.url(),
  /** File with a bearer token for reading the record, where the FHIR server asks for one. */
  fhir_read_token: file.optional(),
  /**
   * Where the record's `AuditEvent` and `Provenance` are written; nowhere unless given. `fhir_base` is the one above unless
   * given; `token` a file with the bearer token for writing; `ids`: who names the resources.
   */
  evidence: z
    .strictObject({
      fhir_base: z.url({ protocol: /^https?$/ }).optional(),
      token: file.optional(),
      ids: z.enum(["client", "server"]).default("client"),
    })
    .optional(),
  /** CDS Hooks services that are asked about orders, and as whom; none unless given. Their addresses are https, or loopback. */
  cds: z
    .strictObject({
      user: z.string().regex(/^[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/),
      services: z
        .array(
          z.strictObject({
            id: z.string().regex(/^[a-z0-9-]{1,32}$/),
            label: text(120),
            url: z.url().regex(/^https:\/\/|^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])[:/]/),
            hook: z.enum(["order-select", "order-sign"]),
            timeout_ms: z.int().min(100).max(20_000).default(5000),
          }),
        )
        .min(1)
        .max(8),
    })
    .optional(),
  /** A second look at each planned action by an OpenAI-compatible endpoint; none unless given. `token` is a file. */
  review: z
    .strictObject({
      url: z.url().regex(/^https:\/\/|^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])[:/]/),
      model: text(200),
      token: file.optional(),
      timeout_ms: z.int().min(100).max(20_000).default(8000),
    })
    .optional(),
  pools: z.array(text(64)).min(1).max(256),
  agents: file,
  /** The policy set that the directory signed (`countersign policy publish`); the one of the release unless given. */
  policy: file.optional(),
  /** Folder of the hospital's own templates, `*.json`. */
  templates: file.optional(),
  enf: z.enum(["strong", "gateway", "evidence"]),
  allowed_origins: z.array(text(512)).max(16),
  /** Where security keys are registered: approvers' assertions are bound to it (WebAuthn level 2, protocol.md V22). */
  webauthn: z.strictObject({ rp_id: text(253), origins: z.array(z.url()).min(1).max(16) }).optional(),
  /** How many sockets; a gateway behind a proxy sees one address for everybody. */
  limits: z
    .strictObject({
      connections: z.int().positive(),
      per_address: z.int().positive(),
      per_person: z.int().positive(),
      handshakes: z.int().positive(),
      handshakes_per_address: z.int().positive(),
    })
    .partial()
    .optional(),
  /** MCP servers behind the gateway; none unless given. */
  mcp: mcp.optional(),
  /** Socket of the adapter, where agents with `token` in the agents' file act themselves (mode B); `hosts`: its further names. */
  adapter: z
    .strictObject({
      host: text(255).default("127.0.0.1"),
      port: z.int().min(0).max(65_535),
      hosts: z.array(text(255)).max(16).default([]),
    })
    .optional(),
  /** Adapters that are processes of their own (`countersign gateway adapter`), and other servers that may introspect tokens. */
  adapters: z
    .array(
      z.strictObject({
        sub: z.url({ protocol: /^(?:https|urn|spiffe)$/ }).max(512),
        keys: z.array(registeredKey).min(1).max(8),
      }),
    )
    .max(64)
    .optional(),
  /** How long what has ended is kept, in years: two (21 CFR 1311.305, EPCS) to a hundred; ten unless given. */
  retention: z.strictObject({ years: z.int().min(2).max(100) }).optional(),
  /** Where `GET /metrics` is answered, on a socket of its own; nowhere unless given. */
  metrics: z.strictObject({ host: text(255).default("127.0.0.1"), port: z.int().min(0).max(65_535) }).optional(),
});
export type GatewayConfig = z.infer<typeof gatewayConfig>;

const agentsFile = z.array(
  z
    .strictObject({
      sub: text(512),
      name: text(200),
      model: text(200),
      owner: text(512),
      keys: z.array(registeredKey).max(8),
      token: z.boolean().optional(),
      jkt: z
        .string()
        .regex(/^[A-Za-z0-9_-]{43}$/)
        .optional(),
      certs: z
        .array(z.string().regex(/^[A-Za-z0-9_-]{43}$/))
        .max(8)
        .optional(),
      spiffe: z
        .string()
        .regex(/^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/[A-Za-z0-9._-]+)+(?:\/\*)?$/)
        .max(512)
        .optional(),
      obo: text(512).optional(),
      actions: z.array(z.enum(ACTION_TYPES)),
      /** Reading, writing, administering; the first two unless given. */
      permissions: z.array(z.enum(["read", "write", "administer"])).optional(),
      environment: text(64).optional(),
      purpose: text(300).optional(),
      /** What it is made of: another one is another agent (AISVS 9.2.5). */
      build: z
        .strictObject({ tools: z.array(text(128)).max(256), prompt: text(128), parameters: text(128) })
        .partial()
        .optional(),
    })
    // SECURITY: a token that leaves the gateway is bound to a key that the approver saw (T-27).
    .refine(
      ({ token, jkt, certs = [] }) => token !== true || jkt !== undefined || certs.length > 0,
      "token: an agent that gets tokens needs jkt or certs",
    ),
);

/** @throws CountersignError `E_CLI_INPUT` naming the member that is wrong, `E_FMT_*` */
export function readConfig(folder: string): GatewayConfig {
  const config = path.join(folder, CONFIG_FILE);
  if (!existsSync(config)) {
    throw new CountersignError(
      "E_CLI_INPUT",
      `There is no gateway in ${folder}. Make one with "countersign gateway init", or give --data its folder.`,
    );
  }
  return checked(gatewayConfig, config);
}

/** The agents this gateway serves; names and owners come from here, never from an agent. @throws as {@link readConfig} */
export function readAgents(folder: string, config: GatewayConfig): readonly RegisteredAgent[] {
  return checked(agentsFile, path.resolve(folder, config.agents)).map((agent) => {
    const { token, jkt, certs, spiffe, obo, permissions, environment, purpose, build, ...rest } = agent;
    return {
      ...rest,
      ...(token === undefined ? {} : { token }),
      ...(jkt === undefined ? {} : { jkt }),
      ...(certs === undefined ? {} : { certs }),
      ...(spiffe === undefined ? {} : { spiffe }),
      ...(obo === undefined ? {} : { obo }),
      ...(permissions === undefined ? {} : { permissions }),
      ...(environment === undefined ? {} : { environment }),
      ...(purpose === undefined ? {} : { purpose }),
      ...(build === undefined ? {} : { build: definedOf(build) }),
    };
  });
}

function definedOf({
  tools,
  prompt,
  parameters,
}: NonNullable<z.infer<typeof agentsFile>[number]["build"]>): AgentBuild {
  return {
    ...(tools === undefined ? {} : { tools }),
    ...(prompt === undefined ? {} : { prompt }),
    ...(parameters === undefined ? {} : { parameters }),
  };
}

function checked<T>(schema: z.ZodType<T>, from: string): T {
  const parsed = schema.safeParse(readJson(from));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.map(String).join(".") ?? "";
  throw new CountersignError("E_CLI_INPUT", `${from}: ${where === "" ? "" : `${where}: `}${issue?.message ?? "wrong"}`);
}

/** The configured limits under the names of the network side. */
export function limitsOf({ limits = {} }: Pick<GatewayConfig, "limits">): Partial<TransportLimits> {
  const named = {
    maxConnections: limits.connections,
    perAddress: limits.per_address,
    perPerson: limits.per_person,
    handshakes: limits.handshakes,
    handshakesPerAddress: limits.handshakes_per_address,
  };
  return Object.fromEntries(Object.entries(named).filter(([, limit]) => limit !== undefined));
}
