import { beforeAll, describe, expect, it } from "vitest";

import { Agent } from "./agent.ts";
import { ISS, open, orderFor, sample, type Hospital } from "./hospital.ts";
import type { RequestClaims } from "./objects.ts";
import type { Live, Person } from "./person.ts";
import { b64, contentDigest, newKey, nowS, payloadOf, uuid7, type Key, type Members } from "./signed.ts";

/** The agents' door (protocol.md 3.15): an agent with nothing but an HTTP client and a key of its own. */

const stranger = new Agent("urn:stranger:other", ISS, newKey());
let hospital: Hospital;
let [lee, kim]: Person[] = [];
let [mine, other]: Live[] = [];

beforeAll(async () => {
  hospital = await open(undefined, { agents: [stranger] });
  for (const name of ["evans-a", "evans-b", "evans-c", "evans-d"]) hospital.record.copy("evans-gareth", name);
  [lee, kim] = await Promise.all([hospital.enrol("lee"), hospital.enrol("kim")]);
  [mine, other] = await Promise.all([hospital.connect(lee), hospital.connect(kim)]);
  return async () => await hospital.close();
});

const assertion = (method: string, body: string, more: Members = {}, ...by: [Key?, Members?]): string =>
  hospital.agent.assertion(method, body, more, ...by);

interface Call {
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly token?: string;
}
async function call(method: string, path: string, { body = "", headers = {}, token }: Call = {}) {
  const answer = await fetch(`${hospital.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token ?? assertion(method, body)}`,
      "content-type": "application/fhir+json",
      ...headers,
    },
    ...(body === "" ? {} : { body }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, json: (text === "" ? {} : JSON.parse(text)) as Members };
}
type Answer = Awaited<ReturnType<typeof call>>;

/** Status and code of an OperationOutcome. */
function refused({ status, headers, json }: Answer): string {
  expect(headers.get("content-type")).toMatch(/^application\/fhir\+json/);
  const { issue, resourceType } = json as {
    resourceType: string;
    issue: { details: { coding: { system: string; code: string }[]; text: string } }[];
  };
  const [coding] = issue[0]!.details.coding;
  expect([resourceType, coding!.system, issue[0]!.details.text.length > 0]).toEqual([
    ...["OperationOutcome", "urn:countersign:code", true],
  ]);
  return `${String(status)} ${coding!.code}`;
}

const bodyFor = (patient: string): string => (orderFor(patient)["operation"] as { body: string }).body;
const ORDER = "/fhir/MedicationRequest";

async function pending(): Promise<{ jws: string; claims: RequestClaims }> {
  return lee!.request(await mine!.socket.next("action.pending"));
}
const context = (said: Members): Record<string, string> => ({ "countersign-context": b64(JSON.stringify(said)) });

describe("interception", () => {
  it("a FHIR write becomes a request; its task tells how it went, and holds the hospital's own answer", async () => {
    const body = bodyFor("evans-a");
    const said = { rationale: { trigger: "policy_rule", text: "Due" }, task: { id: "t-1", goal: "Repeat" } };
    const asked = await call("POST", ORDER, { body, headers: context(said) });
    expect(asked.status).toBe(202);
    expect(asked.headers.get("content-type")).toMatch(/^application\/json/);
    const location = String(asked.headers.get("location"));
    expect(location).toMatch(/^\/countersign\/v1\/tasks\/[0-9a-f-]{36}$/);
    expect(Number(asked.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(asked.json).toMatchObject({ auth_req_id: expect.any(String) as unknown, interval: 2 });
    expect(Number(asked.json["expires_in"])).toBeGreaterThan(0);

    const { jws, claims } = await pending();
    expect(claims.action.op.body).toBe(body);
    expect(location).toContain(claims.rid);
    expect(String(asked.json["auth_req_id"])).not.toContain(claims.rid);
    const all = payloadOf(jws);
    expect(all["agent"]).toMatchObject({ sub: hospital.agent.sub, name: "Reconciliation" });
    expect(all["rationale"]).toMatchObject({ src: "agent", trust: "untrusted", text: "Due" });
    const open = await call("GET", location);
    expect([open.status, open.json["status"], open.json["rev"]]).toEqual([200, "pending", 1]);

    const waiting = call("GET", `/countersign/v1/tasks/${String(asked.json["auth_req_id"])}`, {
      headers: { prefer: "wait=20" },
    });
    const { receipt } = await lee!.submit(mine!.socket, lee!.decide(jws, "approve"));
    expect(receipt?.outcome).toBe("approved");
    const done = await waiting;
    expect(done.json).toMatchObject({ status: "completed", response: { status: 201 } });
    const { response } = done.json as { response: { location: string; body: string } };
    expect(JSON.parse(response.body)).toMatchObject({ resourceType: "MedicationRequest" });
    expect(hospital.record.writes.at(-1)).toMatchObject({ body, method: "POST" });
    expect(hospital.record.writes.at(-1)?.headers.authorization).not.toContain("assertion");
  });

  it("a denial tells its reason's code and nobody's words or name", async () => {
    const asked = await call("POST", ORDER, { body: bodyFor("evans-b") });
    const { jws } = await pending();
    const reason = { code: "other", text: "seen at the ward round" };
    await lee!.submit(mine!.socket, lee!.decide(jws, "deny", { claims: { reason } }));
    const { json } = await call("GET", String(asked.headers.get("location")));
    expect(json).toEqual({ status: "denied", rev: 1, reason: "other" });
  });

  it("a deletion, whose body is empty, can be approved and is carried out", async () => {
    await other!.socket.next("action.pending");
    const asked = await call("DELETE", "/fhir/Condition/evans-c-htn");
    expect(asked.status, JSON.stringify(asked.json)).toBe(202);
    const { jws, claims } = await pending();
    expect(claims.action.op).toMatchObject({ method: "DELETE", body: "", body_dig: contentDigest("") });
    expect(claims.action.op.before).toContain("Hypertensive disorder");
    for (const [person, live] of [
      [lee!, mine!],
      [kim!, other!],
    ] as const) {
      await person.submit(live.socket, person.decide(jws, "approve"));
      if (claims.policy.quorum.need === 1) break;
    }
    const { json } = await call("GET", String(asked.headers.get("location")), { headers: { prefer: "wait=20" } });
    expect(json).toMatchObject({ status: "completed", response: { status: 204 } });
    expect(hospital.record.writes.at(-1)).toMatchObject({ method: "DELETE", path: "Condition/evans-c-htn" });
  });
});

describe("requests and tasks", () => {
  const envelope = (patient: string, more: Members = {}): string => {
    const { operation } = orderFor(patient);
    return JSON.stringify({ operation, ...more });
  };
  const JSON_BODY = { "content-type": "application/json" };

  it("the same as one object, answered alike; the same key is the same request, another body under it is refused", async () => {
    const body = envelope("evans-d");
    const headers = { ...JSON_BODY, "idempotency-key": '"key-1"' };
    const one = await call("POST", "/countersign/v1/requests", { body, headers });
    const two = await call("POST", "/countersign/v1/requests", { body, headers });
    expect([one.status, two.status]).toEqual([202, 202]);
    expect(two.headers.get("location")).toBe(one.headers.get("location"));
    const changed = await call("POST", "/countersign/v1/requests", { body: envelope("evans-b"), headers });
    expect(refused(changed)).toBe("422 E_IDEMPOTENCY");

    const location = String(one.headers.get("location"));
    const first = await pending();
    const revised = await call("PUT", location, {
      body: envelope("evans-d", { rationale: { trigger: "magnitude", text: "Corrected" } }),
      headers: JSON_BODY,
    });
    expect([revised.status, revised.headers.get("location")]).toEqual([202, location]);
    const { claims } = lee!.request(await mine!.socket.next("action.updated"));
    expect([claims.rid, claims.rev]).toEqual([first.claims.rid, 2]);
    const foreign = stranger.assertion("GET", "");
    expect(refused(await call("GET", location, { token: foreign }))).toBe("404 E_REQ_UNKNOWN");
    const gone = await call("DELETE", location);
    expect([gone.status, gone.json["status"]]).toEqual([200, "withdrawn"]);
    await mine!.socket.next("action.withdrawn");
    expect(refused(await call("DELETE", location))).toBe("409 E_REQ_TERMINAL");
  });

  it("what an agent may not say is refused whole", async () => {
    for (const more of [{ risk: "low" }, { facts: [] }, { policy: {} }, { display: {} }]) {
      const answer = await call("POST", "/countersign/v1/requests", {
        body: envelope("evans-d", more),
        headers: JSON_BODY,
      });
      expect(refused(answer)).toBe("400 E_CLM_SHAPE");
    }
    const answer = await call("POST", ORDER, { body: bodyFor("evans-d"), headers: context({ risk: "low" }) });
    expect(refused(answer)).toBe("400 E_CLM_SHAPE");
  });
});

describe("refusals", () => {
  it("who it is: every fault of the assertion is 401 with a challenge", async () => {
    const body = bodyFor("evans-d");
    const used = assertion("POST", body);
    await call("POST", ORDER, { body, token: used });
    const tokens: Record<string, string> = {
      none: "",
      "used before": used,
      "another key": assertion("POST", body, {}, newKey()),
      "an agent nobody knows": assertion("POST", body, { iss: "urn:x", sub: "urn:x" }),
      "another gateway": assertion("POST", body, { aud: "https://other.example" }),
      over: assertion("POST", body, { iat: nowS() - 300, exp: nowS() - 100 }),
      "too long a life": assertion("POST", body, { exp: nowS() + 301 }),
      "another body": assertion("POST", `${body} `),
      "another method": assertion("PUT", body),
      "another typ": assertion("POST", body, {}, undefined, { typ: "JWT" }),
      "iss and sub differ": assertion("POST", body, { iss: stranger.sub }),
    };
    for (const [what, token] of Object.entries(tokens)) {
      const answer = await call("POST", ORDER, { body, token });
      expect([what, answer.status, answer.headers.get("www-authenticate")]).toEqual([
        what,
        401,
        expect.stringMatching(/^Bearer/),
      ]);
      expect(refused(answer)).toMatch(/^401 E_AGENT_(AUTH|UNKNOWN)$/);
    }
  });

  it("what it is: address, media type, body, size, method and rights each have status and code", async () => {
    const update = sample("update") as { operation: { if_match: string } };
    const answers = {
      "a query": await call("POST", `${ORDER}?patient=x`, { body: bodyFor("evans-d") }),
      "an operation": await call("POST", "/fhir/MedicationRequest/$x", { body: "{}" }),
      "not FHIR": await call("POST", ORDER, { body: "{}" }),
      "not JSON": await call("POST", ORDER, { body: "{" }),
      "a patient nobody knows": await call("POST", ORDER, { body: bodyFor("nobody") }),
      "another kind of patch": await call("PATCH", "/fhir/Condition/evans-d-htn", {
        body: "[]",
        headers: { "if-match": update.operation.if_match },
      }),
      "not registered for it": await call("POST", "/fhir/ServiceRequest", { body: bodyOf("referral") }),
      "a read": await call("GET", "/fhir/Observation?patient=evans-d"),
      "no such method": await call("OPTIONS", ORDER),
      "a request that is read": await call("GET", "/countersign/v1/requests"),
      "a task that never was": await call("GET", `/countersign/v1/tasks/${uuid7()}`),
      "too long": await call("POST", ORDER, { body: `"${"x".repeat(140_000)}"` }),
      "much too long": await call("POST", ORDER, { body: `"${"x".repeat(3_000_000)}"` }),
    };
    expect(Object.fromEntries(Object.entries(answers).map(([what, one]) => [what, refused(one)]))).toEqual({
      "a query": "422 E_OP_UNSUPPORTED",
      "an operation": "422 E_OP_UNSUPPORTED",
      "not FHIR": "400 E_OP_BODY",
      "not JSON": "400 E_OP_BODY",
      "a patient nobody knows": "422 E_OP_PATIENT",
      "another kind of patch": "422 E_OP_UNSUPPORTED",
      "not registered for it": "403 E_AGENT_ACTION",
      "a read": "403 E_POL_REFUSED",
      "no such method": "405 E_METHOD",
      "a request that is read": "405 E_METHOD",
      "a task that never was": "404 E_REQ_UNKNOWN",
      "too long": "413 E_FMT_SIZE",
      "much too long": "413 E_FMT_SIZE",
    });
  });
});

function bodyOf(name: string): string {
  return (sample(name)["operation"] as { body: string }).body;
}
