import { request } from "node:http";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startFhirServer, type FhirServer } from "../../../demo/fhir/server.ts";
import { codeOf, context, FHIR_JSON, orderBody, seed, startDoorKit, type DoorKit } from "./kit.ts";

describe("the interception door refuses, with an OperationOutcome and nothing stored,", () => {
  let fhir: FhirServer;
  let kit: DoorKit;
  beforeAll(async () => {
    fhir = await startFhirServer({ port: 0, seed });
    kit = await startDoorKit(fhir);
  }, 60_000);
  afterAll(async () => {
    await kit.close();
    await fhir.close();
  });
  const ask = (headers: Record<string, string> = {}, body = orderBody()) =>
    kit.call("POST", "/fhir/MedicationRequest", { body, headers: { ...FHIR_JSON, ...headers } });
  const post = (path: string, body: string, headers: Record<string, string> = FHIR_JSON) =>
    kit.call("POST", path, { body, headers });
  const patient = (id: string) => orderBody().replace("Patient/p", id);
  it.each<[string, () => Promise<Response>, number, string]>([
    ["a transaction", () => post("/fhir", '{"resourceType":"Bundle","type":"transaction"}'), 422, "E_OP_UNSUPPORTED"],
    ["a transaction at the root", () => post("/fhir/", '{"resourceType":"Bundle"}'), 422, "E_OP_UNSUPPORTED"],
    ["an operation", () => post("/fhir/Patient/p/$merge", "{}"), 422, "E_OP_UNSUPPORTED"],
    [
      "a conditional write",
      () => kit.call("PUT", "/fhir/Patient?name=x", { body: "{}", headers: FHIR_JSON }),
      422,
      "E_OP_UNSUPPORTED",
    ],
    ["an encoded slash", () => post("/fhir/Patient%2Fp", "{}"), 422, "E_OP_UNSUPPORTED"],
    ["what is not JSON", () => post("/fhir/MedicationRequest", "{"), 400, "E_OP_BODY"],
    ["a member twice", () => post("/fhir/Basic", '{"resourceType":"Basic","resourceType":"Basic"}'), 400, "E_OP_BODY"],
    ["a patient nobody knows", () => ask({}, patient("Patient/nobody")), 422, "E_OP_PATIENT"],
    ["a controlled medicine", () => ask({}, orderBody().replace("bisoprolol", "morphine")), 403, "E_POL_REFUSED"],
    [
      "an action it is not registered for",
      () => post("/fhir/Communication", '{"resourceType":"Communication","subject":{"reference":"Patient/p"}}'),
      403,
      "E_AGENT_ACTION",
    ],
    ["an action called something else", () => ask(context({ action: "record.update" })), 400, "E_OP_BODY"],
    ["a scope nobody may ask for", () => ask(context({ scopes: ["system/*.cruds"] })), 403, "E_AUZ_SCOPE"],
    ["a member by which it would set its own risk", () => ask(context({ risk: "low" })), 400, "E_CLM_SHAPE"],
    [
      "a person it names as having started it",
      () => ask(context({ initiator: { kind: "human", person: "urn:dr" } })),
      400,
      "E_CLM_SHAPE",
    ],
    ["a context that is not JSON", () => ask({ "countersign-context": "e30x" }), 400, "E_FMT_JSON"],
    ["a context that is not base64url", () => ask({ "countersign-context": "{}" }), 400, "E_FMT_B64"],
    [
      "an envelope with a number for a body",
      () => post("/countersign/v1/requests", '{"operation":{"method":"POST","url":"Basic","body":1}}'),
      400,
      "E_CLM_SHAPE",
    ],
    [
      "an envelope to another server",
      () =>
        post(
          "/countersign/v1/requests",
          '{"operation":{"method":"POST","url":"https://evil.example/r4/Basic","body":"{}"}}',
        ),
      422,
      "E_OP_UNSUPPORTED",
    ],
    ["a body that is too long", () => post("/fhir/Basic", `"${"x".repeat(140_000)}"`), 413, "E_FMT_SIZE"],
    ["a body that is far too long", () => post("/fhir/Basic", `"${"x".repeat(3_000_000)}"`), 413, "E_FMT_SIZE"],
    ["another method", () => kit.call("OPTIONS", "/fhir/Basic"), 405, "E_METHOD"],
    [
      "another method at a task",
      () => kit.call("POST", "/countersign/v1/tasks/x", { body: "{}" }),
      404,
      "E_REQ_UNKNOWN",
    ],
    ["a request without a body of its own", () => kit.call("GET", "/countersign/v1/requests"), 405, "E_METHOD"],
    [
      "a task that never was",
      () => kit.call("GET", "/countersign/v1/tasks/019f0000-0000-7000-8000-000000000001"),
      404,
      "E_REQ_UNKNOWN",
    ],
  ])("%s", async (_what, send, status, code) => {
    const response = await send();
    expect([response.status, response.headers.get("content-type")]).toEqual([
      status,
      "application/fhir+json; charset=utf-8",
    ]);
    expect(await codeOf(response)).toBe(code);
    expect(kit.world.core.store.requestsIn(["open"])).toEqual([]);
  });

  it("a body that is not UTF-8", async () => {
    const response = await fetch(`${kit.url}/fhir/Basic`, {
      method: "POST",
      headers: { authorization: `Bearer ${kit.assertion()}`, ...FHIR_JSON },
      body: Buffer.from([0x22, 0xff, 0x22]),
    });
    expect([response.status, await codeOf(response)]).toEqual([400, "E_FMT_UTF8"]);
  });

  it("an address that climbs out of the base", async () => {
    const { hostname, port } = new URL(kit.url);
    const status = await new Promise<number | undefined>((done, failed) => {
      const headers = { authorization: `Bearer ${kit.assertion()}`, ...FHIR_JSON };
      const sent = request({ hostname, port, method: "POST", path: "/fhir/../admin", headers }, (response) => {
        response.resume();
        done(response.statusCode);
      });
      sent.once("error", failed);
      sent.end("{}");
    });
    expect(status).toBe(422);
  });
});
