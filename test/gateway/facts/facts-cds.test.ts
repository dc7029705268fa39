import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { createLocalJWKSet, jwtVerify } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";

import type { FactsPort, RequestDraft } from "../../../gateway/ports.ts";
import { factsWithCds, type CdsService } from "../../../gateway/requests/facts-cds.ts";
import { systemClock } from "../../../gateway/system-clock.ts";

const ISS = "https://gw.northgate.example";
const ORDER =
  '{"resourceType":"MedicationRequest","status":"draft","medicationCodeableConcept":{"text":"warfarin"},' +
  '"subject":{"reference":"Patient/p"},"dosageInstruction":[{"doseAndRate":[{"doseQuantity":{"value":2.50}}]}]}';

interface Asked {
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

describe("CDS Hooks as a provider of facts", () => {
  const signer = makeSigner(generateKey("ES256"));
  const asked: Asked[] = [];
  let answer: (res: ServerResponse) => void = () => undefined;
  let base: string;
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      asked.push({ headers: req.headers, text: Buffer.concat(chunks).toString() });
      answer(res);
    });
  });
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/cds-services`;
  });
  afterEach(() => void asked.splice(0));
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });

  const record: FactsPort = {
    gather: () =>
      Promise.resolve({
        patient: { ref: "Patient/p", name: "Waters" },
        facts: [{ id: "f1", src: "ehr", sev: "info", code: "weight", text: "58 kg", ack: false }],
        checks: [{ id: "identity", label: "Identity", result: "pass", by: "gateway" }],
      }),
  };
  const service = (over: Partial<CdsService> = {}): CdsService => ({
    ...{ id: "interactions", label: "Interaction check", url: `${base}/interactions`, hook: "order-sign" },
    ...over,
  });
  const gather = (services: readonly CdsService[], operation: Partial<RequestDraft["operation"]> = {}) =>
    factsWithCds(record, {
      ...{ services, iss: ISS, signer, fhirBase: "https://fhir.example/r4", clock: systemClock },
      userId: "PractitionerRole/agents",
    }).gather(
      {
        agent: "urn:agent:a",
        operation: {
          method: "POST",
          url: "https://fhir.example/r4/MedicationRequest",
          media: "x",
          body: ORDER,
          ...operation,
        },
      },
      "order.create",
    );
  const cards = (...list: object[]): void => {
    answer = (res) => {
      res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ cards: list }));
    };
  };
  const card = (indicator: string, summary: string, more: object = {}): object => ({
    ...{ indicator, summary, source: { label: "Northgate formulary" } },
    ...more,
  });

  it("asks about the exact order, in the form of the hook", async () => {
    cards();
    await gather([service()]);
    const { hook, hookInstance, context } = JSON.parse(asked[0]!.text) as Record<string, Record<string, unknown>>;
    expect([hook, hookInstance]).toEqual(["order-sign", expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect(context).toMatchObject({ userId: "PractitionerRole/agents", patientId: "p" });
    expect(context!["draftOrders"]).toMatchObject({ resourceType: "Bundle", entry: [{ resource: { id: "draft-1" } }] });
    expect(asked[0]!.text).toContain('"value":2.50');
    expect(asked[0]!.text).not.toContain("fhirAuthorization");
  });

  it("names what was selected where the hook is about that", async () => {
    cards();
    await gather([service({ hook: "order-select" })]);
    await gather([service({ hook: "order-select" })], { body: ORDER.replace("{", '{"id":"m-7",') });
    const selections = asked.map(
      ({ text }) => (JSON.parse(text) as { context: { selections: string[] } }).context.selections,
    );
    expect(selections).toEqual([["MedicationRequest/draft-1"], ["MedicationRequest/m-7"]]);
  });

  it("says who asks with a JWT for this service alone, a fresh one each time", async () => {
    cards();
    await gather([service()]);
    await gather([service()]);
    const keys = createLocalJWKSet({ keys: [{ ...signer.jwk, kid: signer.kid }] as never });
    const tokens = asked.map(({ headers }) => headers.authorization?.replace("Bearer ", "") ?? "");
    const read = await Promise.all(
      tokens.map((token) => jwtVerify(token, keys, { issuer: ISS, audience: service().url, typ: "JWT" })),
    );
    expect(new Set(read.map(({ payload }) => payload.jti)).size).toBe(2);
    expect(read[0]!.payload.exp! - read[0]!.payload.iat!).toBe(60);
    expect(read[0]!.protectedHeader["jku"]).toBe(`${ISS}/countersign/v1/jwks.json`);
  });

  it("puts cards beside the record's facts, the gravest first, with their source, to be ticked where they warn", async () => {
    cards(
      card("info", "Formulary: preferred."),
      card("critical", "Interaction with aspirin.", { detail: "Bleeding risk." }),
    );
    const { facts, checks } = await gather([service()]);
    expect(facts.map(({ id, src, sev, ack, label, text }) => [id, src, sev, ack, label, text])).toEqual([
      ["f1", "ehr", "info", false, undefined, "58 kg"],
      ...[["cds-interactions-1", "cds", "critical", true]].map((head) => [
        ...head,
        "Northgate formulary (Interaction check)",
        "Interaction with aspirin.\nBleeding risk.",
      ]),
      ["cds-interactions-2", "cds", "info", false, "Northgate formulary (Interaction check)", "Formulary: preferred."],
    ]);
    expect(checks.at(-1)).toMatchObject({
      id: "cds-interactions",
      result: "fail",
      by: "Interaction check",
      why: "1 warning.",
    });
  });

  it("passes where nothing warns, and only then", async () => {
    cards(card("info", "Formulary: preferred."));
    expect((await gather([service()])).checks.at(-1)).toMatchObject({ result: "pass" });
    cards(card("warning", "Renal dose."));
    expect((await gather([service()])).checks.at(-1)).toMatchObject({ result: "fail" });
  });

  it("says what it does not show of a service that says too much", async () => {
    cards(...Array.from({ length: 25 }, (_, i) => card("warning", `Warning ${String(i)}`)));
    const { facts, checks } = await gather([service()]);
    expect(facts).toHaveLength(21);
    expect(checks.at(-1)?.why).toBe("25 warnings. 5 more cards are not shown.");
  });

  it.each<[string, (res: ServerResponse) => void, RegExp]>([
    ["late", () => undefined, /did not answer in time/],
    ["failing", (res) => void res.writeHead(500).end(), /answered 500/],
    ["asking for more than it gets", (res) => void res.writeHead(412).end(), /answered 412/],
    [
      "sending somebody elsewhere",
      (res) => void res.writeHead(307, { location: "https://evil.example" }).end(),
      /reached/,
    ],
    ["not speaking CDS Hooks", (res) => void res.writeHead(200).end('{"cards":"none"}'), /not one of CDS Hooks/],
    ["speaking HTML", (res) => void res.writeHead(200).end("<html>"), /not one of CDS Hooks/],
    [
      "inventing indicators",
      (res) => void res.end('{"cards":[{"summary":"x","indicator":"ok","source":{"label":"s"}}]}'),
      /not one/,
    ],
    ["breaking off", (res) => void res.writeHead(200).write("{", () => res.destroy()), /answered 200|reached/],
  ])("is not checked, and says so, when a service is %s", async (_what, how, why) => {
    answer = how;
    // Only who says nothing is waited for so short a time: what is said may come late on a busy machine.
    const patience = why.source.includes("in time") ? { timeoutMs: 300 } : {};
    const { facts, checks } = await gather([service(patience)]);
    expect([facts.length, checks.length]).toEqual([1, 2]);
    expect(checks.at(-1)).toMatchObject({
      id: "cds-interactions",
      result: "not_run",
      why: expect.stringMatching(why) as string,
    });
  });

  it("asks each service by itself: one that is away takes nothing from the others", async () => {
    cards(card("critical", "Interaction."));
    const { facts, checks } = await gather([service({ id: "gone", url: "http://127.0.0.1:1/x" }), service()]);
    expect(checks.slice(1).map(({ id, result }) => [id, result])).toEqual([
      ["cds-gone", "not_run"],
      ["cds-interactions", "fail"],
    ]);
    expect(facts).toHaveLength(2);
  });

  it("asks nobody about what is no whole order, and says that it was not checked", async () => {
    const { checks } = await gather([service()], { method: "PATCH", body: "[]" });
    expect([asked.length, checks.at(-1)?.result]).toEqual([0, "not_run"]);
  });
});
