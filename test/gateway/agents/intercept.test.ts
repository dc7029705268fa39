import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { startFhirServer, type FhirServer } from "../../../demo/fhir/server.ts";
import { decide } from "../signing.ts";
import { codeOf, context, FHIR_JSON, orderBody, seed, startDoorKit, type DoorKit } from "./kit.ts";

describe("the interception door", () => {
  let fhir: FhirServer;
  let kit: DoorKit;
  beforeAll(async () => {
    fhir = await startFhirServer({ port: 0, seed });
  }, 60_000);
  afterAll(() => fhir.close());
  beforeEach(async () => {
    kit = await startDoorKit(fhir);
  });
  afterEach(() => kit.close());

  const ask = (headers: Record<string, string> = {}, body = orderBody()) =>
    kit.call("POST", "/fhir/MedicationRequest", { body, headers: { ...FHIR_JSON, ...headers } });
  const ridOf = (response: Response): string => response.headers.get("location")?.split("/").at(-1) ?? "";
  const view = async (rid: string) => (await (await kit.call("GET", `/countersign/v1/tasks/${rid}`)).json()) as object;

  it("turns a FHIR write into a request: nothing reaches the hospital system before a person signed", async () => {
    const writes = fhir.wire.length;
    const response = await ask();
    expect(response.status).toBe(202);
    expect(response.headers.get("location")).toMatch(/^\/countersign\/v1\/tasks\/[0-9a-f-]{36}$/);
    expect(response.headers.get("retry-after")).toBe("2");
    expect(await response.json()).toEqual({ auth_req_id: expect.any(String) as string, expires_in: 7200, interval: 2 });
    expect(fhir.wire.length).toBe(writes);
    expect(await view(ridOf(response))).toEqual({ status: "pending", rev: 1, expires_in: 7200, interval: 2 });
  });

  it("executes exactly the intercepted bytes once they are approved and the hold is over", async () => {
    const lee = kit.world.person("lee");
    const rid = ridOf(await ask());
    expect(decide(kit.world, lee, rid, "approve", { reentry: ["identity"] })).toMatchObject({ kind: "receipt" });
    expect(await view(rid)).toEqual({ status: "approved", rev: 1, interval: 2 });
    await kit.carryOut();
    const done = (await view(rid)) as { status: string; response: { status: number; location: string; body: string } };
    expect([done.status, done.response.status]).toEqual(["completed", 201]);
    expect(done.response.location).toContain(`${fhir.baseUrl}/MedicationRequest/`);
    expect(fhir.wire.at(-1)?.body.toString()).toBe(orderBody());
    expect(kit.world.faults).toEqual([]);
  });

  it("tells the agent the reason's code of a denial and nobody's words", async () => {
    const lee = kit.world.person("lee");
    const rid = ridOf(await ask());
    decide(kit.world, lee, rid, "deny", { reason: { code: "wrong-drug-or-dose", text: "secret words" } });
    expect(await view(rid)).toEqual({ status: "denied", rev: 1, reason: "wrong-drug-or-dose" });
  });

  it("makes one revision of a revision that is sent again under its key", async () => {
    const rid = ridOf(await ask());
    const revised = (key: string, body: string) =>
      kit.call("PUT", `/countersign/v1/tasks/${rid}`, {
        body: JSON.stringify({ operation: { method: "POST", url: "MedicationRequest", body } }),
        headers: { "content-type": "application/json", "idempotency-key": key },
      });
    const next = orderBody().replace("2.50", "5.0");
    const [one, two] = await Promise.all([revised("r-1", next), revised("r-1", next)]);
    expect([one.status, two.status, (await revised("r-1", next)).status]).toEqual([202, 202, 202]);
    expect(await view(rid)).toMatchObject({ status: "pending", rev: 2 });
    expect(await codeOf(await revised("r-1", orderBody()))).toBe("E_IDEMPOTENCY");
    const other = ridOf(await ask());
    const elsewhere = await kit.call("PUT", `/countersign/v1/tasks/${other}`, {
      body: JSON.stringify({ operation: { method: "POST", url: "MedicationRequest", body: next } }),
      headers: { "content-type": "application/json", "idempotency-key": "r-1" },
    });
    expect(await codeOf(elsewhere)).toBe("E_IDEMPOTENCY");
    expect((await revised("r-2", next)).status).toBe(202);
    expect(await view(rid)).toMatchObject({ rev: 3 });
  });

  it("says that a request expired, that it was withdrawn, that its approval was revoked", async () => {
    const lee = kit.world.person("lee");
    const [expired, withdrawn, revoked] = [ridOf(await ask()), ridOf(await ask()), ridOf(await ask())];
    const answer = await kit.call("DELETE", `/countersign/v1/tasks/${withdrawn}`);
    expect(await answer.json()).toMatchObject({ status: "withdrawn" });
    expect(await codeOf(await kit.call("DELETE", `/countersign/v1/tasks/${withdrawn}`))).toBe("E_REQ_TERMINAL");
    decide(kit.world, lee, revoked, "approve", { reentry: ["identity"] });
    const target = kit.world.core.store.decisions(revoked, 1)[0]?.dig ?? "";
    decide(kit.world, lee, revoked, "revoke", { revokes: target });
    expect(await view(revoked)).toMatchObject({ status: "revoked" });
    kit.world.clock.advance(7_300_000);
    expect(await view(expired)).toMatchObject({ status: "expired" });
  });

  it("holds a poll until the request has ended, and answers at the end of the wait otherwise", async () => {
    const lee = kit.world.person("lee");
    const rid = ridOf(await ask());
    const held = kit.call("GET", `/countersign/v1/tasks/${rid}`, { headers: { prefer: "wait=20" } });
    await expect.poll(() => kit.world.core.events.listenerCount("decision")).toBeGreaterThan(0);
    decide(kit.world, lee, rid, "deny");
    expect(await (await held).json()).toMatchObject({ status: "denied" });
    expect(kit.world.core.events.listenerCount("decision")).toBe(0);
    const other = ridOf(await ask());
    const timed = kit.call("GET", `/countersign/v1/tasks/${other}`, { headers: { prefer: "wait=3" } });
    await expect.poll(() => kit.world.core.events.listenerCount("decision")).toBe(1);
    kit.world.clock.advance(3000);
    expect(await (await timed).json()).toMatchObject({ status: "pending" });
  });

  it("takes what the agent says beside its write from one header, as claims", async () => {
    const said = {
      rationale: { trigger: "policy_rule", text: "caf\u00e9 \u202e" },
      task: { id: "t", goal: "g", idx: 2, of: 3 },
      claims: [{ code: "weight", value: "82", unit: "kg" }],
      scopes: ["patient/Observation.rs"],
      initiator: { kind: "schedule" },
      expires_in: 60,
    };
    const rid = ridOf(await ask(context(said)));
    const { claims } = kit.world.core.status(rid)!;
    expect(claims.rationale).toMatchObject({ src: "agent", trust: "untrusted", text: "caf\u00e9 \u202e" });
    expect(claims.task).toMatchObject({ id: "t", idx: 2, of: 3 });
    expect(claims.facts?.[0]?.text).toBe("Agent says 82 kg. Record says 58 kg (12-Nov-2026 09:10).");
    expect(claims.exp - claims.iat).toBe(60);
    expect(claims.authorization_details.map(({ id }) => id)).toEqual(["a1", "a2"]);
  });

  it("takes a task for as risky as its riskiest step, however small the next one is", async () => {
    const task = { task: { id: "chain", goal: "g" } };
    await ask(context(task), orderBody().replace("bisoprolol", "warfarin"));
    const phone = '[{"op":"replace","path":"/telecom/0/value","value":"07700 900811"}]';
    const patch = (headers: Record<string, string>) =>
      kit.call("PATCH", "/fhir/Patient/p", {
        body: phone,
        headers: { "content-type": "application/json-patch+json", ...headers },
      });
    const action = async (response: Promise<Response>) => kit.world.core.status(ridOf(await response))?.claims.action;
    expect(await action(patch(context(task)))).toMatchObject({
      risk: "critical",
      risk_reasons: ["first-of-kind", "task-chain"],
    });
    expect(await action(patch({}))).toMatchObject({ risk: "moderate", risk_reasons: [] });
  });

  it("takes operation and context in one envelope too", async () => {
    const body = orderBody();
    const response = await kit.call("POST", "/countersign/v1/requests", {
      body: JSON.stringify({
        operation: { method: "POST", url: "MedicationRequest", body },
        task: { id: "t", goal: "g" },
      }),
    });
    expect(response.status).toBe(202);
    expect(kit.world.core.status(ridOf(response))?.claims.action.op).toMatchObject({
      url: `${fhir.baseUrl}/MedicationRequest`,
      media: "application/fhir+json",
      body,
    });
  });

  it("changes a record by patch with the version that was read", async () => {
    const lee = kit.world.person("lee");
    const response = await kit.call("PATCH", "/fhir/Patient/p", {
      body: '[{"op":"replace","path":"/telecom/0/value","value":"07700 900811"}]',
      headers: { "content-type": "application/json-patch+json", "if-match": 'W/"1"' },
    });
    decide(kit.world, lee, ridOf(response), "approve");
    await kit.carryOut();
    expect(await view(ridOf(response))).toMatchObject({ status: "completed", response: { status: 200 } });
    expect(fhir.wire.at(-1)?.headers["if-match"]).toBe('W/"1"');
  });

  it("lets the agent correct a request that waits: a new revision, no longer the old one", async () => {
    const lee = kit.world.person("lee");
    const rid = ridOf(await ask());
    const body = orderBody(',"note":[{"text":"corrected"}]');
    const revised = await kit.call("PUT", `/countersign/v1/tasks/${rid}`, {
      body: JSON.stringify({ operation: { method: "POST", url: "MedicationRequest", body } }),
    });
    expect([revised.status, ridOf(revised)]).toEqual([202, rid]);
    expect(await view(rid)).toMatchObject({ status: "pending", rev: 2 });
    decide(kit.world, lee, rid, "deny");
    const late = await kit.call("PUT", `/countersign/v1/tasks/${rid}`, {
      body: JSON.stringify({ operation: { method: "POST", url: "MedicationRequest", body } }),
    });
    expect([late.status, await codeOf(late)]).toEqual([409, "E_REQ_TERMINAL"]);
  });

  it("gives the same request for the same key and refuses the key for another one", async () => {
    const first = ridOf(await ask({ "idempotency-key": "k-1" }));
    expect(ridOf(await ask({ "idempotency-key": '"k-1"' }))).toBe(first);
    const other = await ask({ "idempotency-key": "k-1" }, orderBody(',"note":[{"text":"x"}]'));
    expect([other.status, await codeOf(other)]).toEqual([422, "E_IDEMPOTENCY"]);
  });

  it("gives a handle that opens the same request, to its own agent only", async () => {
    const response = await ask();
    const { auth_req_id } = (await response.json()) as { auth_req_id: string };
    expect(auth_req_id).not.toContain(ridOf(response));
    expect(await view(auth_req_id)).toMatchObject({ status: "pending" });
    for (const name of [auth_req_id, ridOf(response), "nothing", `${auth_req_id.slice(0, -2)}AA`]) {
      const foreign = await kit.call("GET", `/countersign/v1/tasks/${name}`, { as: kit.other, sub: "urn:agent:other" });
      expect([foreign.status, await codeOf(foreign)]).toEqual([404, "E_REQ_UNKNOWN"]);
    }
  });

  it("says that the hospital system cannot be reached, and that asking later helps", async () => {
    const away = await startFhirServer({ port: 0, seed });
    const lonely = await startDoorKit(away);
    await away.close();
    const response = await lonely.call("POST", "/fhir/MedicationRequest", { body: orderBody(), headers: FHIR_JSON });
    expect([response.status, response.headers.get("retry-after"), await codeOf(response)]).toEqual([
      502,
      "5",
      "E_UPSTREAM",
    ]);
    await lonely.close();
  });

  it("slows an agent that floods, and no other one", async () => {
    const small = await startDoorKit(fhir, { rate: { perSecond: 1, burst: 2 } });
    const send = (as = small.key, sub?: string) =>
      small.call("POST", "/fhir/Basic", { body: "{", headers: FHIR_JSON, as, ...(sub === undefined ? {} : { sub }) });
    const statuses = [(await send()).status, (await send()).status, (await send()).status];
    expect(statuses).toEqual([400, 400, 429]);
    expect((await send(small.other, "urn:agent:other")).status).toBe(400);
    small.world.clock.advance(1000);
    expect((await send()).status).toBe(400);
    await small.close();
  });

  it("leaves other addresses to the rest of the gateway", async () => {
    for (const path of ["/", "/fhirx/Patient", "/countersign/v1/decisions", "/countersign/v1/requestsx"]) {
      expect(await (await fetch(kit.url + path)).text()).toBe("not the door's");
    }
  });
});
