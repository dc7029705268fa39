import { expect, it } from "vitest";

import { clientBodies, gatewayBodies } from "#shared/protocol/messages.ts";
import { SIGNED } from "#shared/protocol/verify/signed.ts";

import { schemaFiles, writtenFiles } from "../../scripts/schemas.mjs";

const written = writtenFiles();
const read = (name: string): unknown => JSON.parse(written.get(name) ?? "null");

/** Every `$ref` below a value. */
function refsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, v]) => (name === "$ref" && typeof v === "string" ? [v] : refsIn(v)));
}

it("docs/schema holds what the source says and nothing else (run: node scripts/schemas.mjs)", () => {
  const wanted = schemaFiles();
  expect([...written.keys()].sort()).toEqual([...wanted.keys()].sort());
  for (const [name, text] of wanted) expect(written.get(name), name).toBe(text);
});

it("there is a schema of every signed object and of every message body", () => {
  for (const kind of Object.keys(SIGNED)) expect(read(`signed/${kind}.json`), kind).toMatchObject({ type: "object" });
  for (const [side, bodies] of Object.entries({ client: clientBodies, gateway: gatewayBodies })) {
    for (const type of Object.keys(bodies)) {
      expect(read(`messages/${side}/${type}.json`), type).toMatchObject({ type: "object" });
    }
  }
});

it("the schema of a decision says what V7 does: required members, digests' form, unknown members allowed", () => {
  const decision = read("signed/decision.json");
  expect(decision).toMatchObject({
    required: expect.arrayContaining(["rid", "rev", "nonce", "req_dig", "decision", "chain"]) as unknown,
    properties: { req_dig: { pattern: "^sha-256:[A-Za-z0-9_-]{43}$" }, ver: { const: 1 } },
    additionalProperties: {},
  });
});

it("every reference of the AsyncAPI document leads somewhere", () => {
  const document = read("asyncapi.json");
  expect(document).toMatchObject({ asyncapi: "3.0.0" });
  const refs = refsIn(document);
  expect(refs.length).toBeGreaterThan(150);
  for (const ref of refs) {
    if (ref.startsWith("./")) {
      expect(written.has(ref.slice(2)), ref).toBe(true);
      continue;
    }
    let at: unknown = document;
    for (const step of ref.slice(2).split("/")) at = (at as Record<string, unknown> | undefined)?.[step];
    expect(at, ref).toBeDefined();
  }
});
