import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { contentDigest } from "#shared/protocol/digest.ts";
import { TYP, type Typ } from "#shared/protocol/names.ts";

import { startFhirServer, type FhirServer } from "../../../demo/fhir/server.ts";
import { createGateway, type Gateway } from "../../../gateway/index.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { crypto } from "../device.ts";
import { registryKeys } from "./identity/kit.ts";
import { orderBody, seed } from "./kit.ts";

const SUB = "urn:agent:fuzz";
const SECONDS = Number(process.env["COUNTERSIGN_FUZZ_SECONDS"] ?? 2);
const PATHS = [
  ...["/fhir/MedicationRequest", "/fhir/Observation/w", "/fhir", "/fhir/", "/fhir/Patient/%zz", "/fhir/a/b/c/d"],
  ...["/countersign/v1/requests", "/countersign/v1/tasks/x", "/countersign/v1/tasks/"],
  ...["/countersign/v1/bc-authorize", "/countersign/v1/token", "/countersign/v1/mcp"],
  ...["/countersign/v1/introspect", "/countersign/v1/adapter/use"],
];
const METHODS = ["POST", "PUT", "PATCH", "DELETE", "GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND"];
const MEDIA = [
  ...["application/fhir+json", "application/json", "application/json-patch+json", "text/plain", ""],
  ...["application/x-www-form-urlencoded", "application/json; charset=utf-16", "multipart/form-data; boundary=x"],
];
const BODIES: readonly (string | Buffer)[] = [
  ...["", "{", "null", "[]", "true", '"text"', "{}", "\u0000", "a=b", "request=x&request=y", "token=x"],
  ...[orderBody(), '{"operation":{}}', '{"operation":{"method":"POST","url":"../x","body":""}}'],
  ...[
    "[".repeat(20_000),
    '{"a":'.repeat(5000),
    '{"a":1,"a":2}',
    '{"__proto__":{"x":1}}',
    '{"a":1e999}',
    '{"a":"\\ud800"}',
  ],
  ...[
    '{"jsonrpc":"2.0","id":1,"method":"tools/call"}',
    '[{"jsonrpc":"2.0"}]',
    '{"jsonrpc":"2.0","method":"initialize"}',
  ],
  ...[Buffer.from([0xff, 0xfe, 0xfd]), Buffer.from("\ufeff{}"), Buffer.alloc(140 * 1024, "a"), randomBytes(64)],
];

describe("what agents send that makes no sense, at every door", () => {
  const folder = mkdtempSync(join(tmpdir(), "countersign-doors-"));
  const key = generateKey("ES256");
  const faults: unknown[] = [];
  let fhir: FhirServer;
  let gateway: Gateway;
  let passed = 0;
  beforeAll(async () => {
    fhir = await startFhirServer({ port: 0, seed });
    const error = (event: string, fields?: unknown): void => void faults.push([event, fields]);
    gateway = await createGateway({
      ...{ data: folder, fhir: fhir.baseUrl, pools: ["clinicians"], mcp: { servers: {} } },
      // A second passes with each request, so that limits by time do not answer in the doors' place.
      clock: { ...systemClock, nowMs: () => Date.now() + passed },
      agents: [
        {
          ...{ sub: SUB, name: "Fuzz", model: "m/1", owner: "o", keys: [registryKeys(key)] },
          actions: ["order.create", "order.modify", "record.update", "tool.call"],
        },
      ],
      logger: { info: () => undefined, warn: () => undefined, error },
    });
  }, 60_000);
  afterAll(async () => {
    await gateway.close();
    await fhir.close();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Sent {
    readonly method: string;
    readonly path: string;
    readonly media: string;
    readonly body: string | Buffer;
    readonly credential: string;
    readonly more: readonly string[];
  }
  const now = (): number => Math.floor((Date.now() + passed) / 1000);
  function credentialOf({ credential, method, body }: Sent): string[] {
    const claims = {
      iss: SUB,
      sub: SUB,
      aud: gateway.iss,
      iat: now(),
      exp: now() + 60,
      jti: randomBytes(12).toString("hex"),
    };
    const text = Buffer.isBuffer(body) ? body.toString("latin1") : body;
    const bound = { ...claims, htm: method, content_digest: contentDigest(crypto, text) };
    const sign = (value: object, typ: Typ = TYP.clientAssertion): string => makeSigner(key).sign(typ, value);
    const tokens: Readonly<Record<string, string>> = {
      ...{ good: sign(bound), loose: sign(claims), expired: sign({ ...claims, exp: now() - 400, iat: now() - 500 }) },
      ...{ kind: sign(claims, TYP.session), foreign: sign({ ...claims, aud: "https://else.example" }) },
      ...{
        stranger: sign({ ...claims, iss: "urn:nobody", sub: "urn:nobody" }),
        none: "",
        junk: "a.b.c",
        long: "x".repeat(5000),
      },
      alg: `${Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url")}.e30.`,
    };
    const token = tokens[credential] ?? "";
    return token === "" ? [] : ["authorization", `Bearer ${token}`];
  }

  /** Raw, so that headers can come twice and methods be anything. Undefined: the connection was closed without an answer. */
  const send = (sent: Sent): Promise<{ readonly status: number; readonly body: string } | undefined> =>
    new Promise((done) => {
      const { hostname, port } = new URL(gateway.url);
      const headers = ["host", new URL(gateway.url).host, ...credentialOf(sent), ...sent.more];
      if (sent.media !== "") headers.push("content-type", sent.media);
      if (sent.body.length > 0) headers.push("content-length", String(Buffer.byteLength(sent.body)));
      const asked = httpRequest({ hostname, port, method: sent.method, path: sent.path, headers, agent: false });
      asked.once("response", (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (part: string) => (body += part));
        response.once("close", () => done({ status: response.statusCode ?? 0, body }));
        // A stream that is held open is an answer too.
        if (response.headers["content-type"]?.startsWith("text/event-stream") === true) response.destroy();
      });
      asked.once("error", () => done(undefined));
      asked.end(sent.body);
    });

  const anything: fc.Arbitrary<Sent> = fc.record({
    method: fc.constantFrom(...METHODS),
    path: fc.oneof(
      fc.constantFrom(...PATHS),
      fc.tuple(fc.constantFrom(...PATHS), fc.webQueryParameters()).map(([path, query]) => `${path}?${query}`),
    ),
    media: fc.constantFrom(...MEDIA),
    body: fc.oneof(fc.constantFrom(...BODIES), fc.json(), fc.string({ maxLength: 200 })),
    credential: fc.constantFrom(
      ...["good", "good", "good", "loose", "expired", "kind", "foreign", "stranger", "none", "junk", "long", "alg"],
    ),
    more: fc.constantFrom<readonly string[]>(
      ...[
        [],
        ["dpop", "a.b.c"],
        ["dpop", "a", "dpop", "b"],
        ["if-match", "*"],
        ["idempotency-key", '"'],
        ["prefer", "wait=x"],
      ],
      ...[
        ["countersign-context", "%%"],
        ["countersign-context", "e30", "countersign-context", "e30"],
        ["mcp-session-id", "x"],
      ],
      ...[
        ["content-encoding", "gzip"],
        ["origin", "https://evil.example"],
        ["idempotency-key", "x".repeat(300)],
      ],
    ),
  });

  it(
    "gets an answer that says what was wrong: never a 5xx of ours, never an empty success",
    async () => {
      const until = performance.now() + SECONDS * 1000;
      let [n, slowed] = [0, 0];
      await fc.assert(
        fc.asyncProperty(anything, async (sent) => {
          if (performance.now() > until) return;
          n++;
          passed += 1000;
          const answer = await send(sent);
          if (answer === undefined) return;
          if (answer.status === 429) slowed++;
          const what = `${JSON.stringify({ ...sent, body: String(sent.body).slice(0, 80) })} → ${String(answer.status)} ${answer.body.slice(0, 200)}`;
          // 502 and 503 say that the record, or the gateway, cannot be asked now, and why.
          expect([500, 501, 504].includes(answer.status), what).toBe(false);
          if (sent.method === "HEAD" || answer.status === 204) return;
          if (answer.status >= 400) expect(answer.body, what).toMatch(/E_[A-Z_]+|"error"/);
          else if (answer.status < 300)
            expect(answer.body.length + (sent.path.includes("/mcp") ? 1 : 0), what).toBeGreaterThan(1);
        }),
        { numRuns: Math.ceil(SECONDS * 2000), endOnFailure: true },
      );
      expect(n).toBeGreaterThan(100);
      expect(slowed).toBeLessThan(n / 4);
      expect(faults).toEqual([]);
    },
    60_000 + SECONDS * 1000,
  );
});
