import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { makeSigner, type PrivateJwk } from "#shared/crypto/sign.ts";
import { contentDigest } from "#shared/protocol/digest.ts";
import { TYP } from "#shared/protocol/names.ts";

import { startFhirServer, type FhirServer } from "../../../../demo/fhir/server.ts";
import { makeAgentAuth } from "../../../../gateway/agents/assertion.ts";
import { backchannelDoor, CIBA_GRANT } from "../../../../gateway/agents/backchannel/door.ts";
import { makeHandles } from "../../../../gateway/agents/handle.ts";
import type { RegisteredAgent } from "../../../../gateway/ports.ts";
import { crypto } from "../../device.ts";
import { decide } from "../../signing.ts";
import { makeAgent } from "../../world.ts";
import { AGENT_SUB, orderBody, seed, startDoorKit, type DoorKit } from "../kit.ts";

type Members = Readonly<Record<string, unknown>>;
const OTHER_SUB = "urn:agent:other";

describe("the backchannel door (CIBA, poll mode)", () => {
  let fhir: FhirServer;
  let kit: DoorKit;
  let server: Server;
  let url: string;
  beforeAll(async () => {
    fhir = await startFhirServer({ port: 0, seed });
  }, 60_000);
  afterAll(() => fhir.close());
  beforeEach(async () => {
    kit = await startDoorKit(fhir);
    const { core, clock, now } = kit.world;
    const agents = [
      [AGENT_SUB, kit.key],
      [OTHER_SUB, kit.other],
    ] as const;
    const registry = new Map<string, RegisteredAgent>(
      agents.map(([sub, { d: _d, ...jwk }]) => {
        const keys = [Object.fromEntries(Object.entries(jwk).map(([name, value]) => [name, String(value)]))];
        return [sub, makeAgent({ sub, keys })];
      }),
    );
    const door = backchannelDoor(core, {
      ...{ crypto, clock, fhirBase: fhir.baseUrl, pools: () => ["cardiology"] },
      auth: makeAgentAuth({ iss: core.iss, crypto, agent: (sub) => registry.get(sub), now }),
      handles: makeHandles(randomBytes(32), (n) => randomBytes(n)),
    });
    server = createServer((req, res) => {
      void Promise.resolve(door(req, res)).then(
        (taken) => taken || res.writeHead(404).end(),
        () => res.writeHead(500).end(),
      );
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/countersign/v1`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    await kit.close();
  });

  const post = async (path: string, form: Record<string, string>, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/${path}`, { method: "POST", body: new URLSearchParams(form), headers });
    return { status: response.status, body: (await response.json()) as Members };
  };
  const client = (sub = AGENT_SUB, key: PrivateJwk = kit.key) => ({
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: kit.assertion({ iss: sub, sub, htm: "POST" }, key),
  });
  const OP = { method: "POST", url: "MedicationRequest", body: orderBody() };
  const signed = (over: Members = {}, key: PrivateJwk = kit.key): string => {
    const now = kit.world.now();
    const claims = {
      ...{ iss: AGENT_SUB, aud: kit.world.core.iss, iat: now, exp: now + 60, jti: randomBytes(12).toString("hex") },
      ...{ login_hint: "pool:cardiology", countersign_op: OP, ...over },
    };
    return makeSigner(key).sign(TYP.backchannel, claims);
  };
  const ask = (over: Members = {}, headers: Record<string, string> = {}) =>
    post("bc-authorize", { ...client(), request: signed(over) }, headers);
  const poll = (auth_req_id: unknown, by = client()) =>
    post("token", { ...by, grant_type: CIBA_GRANT, auth_req_id: String(auth_req_id) });
  const rid = () => kit.world.core.store.requestsIn(["open"]).at(-1)?.rid ?? "";
  const wait = () => kit.world.clock.advance(2000);

  it("asks a person for exactly the signed operation, and answers with how it ended and no credential", async () => {
    const lee = kit.world.person("lee");
    const scope = "patient/Observation.rs";
    const asked = await ask({ scope, requested_expiry: 600, countersign_context: { task: { id: "t", goal: "g" } } });
    expect(asked).toMatchObject({ status: 200, body: { expires_in: 600, interval: 2 } });
    const { auth_req_id } = asked.body;
    const { claims } = kit.world.core.status(rid())!;
    expect(claims.action.op.body).toBe(orderBody());
    expect(claims).toMatchObject({ task: { id: "t" }, authorization_details: [{ id: "a1" }, { scopes: [scope] }] });
    expect(await poll(auth_req_id)).toMatchObject({ status: 400, body: { error: "authorization_pending" } });
    decide(kit.world, lee, rid(), "approve", { reentry: ["identity"] });
    wait();
    expect((await poll(auth_req_id)).body["error"]).toBe("authorization_pending");
    await kit.carryOut();
    expect(await poll(auth_req_id)).toMatchObject({
      status: 200,
      body: { token_type: "N_A", expires_in: 0, countersign_task: { status: "completed", response: { status: 201 } } },
    });
    expect(fhir.wire.at(-1)?.body.toString()).toBe(orderBody());
  });

  it("answers a denial, an expiry and a withdrawal with CIBA's errors", async () => {
    const lee = kit.world.person("lee");
    const one = (await ask()).body["auth_req_id"];
    decide(kit.world, lee, rid(), "deny", { reason: { code: "not-needed", text: "secret words" } });
    expect(await poll(one)).toEqual({
      status: 400,
      body: { error: "access_denied", error_description: "denied: not-needed" },
    });
    const two = (await ask()).body["auth_req_id"];
    kit.world.core.withdraw(rid(), AGENT_SUB, "agent");
    expect((await poll(two)).body["error"]).toBe("access_denied");
    const three = (await ask()).body["auth_req_id"];
    kit.world.clock.advance(7_300_000);
    expect((await poll(three)).body["error"]).toBe("expired_token");
  });

  it("tells who asks too often to slow down, and means it", async () => {
    const { auth_req_id } = (await ask()).body;
    const error = async () => (await poll(auth_req_id)).body["error"];
    expect(await error()).toBe("authorization_pending");
    expect(await error()).toBe("slow_down");
    wait();
    expect(await error()).toBe("slow_down");
    kit.world.clock.advance(12_000);
    expect(await error()).toBe("authorization_pending");
  });

  it("makes one request of a signed request that is sent again, and of a key", async () => {
    const request = signed();
    await post("bc-authorize", { ...client(), request });
    const first = rid();
    expect((await post("bc-authorize", { ...client(), request })).status).toBe(200);
    expect(kit.world.core.store.requestsIn(["open"]).map((row) => row.rid)).toEqual([first]);
    await ask({}, { "idempotency-key": "k" });
    await ask({}, { "idempotency-key": "k" });
    expect(kit.world.core.store.requestsIn(["open"])).toHaveLength(2);
    const other = await ask({ requested_expiry: 5 }, { "idempotency-key": "k" });
    expect(other.body).toMatchObject({
      error: "invalid_request",
      error_description: expect.stringMatching(/^E_IDEMPOTENCY/) as string,
    });
  });

  it("keeps one agent's request from another", async () => {
    const { auth_req_id } = (await ask()).body;
    const stranger = await poll(auth_req_id, client(OTHER_SUB, kit.other));
    expect(stranger).toEqual(await poll("made-up", client(OTHER_SUB, kit.other)));
    expect(stranger.body).toEqual({ error: "invalid_grant", error_description: "E_REQ_UNKNOWN" });
  });

  const digest = (body: string) => contentDigest(crypto, body);
  const fhirOp = (more: Members) => [{ type: "urn:countersign:rar:fhir-op:1", id: "a1", ...more }];

  it.each<[string, () => Members, string]>([
    ["a pool that is not there", () => ({ login_hint: "pool:nobody" }), "unknown_user_id"],
    ["a person in place of a pool", () => ({ login_hint: "dr-lee" }), "unknown_user_id"],
    ["a code of the agent's own", () => ({ binding_message: "TRUST-ME" }), "invalid_binding_message"],
    ["a risk of the agent's own", () => ({ risk: "low" }), "invalid_request"],
    [
      "a context with a member that nobody would see",
      () => ({ countersign_context: { policy: {} } }),
      "invalid_request",
    ],
    ["no operation", () => ({ countersign_op: undefined }), "invalid_request"],
    ["an operation that is not taken", () => ({ countersign_op: { ...OP, url: "$everything" } }), "invalid_request"],
    ["another client", () => ({ iss: OTHER_SUB }), "invalid_request"],
    ["another gateway", () => ({ aud: "https://other.example" }), "invalid_request"],
    ["yesterday", () => ({ iat: 1, exp: 61 }), "invalid_request"],
    ["an unknown acr", () => ({ acr_values: "loa4" }), "invalid_request"],
    ["a scope that a task may not have", () => ({ scope: "system/*.cruds" }), "invalid_scope"],
    [
      "other bytes in RAR",
      () => ({ authorization_details: fhirOp({ content_digest: digest("x") }) }),
      "invalid_authorization_details",
    ],
    [
      "another type in RAR",
      () => ({ authorization_details: fhirOp({ datatypes: ["Patient"] }) }),
      "invalid_authorization_details",
    ],
    [
      "an unknown RAR type",
      () => ({ authorization_details: [{ type: "payment", id: "p" }] }),
      "invalid_authorization_details",
    ],
  ])("refuses %s", async (_, over, error) => {
    const answer = await ask(over());
    expect([answer.status, answer.body["error"]]).toEqual([400, error]);
    expect(String(answer.body["error_description"])).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
    expect(kit.world.core.store.requestsIn(["open"])).toEqual([]);
  });

  it("takes RAR that says what the operation is", async () => {
    const exact = { locations: [fhir.baseUrl], actions: ["create"], datatypes: ["MedicationRequest"] };
    const reads = { type: "urn:countersign:rar:smart-scope:1", id: "a2", scopes: ["patient/Observation.rs"] };
    const details = [...fhirOp({ ...exact, content_digest: digest(orderBody()) }), reads];
    expect((await ask({ authorization_details: details })).status).toBe(200);
    expect(kit.world.core.status(rid())?.claims.authorization_details).toHaveLength(2);
  });

  it("refuses who does not prove who they are, and a request that another key signed", async () => {
    const nobody = await post("bc-authorize", { request: signed() });
    expect([nobody.status, nobody.body["error"]]).toEqual([401, "invalid_client"]);
    const used = client();
    await post("token", { ...used, grant_type: CIBA_GRANT, auth_req_id: "x" });
    expect((await post("token", { ...used, grant_type: CIBA_GRANT, auth_req_id: "x" })).status).toBe(401);
    const forged = await post("bc-authorize", { ...client(), request: signed({}, kit.other) });
    expect([forged.status, forged.body["error"]]).toEqual([400, "invalid_request"]);
    const typ = makeSigner(kit.key).sign(TYP.clientAssertion, { iss: AGENT_SUB });
    expect((await post("bc-authorize", { ...client(), request: typ })).body["error"]).toBe("invalid_request");
  });

  it.each<[string, string, Record<string, string>, string]>([
    ["an unsigned request", "bc-authorize", { login_hint: "pool:cardiology" }, "invalid_request"],
    ["a parameter outside the signed request", "bc-authorize", { request: "x", scope: "openid" }, "invalid_request"],
    ["another grant", "token", { grant_type: "client_credentials" }, "unsupported_grant_type"],
    ["no grant", "token", {}, "invalid_request"],
    ["no handle", "token", { grant_type: CIBA_GRANT }, "invalid_request"],
  ])("answers %s with an OAuth error", async (_, path, form, error) => {
    const answer = await post(path, { ...client(), ...form });
    expect([answer.status, answer.body["error"]]).toEqual([400, error]);
  });

  it("answers what is no form, a parameter twice and another method with an OAuth error", async () => {
    const raw = async (init: RequestInit) => {
      const response = await fetch(`${url}/token`, init);
      return [response.status, ((await response.json()) as Members)["error"]];
    };
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect(await raw({ method: "GET" })).toEqual([400, "invalid_request"]);
    expect(await raw({ method: "POST", body: "{}", headers: { "content-type": "application/json" } })).toEqual([
      400,
      "invalid_request",
    ]);
    expect(await raw({ method: "POST", body: "a=1&a=2", headers: form })).toEqual([400, "invalid_request"]);
    expect(await raw({ method: "POST", body: "x".repeat(140_000), headers: form })).toEqual([400, "invalid_request"]);
  });
});
