// Writes docs/schema/: JSON Schema (2020-12) of every signed object, message body and file of the protocol, and an AsyncAPI
// 3.0 document of the WebSocket, all from the schemas that the product itself parses with, so that a gateway or a client
// can be written in another language. Run it after a change there: node scripts/schemas.mjs. A test fails until it was.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { bundle } from "#shared/protocol/bundle.ts";
import { erasedRecord } from "#shared/protocol/evidence/erased-record.ts";
import { enrolmentTicket } from "#shared/protocol/claims/session.ts";
import { REPORT_FILTERS } from "#shared/reports/filter.ts";
import { reportPages } from "#shared/reports/page.ts";
import { clientBodies, CLOSE, envelope, gatewayBodies } from "#shared/protocol/messages.ts";
import { CODES } from "#shared/protocol/registry.ts";
import { template } from "#shared/protocol/template.ts";
import { SIGNED } from "#shared/protocol/verify/signed.ts";
import { inRoot, isMain } from "./project.mjs";

export const FOLDER = inRoot("docs/schema");

/**
 * What answers a client's message (docs/protocol.md 3.4.3); `error` may answer any.
 * @type {Partial<Record<keyof typeof clientBodies, readonly (keyof typeof gatewayBodies)[]>>}
 */
const ANSWERS = {
  hello: ["challenge"],
  auth: ["ready"],
  "enrol.begin": ["enrol.challenge", "enrol.pending", "enrol.done"],
  "enrol.complete": ["enrol.pending", "enrol.done"],
  "enrol.rotate": ["enrol.pending", "enrol.done"],
  "enrol.revoke": ["ok"],
  subscribe: ["subscribed"],
  "action.claim": ["action.claimed"],
  "statement.submit": ["statement.receipt"],
  "decision.submit": ["decision.receipt"],
  "history.query": ["history.page"],
  "report.query": ["report.page"],
  "log.proof": ["log.proof"],
  "log.consistency": ["log.consistency"],
  "log.cosign": ["ok"],
  ping: ["pong"],
};

/** @param {z.ZodType} schema @param {{ title: string, description?: string }} about */
const jsonSchema = (schema, about) => ({ ...about, ...z.toJSONSchema(schema, { io: "input" }) });

/** @typedef {"client" | "gateway"} Side */

/** @type {Readonly<Record<Side, Readonly<Record<string, z.ZodType>>>>} */
const BODIES = { client: clientBodies, gateway: gatewayBodies };
/** @param {Side} side @param {string} type */
const messageName = (side, type) => `${side}.${type}`;

function asyncApi() {
  const named = /** @type {const} */ (["client", "gateway"]).flatMap((side) =>
    Object.keys(BODIES[side]).map((type) => ({ side, type, name: messageName(side, type) })),
  );
  /** @param {string} name */
  const ref = (name) => ({ $ref: `#/channels/feed/messages/${name.replaceAll("/", "~1")}` });
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Countersign WebSocket, protocol version 1",
      version: "1",
      description:
        "Seen from the gateway: it receives what clients send. docs/protocol.md is normative; this file is generated. Envelopes are not signed; what counts is in the JWS they carry.",
      license: { name: "Apache-2.0" },
    },
    defaultContentType: "application/json",
    servers: {
      gateway: {
        host: "{host}",
        protocol: "wss",
        description: "The `ws_endpoint` of the gateway's credential; subprotocol `countersign.v1`, text frames.",
        variables: { host: { description: "Host and port of the gateway." } },
      },
    },
    channels: {
      feed: {
        address: null,
        description: `One socket for everything. It closes with one of: ${Object.entries(CLOSE)
          .map(([name, code]) => `${String(code)} ${name}`)
          .join(", ")}.`,
        servers: [{ $ref: "#/servers/gateway" }],
        messages: Object.fromEntries(named.map(({ name }) => [name, { $ref: `#/components/messages/${name}` }])),
        bindings: { ws: { method: "GET" } },
      },
    },
    operations: Object.fromEntries(
      named.map(({ side, type, name }) => {
        const answers = side === "client" ? ANSWERS[/** @type {keyof typeof clientBodies} */ (type)] : undefined;
        const replies = answers && [...answers, "error"].map((answer) => ref(messageName("gateway", answer)));
        return [
          name,
          {
            action: side === "client" ? "receive" : "send",
            channel: { $ref: "#/channels/feed" },
            messages: [ref(name)],
            ...(replies ? { reply: { channel: { $ref: "#/channels/feed" }, messages: replies } } : {}),
          },
        ];
      }),
    ),
    components: {
      messages: Object.fromEntries(
        named.map(({ side, type, name }) => [
          name,
          {
            name: type,
            correlationId: { location: side === "client" ? "$message.payload#/id" : "$message.payload#/re" },
            payload: {
              allOf: [
                { $ref: "./envelope.json" },
                { properties: { type: { const: type }, body: { $ref: `./messages/${side}/${type}.json` } } },
              ],
            },
          },
        ]),
      ),
    },
    "x-codes": CODES,
  };
}

/** Every generated file: its path under docs/schema and its text. @returns {ReadonlyMap<string, string>} */
export function schemaFiles() {
  const signed = Object.entries(SIGNED).map(([kind, { typ, schema, understood }]) => {
    const description = `Claims of a compact JWS whose header has typ "${typ}" and, as critical claims, at most: ${understood.join(", ") || "none"}.`;
    return /** @type {const} */ ([`signed/${kind}.json`, jsonSchema(schema, { title: typ, description })]);
  });
  const messages = /** @type {const} */ (["client", "gateway"]).flatMap((side) =>
    Object.entries(BODIES[side]).map(
      ([type, schema]) =>
        /** @type {const} */ ([
          `messages/${side}/${type}.json`,
          jsonSchema(schema, { title: `Body of ${type}, sent by the ${side}` }),
        ]),
    ),
  );
  const reports = Object.entries(reportPages).map(
    ([name, schema]) =>
      /** @type {const} */ ([`reports/${name}.json`, jsonSchema(schema, { title: `report.page of the name ${name}` })]),
  );
  const filters = Object.entries(REPORT_FILTERS).map(
    ([name, schema]) =>
      /** @type {const} */ ([
        `reports/filters/${name}.json`,
        jsonSchema(schema, { title: `Filter of report.query of the name ${name}` }),
      ]),
  );
  const files = [
    ...signed,
    ...messages,
    ...reports,
    ...filters,
    /** @type {const} */ (["envelope.json", jsonSchema(envelope, { title: "Envelope of every message" })]),
    /** @type {const} */ (["ticket.json", jsonSchema(enrolmentTicket, { title: "Enrolment ticket" })]),
    /** @type {const} */ (["bundle.json", jsonSchema(bundle, { title: "Evidence bundle, countersign-bundle/1" })]),
    /** @type {const} */ ([
      "erased.json",
      jsonSchema(erasedRecord, { title: "What is left of an erased request, countersign-erased/1" }),
    ]),
    /** @type {const} */ (["template.json", jsonSchema(template, { title: "Display template" })]),
    /** @type {const} */ (["asyncapi.json", asyncApi()]),
  ];
  return new Map(files.map(([name, value]) => [name, `${JSON.stringify(value, undefined, 2)}\n`]));
}

/** The files that are there now. @returns {ReadonlyMap<string, string>} */
export function writtenFiles() {
  const names = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"));
  return new Map(names.map((name) => [name.replaceAll("\\", "/"), readFileSync(path.join(FOLDER, name), "utf8")]));
}

if (isMain(import.meta.url)) {
  rmSync(FOLDER, { recursive: true, force: true });
  for (const [name, text] of schemaFiles()) {
    const file = path.join(FOLDER, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
