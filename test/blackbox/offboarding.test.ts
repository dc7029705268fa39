import path from "node:path";
import { DatabaseSync } from "node:sqlite";

import { beforeAll, describe, expect, it } from "vitest";

import { Agent } from "./agent.ts";
import { answer, run, serve, type Serving } from "./command.ts";
import { ISS, open, orderFor, type Hospital } from "./hospital.ts";
import { eventOf, type SetClaims } from "./objects.ts";
import type { Live, Person } from "./person.ts";
import { newKey, type Members } from "./signed.ts";
import type { Message } from "./socket.ts";

/** Off-boarding (docs/operations.md section 11): one command ends everything an agent has, and nothing brings it back. */

const other = new Agent("urn:stranger:other", ISS, newKey());
let hospital: Hospital;
let [lee, kim]: Person[] = [];
let [mine, theirs]: Live[] = [];
let url: string;

beforeAll(async () => {
  hospital = await open(({ annotate }) => annotate("deletion", '@hold_s("60")'), { agents: [other] });
  for (const name of ["evans-a", "evans-b", "evans-c"]) hospital.record.copy("evans-gareth", name);
  [lee, kim] = await Promise.all([hospital.enrol("lee"), hospital.enrol("kim")]);
  [mine, theirs] = await Promise.all([hospital.connect(lee), hospital.connect(kim)]);
  ({ url } = hospital);
  return async () => await hospital.close();
});

async function call(agent: Agent, method: string, at: string, body = "", wait = 0) {
  const reply = await fetch(`${url}${at}`, {
    method,
    headers: {
      authorization: `Bearer ${agent.assertion(method, body)}`,
      "content-type": "application/fhir+json",
      prefer: `wait=${String(wait)}`,
    },
    ...(body === "" ? {} : { body }),
  });
  return { status: reply.status, headers: reply.headers, json: (await reply.json()) as Members };
}
const orderOf = (patient: string): string => (orderFor(patient)["operation"] as { body: string }).body;
const ORDER = "/fhir/MedicationRequest";

async function ask(agent: Agent, method: string, at: string, body = ""): Promise<string> {
  const asked = await call(agent, method, at, body);
  expect(asked.status, JSON.stringify(asked.json)).toBe(202);
  return String(asked.headers.get("location"));
}

const rid = (location: string): string => location.slice(location.lastIndexOf("/") + 1);

/** Everybody who is needed approves it. */
async function approve(location: string): Promise<void> {
  for (const [person, live] of [
    [lee!, mine!],
    [kim!, theirs!],
  ] as const) {
    const message = await live.socket.next(
      (one) => one.type === "action.pending" && person.request(one).claims.rid === rid(location),
    );
    const { jws } = person.request(message);
    const { receipt } = await person.submit(live.socket, person.decide(jws, "approve"));
    if (receipt?.outcome === "approved") return;
  }
}

/** Status, challenge and code of an answer to whoever is nobody here. */
const refusal = ({ status, headers, json }: Awaited<ReturnType<typeof call>>) => [
  ...[status, headers.get("www-authenticate")],
  (json as { issue: { details: { coding: { code: string }[] } }[] }).issue[0]!.details.coding[0]!.code,
];
const NOBODY = [401, 'Bearer realm="countersign", error="invalid_client"', "E_AGENT_UNKNOWN"];

async function told(carrier: string, name: string): Promise<Members> {
  const read = ({ body }: Message) => eventOf(lee!.verified<SetClaims>(body["set"], "secevent+jwt"));
  return read(await mine!.socket.next((one) => one.type === carrier && read(one).name === name)).members;
}

describe("an agent that leaves", () => {
  const disable = ["agent", "disable", "urn:stranger:agent", "--reason", "The contract has ended"];
  let [held, waiting]: string[] = [];
  let first: Members;
  let second: Serving | undefined;

  it("has what waits withdrawn and what is held revoked, and is an unknown client from then on", async () => {
    const done = await ask(hospital.agent, "POST", ORDER, orderOf("evans-a"));
    await approve(done);
    expect((await call(hospital.agent, "GET", done, "", 20)).json["status"]).toBe("completed");
    held = await ask(hospital.agent, "DELETE", "/fhir/Condition/evans-c-htn");
    await approve(held);
    expect((await call(hospital.agent, "GET", held)).json["status"]).toBe("approved");
    waiting = await ask(hospital.agent, "POST", ORDER, orderOf("evans-b"));
    const kept = await ask(other, "POST", ORDER, orderOf("evans-c"));
    const writes = hospital.record.writes.length;
    const held2 = call(hospital.agent, "GET", held, "", 20);

    first = (await answer<Members[]>(disable, hospital.env))[0]!;
    expect(first).toMatchObject({
      ...{ agent: "urn:stranger:agent", already: false, withdrawn: [rid(waiting)], revoked: [rid(held)] },
      report: {
        requests: { completed: 1, revoked: 1, withdrawn: 1 },
        executions: { done: 1 },
        tokens: { issued: 1, used: 1, revoked: 1 },
        actions: { "urn:countersign:action:order.create": 2, "urn:countersign:action:record.update": 1 },
        models: [{ value: "any/model@1" }],
        disabled_for: "The contract has ended",
      },
    });
    expect(await told("action.withdrawn", "request-withdrawn")).toMatchObject({
      ...{ rid: rid(waiting), by: "operator", reason: "offboarded" },
    });
    expect((await held2).json).toMatchObject({ status: "revoked" });
    for (const [method, at, body] of [
      ["POST", ORDER, orderOf("evans-b")],
      ["GET", waiting, ""],
      ["DELETE", held, ""],
    ] as const) {
      expect(refusal(await call(hospital.agent, method, at, body))).toEqual(NOBODY);
    }
    // The backchannel door says it in OAuth's words (RFC 6749 section 5.2).
    const form = new URLSearchParams({
      grant_type: "urn:openid:params:grant-type:ciba",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: hospital.agent.assertion("POST", "", { content_digest: undefined }),
    });
    const { token_endpoint } = (await (await fetch(`${url}/.well-known/countersign-gateway`)).json()) as {
      token_endpoint: string;
    };
    const token = await fetch(`${url}${new URL(token_endpoint).pathname}`, { method: "POST", body: form });
    expect([token.status, ((await token.json()) as Members)["error"]]).toEqual([401, "invalid_client"]);
    const draft = await run(["gateway", "state", rid(held)], hospital.env);
    expect(JSON.parse(draft.out)).toMatchObject({ state: "revoked" });
    expect((await call(other, "GET", kept)).json["status"]).toBe("pending");
    expect(hospital.record.writes.length).toBe(writes);
  });

  it("asked again, nothing more happens; about nobody it is refused", async () => {
    const [again] = await answer<Members[]>(disable, hospital.env);
    expect(again).toMatchObject({ already: true, withdrawn: [], revoked: [], tokens: [] });
    expect(again!["report"]).toEqual(first["report"]);
    const nobody = await run(["agent", "disable", "urn:nobody", "--reason", "x"], hospital.env);
    expect(nobody.err).toContain("E_AGENT_UNKNOWN");
    expect(nobody.status).not.toBe(0);
  });

  it("stays out over a restart; a stopped gateway tells the same, and switches a whole vendor off", async () => {
    expect((await hospital.serving.stop()).status).toBe(0);
    expect(await answer(["agent", "report", "urn:stranger:agent"], hospital.env)).toEqual(first["report"]);
    const before = hospital.record.writes.length;
    const all = await answer<Members[]>(["agent", "disable", "--vendor", "any", "--reason", "Left"], hospital.env);
    const ends = all.map(({ agent, already, withdrawn }) => [agent, already, (withdrawn as string[]).length]);
    expect(ends).toContainEqual(["urn:stranger:agent", true, 0]);
    expect(ends).toContainEqual(["urn:stranger:other", false, 1]);

    second = await serve(hospital.env);
    url = String(second.line["url"]);
    for (const agent of [hospital.agent, other]) {
      expect(refusal(await call(agent, "POST", ORDER, orderOf("evans-b")))).toEqual(NOBODY);
    }
    const list = await answer<Members[]>(["agent", "list"], hospital.env);
    expect(list.filter((one) => "disabled_at" in one).map(({ agent }) => agent)).toEqual([
      ...["urn:stranger:agent", "urn:stranger:other"],
    ]);
    expect(await hospital.state(rid(held!))).toBe("revoked");
    expect(await hospital.state(rid(waiting!))).toBe("withdrawn");
    await second.stop();
    expect(hospital.record.writes.length).toBe(before);
  });

  it("is in the log, once each, as a digest: no name and no reason; and the log proves whole", async () => {
    const folder = hospital.env["COUNTERSIGN_DATA"]!;
    const db = new DatabaseSync(path.join(folder, "gateway.sqlite"));
    const leaves = db.prepare("SELECT entry FROM leaves ORDER BY idx").all() as { entry: string }[];
    db.close();
    const entries = leaves.map(({ entry }) => JSON.parse(entry) as Members);
    expect(entries.filter(({ t }) => t === "config")).toHaveLength(2);
    const ended = entries.filter(({ t, out }) => t === "outcome" && (out === "withdrawn" || out === "revoked"));
    expect(ended.map((one) => [one["rid"], one["out"]]).slice(0, 2)).toEqual([
      ...[
        [rid(waiting!), "withdrawn"],
        [rid(held!), "revoked"],
      ],
    ]);
    expect(JSON.stringify(entries)).not.toMatch(/contract|stranger/);
  });
});
