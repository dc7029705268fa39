import { readFileSync } from "node:fs";
import path from "node:path";

import { beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";

import { REQUEST_STATES } from "#shared/protocol/claims/receipt.ts";

import { openSqliteStore } from "../../gateway/store/sqlite.ts";
import { Canaries, contentsOf, filesBelow } from "./canary.ts";
import { run, serve } from "./command.ts";
import { open, orderFor, type Hospital } from "./hospital.ts";
import type { RequestClaims } from "./objects.ts";
import { HELLO, type Live, type Person } from "./person.ts";
import { b64, type Members } from "./signed.ts";
import { Socket, type Message } from "./socket.ts";

/**
 * Clinical text is in the signed objects, in the store that keeps them, and nowhere else (protocol.md 3.19; reliability.md
 * 1.5): every place that takes free text is given a word of its own, and then everything is searched that operators,
 * log collectors, monitoring and backups of configuration would see.
 */

/** The only files that may hold clinical text, because they are what keeps signed requests, decisions and answers. */
const STORE = ["gateway.sqlite", "gateway.sqlite-shm", "gateway.sqlite-wal"].map((name) => path.join("gateway", name));

const canaries = new Canaries();
const at = (place: string): string => canaries.at(place);

let hospital: Hospital;
let lee: Person;
let mine: Live;
/** What the gateway said where somebody looks, by where. */
const seen = new Map<string, string>();

beforeAll(async () => {
  hospital = await open(undefined, { config: { metrics: { port: 0 } }, log: "info" });
  // One patient an order: a second order of the same medicine is another risk.
  for (const about of ABOUT)
    hospital.record.copy("evans-gareth", patientOf(about), (text) => withNote(about, withCanaries(text)));
  lee = await hospital.enrol("lee");
  mine = await hospital.connect(lee);
  return async () => await hospital.close();
});

const ABOUT = ["approved", "denied", "refused", "unknown", "strict", "unread"] as const;
type About = (typeof ABOUT)[number];
const patientOf = (about: About): string => `evans-${about}`;
const withCanaries = (text: string): string =>
  text
    .replaceAll("Gareth", `Gareth ${at("patient name")}`)
    .replaceAll("NG-104311", at("patient identifier"))
    .replaceAll("9991142088", at("patient number"))
    .replaceAll("No known allergy", `Allergy ${at("fact: allergy")}`)
    .replaceAll("amlodipine 5 MG Oral Tablet", `amlodipine ${at("fact: medicine")}`);

const noteOf = (about: About): readonly Members[] => [{ text: `"${at(`${about} body`)}"\n` }];
/** The order that is active has the note of the one that repeats it: with another it would be for two people. */
function withNote(about: About, text: string): string {
  const resource = JSON.parse(text) as Members;
  return resource["resourceType"] === "MedicationRequest" ? JSON.stringify({ ...resource, note: noteOf(about) }) : text;
}

/** An order with a word in every text that an agent may write. `about` tells the words of two orders apart. */
function order(about: About): Members {
  const draft = orderFor(patientOf(about)) as { operation: { body: string } } & Members;
  const resource = JSON.parse(draft.operation.body) as { dosageInstruction: Members[] } & Members;
  resource["note"] = noteOf(about);
  resource.dosageInstruction[0]!["text"] = `5 mg by mouth once a day ${at(`${about} dose`)}`;
  return {
    ...draft,
    operation: { ...draft.operation, body: JSON.stringify(resource) },
    rationale: { trigger: "policy_rule", text: `Because ${at(`${about} rationale`)}` },
    task: { id: `task-${at(`${about} task`)}`, goal: `To ${at(`${about} goal`)}`, next_hint: at(`${about} next`) },
    claims: [{ code: "29463-7", value: at(`${about} claim`), unit: "kg" }],
    idempotency_key: at(`${about} key`),
  };
}

async function asked(about: About): Promise<{ jws: string; claims: RequestClaims }> {
  const rid = await hospital.raise(order(about));
  const message = await mine.socket.next(
    ({ type, body }) => type === "action.pending" && lee.request({ body } as Message).claims.rid === rid,
  );
  return lee.request(message);
}

/** The end of a request's execution has been told. */
const ended = async (rid: string): Promise<Message> =>
  await mine.socket.next(
    ({ type, body }) =>
      type === "task.event" &&
      /task-(completed|failed)/.test(Buffer.from(String(body["set"]).split(".")[1] ?? "", "base64url").toString()) &&
      Buffer.from(String(body["set"]).split(".")[1] ?? "", "base64url")
        .toString()
        .includes(rid),
  );

/** A call of the agents' door that is not taken, with its body and what else an agent may send. */
async function refused(method: string, address: string, body: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`${hospital.url}${address}`, {
    method,
    headers: {
      authorization: `Bearer ${hospital.agent.assertion(method, body)}`,
      "content-type": "application/fhir+json",
      ...headers,
    },
    ...(body === "" ? {} : { body }),
  });
  expect(answer.status).toBeGreaterThanOrEqual(400);
  await answer.text();
}

/** An upgrade that is not taken. */
async function refusedUpgrade(address: string, origin: string, protocol: string): Promise<void> {
  const ws = new WebSocket(address, protocol, { origin });
  await new Promise<void>((done) => ws.on("error", () => done()));
}

async function look(name: string, address: string): Promise<void> {
  const answer = await fetch(address);
  seen.set(name, `${JSON.stringify([...answer.headers])}\n${await answer.text()}`);
}

const leaks = (): string[] =>
  [...seen].flatMap(([where, text]) => canaries.in(text).map((place) => `${place} in ${where}`));
const leaksInFiles = (): string[] =>
  filesBelow(hospital.folder)
    .filter(({ name }) => !STORE.includes(name))
    .flatMap(({ name, bytes }) =>
      canaries.in(Buffer.concat([Buffer.from(`${name}\n`), bytes])).map((place) => `${place} in ${name}`),
    );

describe("no clinical text outside the store", () => {
  it("an approval that is carried out", async () => {
    const { jws, claims } = await asked("approved");
    const reason = { code: "other", text: `Agreed ${at("approval note")}` };
    const { receipt } = await lee.submit(mine.socket, lee.decide(jws, "approve", { claims: { reason } }));
    expect(receipt).toMatchObject({ result: "recorded", outcome: "approved" });
    await ended(claims.rid);
    seen.set("gateway state", JSON.stringify(await run(["gateway", "state", claims.rid], hospital.env)));
  });

  it("a denial with a note, and a decision that is rejected with another", async () => {
    const { jws } = await asked("denied");
    const wrong = { code: "other", text: at("rejected note") };
    const rejected = await lee.submit(mine.socket, lee.decide(jws, "deny", { claims: { rev: 7, reason: wrong } }));
    expect(rejected.receipt?.result).not.toBe("recorded");
    const reason = { code: "other", text: `Not today: ${at("denial note")}` };
    const { receipt } = await lee.submit(mine.socket, lee.decide(jws, "deny", { claims: { reason } }));
    expect(receipt).toMatchObject({ result: "recorded", outcome: "denied" });
  });

  it.each([
    ["refused", 422],
    ["unknown", 500],
  ] as const)("an execution that fails: %s", async (about, status) => {
    const outcome = {
      resourceType: "OperationOutcome",
      issue: [{ diagnostics: `Clash with ${at(`${about} answer`)}` }],
    };
    const { jws, claims } = await asked(about);
    hospital.record.fail("POST MedicationRequest", status, JSON.stringify(outcome));
    await lee.submit(mine.socket, lee.decide(jws, "approve"));
    await ended(claims.rid);
    seen.set(`gateway state, ${about}`, JSON.stringify(await run(["gateway", "state", claims.rid], hospital.env)));
  });

  it("drafts that are refused, and a record that answers nonsense", async () => {
    const fhir = { resourceType: "MedicationRequest", subject: { reference: `Patient/${at("unknown patient")}` } };
    await refused("POST", "/fhir/MedicationRequest", JSON.stringify(fhir));
    await refused("POST", "/fhir/MedicationRequest", `{"note":"${at("no JSON")}`);
    await refused("POST", `/fhir/${at("resource type")}`, "{}");
    await refused("DELETE", `/fhir/Patient/${at("resource id")}?${at("query")}=1`, "");
    await refused(
      "POST",
      "/countersign/v1/requests",
      JSON.stringify({ ...order("strict"), [at("unknown member")]: 1 }),
    );
    await refused("POST", "/fhir/MedicationRequest", "{}", { "countersign-context": b64(`{"a":"${at("context")}"`) });
    await refused("POST", "/fhir/MedicationRequest", "{}", { authorization: `Bearer ${at("bearer")}` });
    await refused("GET", `/fhir/Observation?patient=${at("read")}&_include=${at("include")}`, "");
    await refused("GET", `/${at("address")}`, "");
    await refused("POST", "/countersign/v1/decisions", at("posted decision"));
    hospital.record.fail(`GET Patient/${patientOf("unread")}`, 200, `<html>${at("record")}`);
    await refused("POST", "/countersign/v1/requests", JSON.stringify(order("unread")));
  });

  it("messages that make no sense", async () => {
    const { socket } = mine;
    for (const [type, body] of [
      [at("message type"), {}],
      [`x-${at("extension")}`, {}],
      ["decision.submit", { jws: at("decision") }],
      ["statement.submit", { jws: `${at("statement")}.a.b` }],
      ["action.view", { rid: at("view"), rev: 1, state: "opened" }],
      ["history.query", { from: 0, to: 1, limit: 5, patient_ref: at("history"), page: at("page") }],
      [
        "report.query",
        { name: "history", filter: { patient: at("report"), text: at("text") }, purpose: { code: "TREAT" } },
      ],
      ["report.query", { name: "history", filter: { [at("member")]: at("value") }, page: at("report-page") }],
      ["report.query", { name: "history", filter: {}, purpose: { code: "HLEGAL", text: at("stated purpose") } }],
      ["report.query", { name: at("report-name"), purpose: { code: "HLEGAL", text: at("purpose") } }],
    ] as const) {
      socket.say(type, body);
    }
    await socket.ask("ping");
    for (const malformed of [`{"v":1,"type":"${at("half a frame")}`, JSON.stringify({ [at("frame")]: 1 })]) {
      socket.raw(malformed);
      await socket.next("error");
    }
    const another = await Socket.open(hospital.wsUrl);
    another.raw(JSON.stringify({ v: 1, type: "hello", id: at("id"), ts: at("time"), body: HELLO }));
    another.say("hello", { ...HELLO, client: { app: at("client"), ver: "1", os: "any" } });
    another.say("enrol.begin", { ticket_id: at("ticket") });
    another.raw(Buffer.from(at("binary")));
    await another.closed;
    await refusedUpgrade(`${hospital.wsUrl}/${at("upgrade")}`, `https://${at("origin")}.example`, at("protocol"));
  });

  it("is in nothing that the gateway shows while it runs, and in no file but the store's", async () => {
    const metrics = String(hospital.serving.line["metrics_url"]);
    await look("metrics", metrics);
    for (const name of ["healthz", "readyz", ".well-known/countersign-gateway"])
      await look(name, `${hospital.url}/${name}`);
    expect(seen.get("metrics")).toMatch(/^countersign_decisions_total\{decision="approve",outcome="approved"\} 3$/m);
    expect(seen.get("metrics")).toMatch(/^countersign_messages_total\{type="other"\} 2$/m);
    expect(leaks()).toEqual([]);
    expect(leaksInFiles()).toEqual([]);
  });

  it("nor in what it logged, which is one JSON object a line, nor in what it leaves behind", async () => {
    const { out, err, status } = await hospital.serving.stop();
    expect(status).toBe(0);
    seen.set("standard output", out).set("standard error", err);
    const lines = err.split("\n").filter((line) => line !== "");
    const events = lines.map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events).toEqual(expect.arrayContaining(["ws.close", "ws.refused", "directory.root-key-on-this-host"]));
    expect(leaks()).toEqual([]);
    expect(leaksInFiles()).toEqual([]);
  });

  it("nor in the database, in any column or page: what belongs in the store is sealed there", () => {
    const database = path.join(hospital.folder, "gateway", "gateway.sqlite");
    expect(canaries.in(contentsOf(database))).toEqual([]);
    expect(canaries.in(readFileSync(database))).toEqual([]);
  });

  it("would be found: what belongs in the store is in the store, and the search sees it there", () => {
    const store = openSqliteStore(path.join(hospital.folder, "gateway", "gateway.sqlite"));
    const requests = store.requestsIn(REQUEST_STATES);
    const kept = requests.flatMap(({ rid, rev, jws }) => [
      ...[jws, ...store.answersFor(rid).map((one) => one.jws)],
      JSON.stringify(store.execution(`${rid}.${String(rev)}`) ?? null),
    ]);
    store.close();
    const stored = canaries.in(kept.join("\n"));
    const drafts = (["approved", "denied", "refused", "unknown"] as const).flatMap((about) =>
      ["body", "dose", "rationale", "task", "goal"].map((text) => `${about} ${text}`),
    );
    expect(stored).toEqual(
      expect.arrayContaining([
        ...["patient name", "patient identifier", "patient number", "fact: allergy"],
        ...drafts,
        ...["approval note", "denial note", "refused answer"],
      ]),
    );
    // What was refused was not kept either.
    for (const place of ["unknown patient", "no JSON", "unknown member", "record", "half a frame", "message type"]) {
      expect(stored).not.toContain(place);
    }
  });

  it.each(["utf8", "base64", "base64url", "hex", "utf16le"] as const)("would be found in any form: %s", (form) => {
    for (const before of ["", "x", "xy", '{"a":"']) {
      const text = Buffer.from(`${before}${at("goal")} and more`);
      expect(canaries.in(form === "utf16le" ? Buffer.from(text.toString(), form) : text.toString(form))).toEqual([
        "goal",
      ]);
    }
    expect(canaries.in(encodeURIComponent(` ${at("goal")}"`))).toEqual(["goal"]);
  });
});

it("a defect that nobody caught ends the gateway with its name, not with the text it was about", async () => {
  // What a parser of this runtime says holds the text that it was given.
  const defect = `process.once("SIGUSR2", () => { JSON.parse(${JSON.stringify(at("defect"))}); });`;
  const faulty = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(defect)}` };
  const serving = await serve({ ...hospital.env, ...faulty });
  process.kill(Number(serving.line["pid"]), "SIGUSR2");
  const { err, out, status } = await serving.ended;
  expect(status).toBe(1);
  const last = JSON.parse(err.trimEnd().split("\n").at(-1) ?? "") as Members;
  expect(last).toMatchObject({ level: "error", event: "process.fault", error: "SyntaxError" });
  expect(canaries.in(out + err)).toEqual([]);
});
