import { once } from "node:events";

import { beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";

import { open, type Hospital } from "./hospital.ts";
import { HELLO, type Live, type Person } from "./person.ts";
import {
  b64,
  headerOf,
  isSealedBy,
  newKey,
  nonce,
  payloadOf,
  seal,
  sha256,
  thumbprint,
  type Members,
} from "./signed.ts";
import { Socket, type Message } from "./socket.ts";

let hospital: Hospital;
let [lee, kim]: Person[] = [];
let silent: Socket, quiet: Live;

beforeAll(async () => {
  hospital = await open();
  silent = await Socket.open(hospital.wsUrl);
  [lee, kim] = await Promise.all([hospital.enrol("lee"), hospital.enrol("kim", { pools: "pharmacists" })]);
  const asleep = await hospital.enrol("hall");
  quiet = await asleep.connect(hospital.wsUrl);
  return async () => await hospital.close();
});

const get = async (path: string, init: RequestInit = {}) => await fetch(`${hospital.url}${path}`, init);
const pathOf = (address: unknown): string => new URL(String(address)).pathname;

describe("what stands at the gateway's addresses (3.3, 3.4.4)", () => {
  it("discovery names everything a client needs, and nothing that its credential denies", async () => {
    const answer = await get("/.well-known/countersign-gateway");
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    const found = (await answer.json()) as Members;
    const { sub, ws_endpoint, log } = lee!.pinned.gateway;
    expect(found).toMatchObject({
      ...{ issuer: sub, versions: ["1"], ws_endpoint, enf: "gateway" },
      log: { ...log, mmd: 60 },
      directory: { iss: lee!.pinned.gateway.iss, kid: thumbprint(lee!.pinned.directory) },
      alg_values_supported: expect.arrayContaining(["ES256", "Ed25519"]) as unknown,
      rar_types_supported: expect.arrayContaining(["urn:countersign:rar:fhir-op:1"]) as unknown,
      action_types_supported: expect.arrayContaining(["urn:countersign:action:order.create"]) as unknown,
      acr_values_supported: expect.arrayContaining(["urn:countersign:acr:uv"]) as unknown,
      features_supported: expect.any(Array) as unknown,
      limits: { max_frame: 65_536, max_inflight: 1, rate: 20 },
    });
    const jwks = (await (await get(pathOf(found["jwks_uri"]))).json()) as { keys: { kid: string }[] };
    expect(jwks.keys.map(({ kid }) => kid).sort()).toEqual(lee!.pinned.gateway.jwks.keys.map(({ kid }) => kid).sort());

    const [tpl_dig] = lee!.pinned.gateway.templates;
    const template = await get(`${pathOf(found["template_registry_uri"])}/${String(tpl_dig)}`);
    expect(await template.json()).toMatchObject({ must_show: expect.any(Array) as unknown });
    const { uri, idx } = lee!.claims.status.status_list;
    expect(found["status_list_uris"]).toContain(uri);
    const list = await get(pathOf(uri));
    const jwt = await list.text();
    expect([list.headers.get("content-type"), headerOf(jwt)["typ"]]).toEqual([
      "application/statuslist+jwt",
      "statuslist+jwt",
    ]);
    expect(isSealedBy(lee!.pinned.directory, jwt)).toBe(true);
    const { status_list, sub: about } = payloadOf<{ sub: string; status_list: { bits: number; lst: string } }>(jwt);
    expect([status_list.bits, about]).toEqual([2, uri]);
    expect(idx).toBeGreaterThanOrEqual(0);
    expect([(await get("/healthz")).status, (await get("/readyz")).status, (await get("/nowhere")).status]).toEqual([
      ...[200, 200, 404],
    ]);
  });

  it("outsiders learn nothing from a decision over HTTP: unknown key, bad signature and no key are one answer", async () => {
    const { decision_endpoint } = (await (await get("/.well-known/countersign-gateway")).json()) as Members;
    const post = async (body: string, type = "application/countersign-decision+jwt") => {
      const answer = await get(pathOf(decision_endpoint), { method: "POST", body, headers: { "content-type": type } });
      return [answer.status, await answer.text()] as const;
    };
    const own = lee!.statement("report-agent", { agent: "urn:x" });
    const answers = [
      await post(seal(newKey(), "countersign-decision+jwt", { ver: 1 })),
      await post(`${seal(lee!.key, "countersign-decision+jwt", { ver: 1 }).slice(0, -8)}AAAAAAAA`),
      await post(seal(lee!.key, "countersign-decision+jwt", { ver: 1 })),
      await post(own),
      await post("not a JWS"),
    ];
    expect(new Set(answers.map(([status, text]) => `${status} ${text}`)).size).toBe(1);
    expect([answers[0]![0], JSON.parse(answers[0]![1])]).toMatchObject([400, { code: "E_SIG_BAD" }]);
    expect((await post("x", "text/plain"))[0]).toBe(415);
    const large = await post("x".repeat(65 * 1024));
    expect([large[0], JSON.parse(large[1])]).toMatchObject([413, { code: "E_FMT_SIZE" }]);
    expect((await get(pathOf(decision_endpoint))).status).toBe(405);
  });
});

describe("the upgrade (3.4.1, 3.22)", () => {
  async function refused(url: string, protocol: string | undefined, headers: Record<string, string> = {}) {
    const ws = new WebSocket(url, protocol === undefined ? [] : [protocol], { headers });
    ws.on("error", () => undefined);
    const [, { statusCode }] = (await once(ws, "unexpected-response")) as [unknown, { statusCode: number }];
    return statusCode;
  }

  it("refuses another subprotocol, none, a foreign Origin and another path before it begins", async () => {
    const { wsUrl } = hospital;
    expect(await refused(wsUrl, "countersign.v2")).toBe(400);
    expect(await refused(wsUrl, undefined)).toBe(400);
    expect(await refused(wsUrl, "countersign.v1", { origin: "https://evil.example" })).toBe(403);
    expect(await refused(wsUrl.replace(/feed$/, "other"), "countersign.v1")).toBe(404);
  });
});

describe("envelopes (3.4.2)", () => {
  const frame = (more: Members = {}) =>
    JSON.stringify({ v: 1, type: "ping", id: "a", ts: new Date().toISOString(), body: { t0: 1 }, ...more });
  const MALFORMED: [string, string, string][] = [
    ["no JSON", "{", "E_FMT_JSON"],
    ["a name twice", frame().replace('"v":1', '"v":1,"v":1'), "E_FMT_DUP"],
    ["no type", frame({ type: undefined }), "E_FMT_ENVELOPE"],
    ["another v", frame({ v: 2 }), "E_FMT_ENVELOPE"],
    ["no body", frame({ body: undefined }), "E_FMT_ENVELOPE"],
    ["an array", "[]", "E_FMT_ENVELOPE"],
  ];
  it.each(MALFORMED)("%s is answered without `re`, and the third closes 4400", async (_name, text, code) => {
    const socket = await Socket.open(hospital.wsUrl);
    for (let i = 0; i < 3; i++) socket.raw(text);
    expect(await socket.closed).toBe(4400);
    const errors = socket.received.filter(({ type }) => type === "error");
    expect(errors.length).toBeGreaterThanOrEqual(2);
    for (const { body, re } of errors) expect([body["code"], re]).toEqual([code, undefined]);
  });

  it("binary frames close 1003, frames above 64 KiB close 1009 or 4413", async () => {
    const [binary, large] = await Promise.all([Socket.open(hospital.wsUrl), Socket.open(hospital.wsUrl)]);
    binary.raw(Buffer.from(frame()));
    large.raw(frame({ body: { t0: 1, x: "x".repeat(66_000) } }));
    expect(await binary.closed).toBe(1003);
    expect([1009, 4413]).toContain(await large.closed);
  });

  it("unknown types are said, those with x- are passed over, unknown members are ignored, unknown crit is refused", async () => {
    const { socket } = await lee!.connect(hospital.wsUrl);
    socket.say("x-mine");
    const unknown = await socket.ask("no.such.type");
    expect([unknown.type, unknown.body["code"]]).toEqual(["error", "E_TYPE_UNKNOWN"]);
    const crit = await socket.ask("ping", { t0: 1 }, { crit: ["new-thing"] });
    expect([crit.type, crit.body["code"]]).toEqual(["error", "E_CRIT_UNKNOWN"]);
    const pong = await socket.ask("ping", { t0: 41, more: true }, { extra: {}, crit: [] });
    expect(pong).toMatchObject({ v: 1, type: "pong", body: { t0: 41 } });
    expect(Number(pong.body["t2"])).toBeGreaterThanOrEqual(Number(pong.body["t1"]));
    expect(pong.ts).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    await socket.ping();
    const shape = await socket.ask("ping", { t0: "now" });
    expect([shape.type, shape.body["code"]]).toEqual(["error", "E_CLM_SHAPE"]);
    expect(socket.isOpen).toBe(true);
    expect(socket.received.every(({ re, type }) => type !== "error" || re !== undefined)).toBe(true);
    const page = await socket.ask("report.query", {
      name: "history",
      filter: {},
      sort: [],
      purpose: { code: "HCOMPL" },
    });
    expect([page.type, page.body["code"], page.body["pointer"]]).toEqual(["error", "E_QUERY_FILTER", "/sort"]);
  });
});

describe("the handshake (3.4.3)", () => {
  const hello = async (more: Members = {}): Promise<{ socket: Socket; challenge: Message }> => {
    const socket = await Socket.open(hospital.wsUrl);
    return { socket, challenge: await socket.ask("hello", { ...HELLO, client_nonce: nonce(), ...more }) };
  };

  it("says which versions do not fit, and closes 4426", async () => {
    const { socket, challenge } = await hello({ versions: ["2"] });
    expect([challenge.type, challenge.body["code"]]).toEqual(["error", "E_VERSION"]);
    expect(await socket.closed).toBe(4426);
  });

  it("takes nothing but the handshake before the proof; the third try closes 4401", async () => {
    const { socket } = await hello();
    expect((await socket.ask("ping", { t0: 1 })).type).toBe("pong");
    const codes = [];
    for (const type of ["subscribe", "decision.submit", "history.query"])
      codes.push((await socket.ask(type)).body["code"]);
    expect(codes).toEqual(["E_AUTH_REQUIRED", "E_AUTH_REQUIRED", "E_AUTH_REQUIRED"]);
    expect(await socket.closed).toBe(4401);
  });

  const faults: [string, string, (person: Person, challenge: Members) => Members][] = [
    [
      "a proof by a key nobody knows",
      "E_AUTH_PROOF",
      (p, c) => ({ proof: p.sessionProof(c, {}, newKey()), cred: p.cred }),
    ],
    [
      "a broken signature",
      "E_AUTH_PROOF",
      (p, c) => ({ proof: `${p.sessionProof(c).slice(0, -6)}AAAAAA`, cred: p.cred }),
    ],
    ["another nonce", "E_AUTH_PROOF", (p, c) => ({ proof: p.sessionProof(c, { nonce: nonce() }), cred: p.cred })],
    ["another sid", "E_AUTH_PROOF", (p, c) => ({ proof: p.sessionProof(c, { sid: nonce() }), cred: p.cred })],
    ["no sid", "E_AUTH_PROOF", (p, c) => ({ proof: p.sessionProof(c, { sid: undefined }), cred: p.cred })],
    [
      "another gateway",
      "E_AUTH_PROOF",
      (p, c) => ({ proof: p.sessionProof(c, { aud: "https://x.example" }), cred: p.cred }),
    ],
    [
      "another person",
      "E_AUTH_PROOF",
      (p, c) => ({ proof: p.sessionProof(c, { sub: kim!.claims.sub }), cred: p.cred }),
    ],
    [
      "a proof of five minutes",
      "E_AUTH_PROOF",
      (p, c) => ({ proof: p.sessionProof(c, { exp: 9_999_999_999 }), cred: p.cred }),
    ],
    [
      "a decision's typ",
      "E_AUTH_PROOF",
      (p, c) => ({ proof: seal(p.key, "countersign-decision+jwt", payloadOf(p.sessionProof(c))), cred: p.cred }),
    ],
    ["what is no proof at all", "E_AUTH_PROOF", (p) => ({ proof: "proof", cred: p.cred })],
    ["somebody else's credential", "E_AUTH_CRED", (p, c) => ({ proof: p.sessionProof(c), cred: kim!.cred })],
    [
      "a credential of one's own making",
      "E_AUTH_CRED",
      (p, c) => ({ proof: p.sessionProof(c), cred: seal(p.key, "countersign-approver+jwt", payloadOf(p.cred)) }),
    ],
    ["what is no credential at all", "E_AUTH_CRED", (p, c) => ({ proof: p.sessionProof(c), cred: b64("cred") })],
  ];
  it.each(faults)("refuses %s with %s and 4401", async (_name, code, make) => {
    const { socket, challenge } = await hello();
    const answer = await socket.ask("auth", make(lee!, challenge.body));
    expect([answer.type, answer.body["code"]]).toEqual(["error", code]);
    expect(await socket.closed).toBe(4401);
  });

  it("`ready` says what 3.22 lists; a second session of the key closes the first with 4409, `bye` closes 1000", async () => {
    const first = await lee!.connect(hospital.wsUrl);
    expect(first.ready).toMatchObject({
      session: {
        id: expect.any(String) as unknown,
        exp: expect.any(Number) as unknown,
        reauth_at: expect.any(Number) as unknown,
      },
      server_time: expect.any(Number) as unknown,
      ...{ features: ["erasure-proof"], chain: { n: 0 }, checkpoint: expect.stringMatching(/\n\n— /) as unknown },
      limits: { max_inflight: 1 },
    });
    const genesis = sha256(["countersign-genesis/1", lee!.key.kid, lee!.pinned.gateway.sub].join("\0"));
    expect(first.ready["chain"]).toEqual({ n: 0, prev: `sha-256:${b64(genesis)}` });
    const second = await lee!.connect(hospital.wsUrl);
    expect(await first.socket.closed).toBe(4409);
    second.socket.say("bye");
    expect(await second.socket.closed).toBe(1000);
  });

  it("a flood is told E_RATE and closed 4429", async () => {
    const { socket } = await kim!.connect(hospital.wsUrl);
    for (let i = 0; i < 120; i++) socket.say("ping", { t0: i });
    expect(await socket.closed).toBe(4429);
    expect(socket.received.some(({ body }) => body["code"] === "E_RATE")).toBe(true);
  });

  it("a live session is pinged by the gateway, and is still there afterwards", async () => {
    await quiet.socket.pinged;
    expect((await quiet.socket.ask("ping", { t0: 7 })).body).toMatchObject({ t0: 7 });
  });

  it("whoever connects and says nothing is closed with 4408", async () => {
    expect(await silent.closed).toBe(4408);
  });
});
