import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { TYP } from "#shared/protocol/names.ts";

import { startFhirServer, type FhirServer } from "../../../../demo/fhir/server.ts";
import { createGateway, type Gateway } from "../../../../gateway/index.ts";
import { registryKeys } from "../identity/kit.ts";
import { seed } from "../kit.ts";

type Members = Readonly<Record<string, unknown>>;
const SUB = "urn:agent:vitals";
const WEIGHT =
  '{"resourceType":"Observation","status":"final","code":{"text":"w"},"subject":{"reference":"Patient/p"}}';

/** The set's only policy lets these through without a person. */
const POLICY = `@id("weights") @says("Weights are written without a person.") @verdict("allow")
  permit (principal, action, resource) when { resource.type == "Observation" };`;

describe("what policy allows at the backchannel door", () => {
  const folder = mkdtempSync(join(tmpdir(), "countersign-ciba-"));
  const [key, otherKey] = [generateKey("ES256"), generateKey("ES256")];
  let fhir: FhirServer;
  let gateway: Gateway;
  let refuses = false;
  beforeAll(async () => {
    fhir = await startFhirServer({ port: 0, seed });
    const { SHIPPED_FILES } = await import("../../../../gateway/policy/cedar/load.ts");
    const agent = { name: "Vitals", model: "m/1", owner: "o", actions: ["record.update"] } as const;
    gateway = await createGateway({
      ...{ data: folder, fhir: fhir.baseUrl, pools: ["clinicians"] },
      policy: { files: { "policy.json": SHIPPED_FILES["policy.json"] ?? "", "own.cedar": POLICY } },
      agents: [
        { ...agent, sub: SUB, keys: [registryKeys(key)] },
        { ...agent, sub: `${SUB}-2`, keys: [registryKeys(otherKey)] },
      ],
    });
  }, 60_000);
  afterAll(async () => {
    await gateway.close();
    await fhir.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const fresh = (): string => randomBytes(12).toString("hex");
  const times = () => {
    const iat = Math.floor(Date.now() / 1000);
    return { iat, exp: iat + 60, jti: fresh() };
  };
  async function post(path: string, form: Record<string, string>, by = key, sub = SUB) {
    const client_assertion = makeSigner(by).sign(TYP.clientAssertion, { iss: sub, sub, aud: gateway.iss, ...times() });
    const client_assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    const body = new URLSearchParams({ ...form, client_assertion, client_assertion_type });
    const response = await fetch(`${gateway.url}/countersign/v1/${path}`, { method: "POST", body });
    return { status: response.status, body: (await response.json()) as Members };
  }
  const signed = (body = WEIGHT): string =>
    makeSigner(key).sign(TYP.backchannel, {
      ...{ iss: SUB, aud: gateway.iss, ...times(), login_hint: "pool:clinicians" },
      countersign_op: {
        method: "POST",
        url: "Observation",
        body: refuses ? body.replace('"status":"final",', "") : body,
      },
    });
  const poll = (auth_req_id: unknown, by = key, sub = SUB) =>
    post("token", { grant_type: "urn:openid:params:grant-type:ciba", auth_req_id: String(auth_req_id) }, by, sub);

  it("is carried out, once, and the token endpoint says how it ended, without a credential", async () => {
    const request = signed();
    const asked = await post("bc-authorize", { request });
    expect(asked).toMatchObject({ status: 200, body: { interval: 2, auth_req_id: expect.any(String) as string } });
    expect(asked.body).not.toHaveProperty("binding_message");
    const { auth_req_id } = asked.body;
    const ended = await poll(auth_req_id);
    expect(ended).toMatchObject({
      ...{ status: 200, body: { access_token: auth_req_id, token_type: "N_A", expires_in: 0 } },
    });
    expect(ended.body["countersign_task"]).toMatchObject({ status: "completed", response: { status: 201 } });
    // The same signed request again is the same one.
    const again = await post("bc-authorize", { request });
    expect((await poll(again.body["auth_req_id"])).body["countersign_task"]).toEqual(ended.body["countersign_task"]);
    expect(fhir.wire.map(({ body }) => body.toString())).toEqual([WEIGHT]);
    expect((await poll(auth_req_id, otherKey, `${SUB}-2`)).body["error"]).toBe("invalid_grant");
  });

  it("is not done where it is not allowed, and what the hospital refused is no success", async () => {
    const before = fhir.wire.length;
    refuses = true;
    const asked = await post("bc-authorize", { request: signed() });
    const { status, body } = await poll(asked.body["auth_req_id"]);
    refuses = false;
    expect(fhir.wire.length).toBe(before + 1);
    expect([status, body["error"]]).toEqual([400, "invalid_grant"]);
    expect(body["countersign_task"]).toMatchObject({ status: "failed", reason: "E_EXEC_REFUSED" });
  });
});
