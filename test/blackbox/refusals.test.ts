import { beforeAll, describe, expect, it } from "vitest";

import { honest } from "./decision.ts";
import { open, orderFor, type Hospital } from "./hospital.ts";
import type { RequestClaims } from "./objects.ts";
import type { Live, Person } from "./person.ts";
import { b64, dig, newKey, nonce, nowS, seal, sealRaw, uuid7, type Members } from "./signed.ts";
import type { Message } from "./socket.ts";

/** V1 to V26 from outside: each case is one thing wrong with an otherwise honest decision (protocol.md 3.8). */

let hospital: Hospital;
let [lee, kim]: Person[] = [];
let [mine, other]: Live[] = [];
let order: { jws: string; claims: RequestClaims };

beforeAll(async () => {
  hospital = await open(({ annotate }) => {
    annotate("problem-list", '@key_storage("hardware")');
    annotate("referral", '@roles("consultant")');
  });
  hospital.record.copy("evans-gareth", "evans-two");
  [lee, kim] = await Promise.all([
    hospital.enrol("lee"),
    hospital.enrol("kim", { pools: "pharmacists", alg: "Ed25519" }),
  ]);
  [mine, other] = await Promise.all([hospital.connect(lee), hospital.connect(kim, ["pool:pharmacists", "me"])]);
  order = await asked("order");
  return async () => await hospital.close();
});

/** A session takes a burst of 60 messages: each group of cases begins one of its own. */
async function again(): Promise<void> {
  const before = mine!.socket;
  mine = await hospital.connect(lee!);
  expect(await before.closed).toBe(4409);
}

async function asked(what: string | Members) {
  const rid = await hospital.raise(what);
  const message = await mine!.socket.next(
    ({ type, body }) => type === "action.pending" && lee!.request({ body } as Message).claims.rid === rid,
  );
  return lee!.request(message);
}

/** What came back: `error CODE` with nothing stored, or `recorded|rejected CODE outcome` from a signed receipt. */
async function said(jws: string, person = lee!, live = mine!): Promise<string> {
  const { answer, receipt } = await person.submit(live.socket, jws);
  if (receipt !== undefined) return [receipt.result, receipt.code, receipt.outcome].filter(Boolean).join(" ");
  expect(answer.body).toMatchObject({ title: expect.any(String) as string, retry: expect.any(String) as string });
  return `${answer.type} ${String(answer.body["code"])}`;
}

const approve = (claims: Members = {}, header: Members = {}): string =>
  lee!.decide(order.jws, "approve", { claims, header });
const deny = (claims: Members = {}): string => lee!.decide(order.jws, "deny", { claims });
const text = (): string => JSON.stringify(honest(lee!, order.jws, "approve"));
const HEADER = (): Members => ({ alg: lee!.key.alg, typ: "countersign-decision+jwt", kid: lee!.key.kid });
const withHeader = (header: string | Uint8Array): string => sealRaw(lee!.key, header, text());
const withPayload = (payload: string | Uint8Array): string => sealRaw(lee!.key, JSON.stringify(HEADER()), payload);
const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
const parts = (jws: string): [string, string, string] => jws.split(".") as [string, string, string];

describe("V1 to V9: an error, and nothing is stored", () => {
  const cases: Record<string, [string, () => string]> = {
    "V1 two segments": ["E_FMT_JWS", () => approve().split(".").slice(0, 2).join(".")],
    "V1 four segments": ["E_FMT_JWS", () => `${approve()}.AAAA`],
    "V1 empty": ["E_FMT_JWS", () => ""],
    "V2 padding": ["E_FMT_B64", () => `${approve()}=`],
    "V2 standard alphabet": ["E_FMT_B64", () => approve().replace(/\.[^.]{4}/, ".+/+/")],
    "V2 trailing bits": ["E_FMT_B64", () => approve().replace(/.$/, (c) => (c === "B" ? "D" : "B"))],
    "V2 white space": ["E_FMT_B64", () => `${approve()}\n`],
    "V2 payload not UTF-8": ["E_FMT_UTF8", () => withPayload(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]))],
    "V2 header not UTF-8": ["E_FMT_UTF8", () => withHeader(Buffer.from([0x7b, 0xc3, 0x28, 0x7d]))],
    "V3 header with a name twice": ["E_FMT_DUP", () => withHeader(`{"typ":"a",${JSON.stringify(HEADER()).slice(1)}`)],
    "V3 header with a fraction": ["E_FMT_NUMBER", () => withHeader(JSON.stringify({ ...HEADER(), x: 1.5 }))],
    "V3 header is no JSON": ["E_FMT_JSON", () => withHeader("{'typ':1}")],
    "V3 header too deep": ["E_FMT_DEPTH", () => withHeader(`{"x":${nested(32)}}`)],
    "V3 header with half a character": ["E_FMT_SURROGATE", () => withHeader(`{"x":"\\ud800"}`)],
    "V3 another typ": ["E_SIG_TYP", () => approve({}, { typ: "countersign-request+jwt" })],
    "V3 typ in capitals": ["E_SIG_TYP", () => approve({}, { typ: "Countersign-Decision+JWT" })],
    "V3 no typ": ["E_SIG_TYP", () => approve({}, { typ: undefined })],
    "V3 alg none": ["E_SIG_ALG", () => approve({}, { alg: "none" })],
    "V3 alg EdDSA": ["E_SIG_ALG", () => approve({}, { alg: "EdDSA" })],
    "V3 alg HS256": ["E_SIG_ALG", () => approve({}, { alg: "HS256" })],
    "V3 alg RS256": ["E_SIG_ALG", () => approve({}, { alg: "RS256" })],
    "V3 a key in the header": ["E_SIG_HEADER", () => approve({}, { jwk: newKey().jwk })],
    "V3 jku": ["E_SIG_HEADER", () => approve({}, { jku: "https://evil.example/" })],
    "V3 crit b64": ["E_SIG_CRIT", () => approve({}, { crit: ["b64"] })],
    "V3 unknown critical claim": ["E_SIG_CRIT", () => approve({ new: 1 }, { crit: ["csx"], csx: ["new"] })],
    "V3 csx without crit": ["E_SIG_CRIT", () => approve({}, { csx: ["uvp"] })],
    "V3 crit without csx": ["E_SIG_CRIT", () => approve({}, { crit: ["csx"] })],
    "V4 unknown key": [
      "E_KEY_UNKNOWN",
      () => seal(newKey(), "countersign-decision+jwt", honest(lee!, order.jws, "approve")),
    ],
    "V4 another alg than the key's": ["E_SIG_ALG", () => approve({}, { alg: "Ed25519" })],
    "V5 a bit of the signature": [
      "E_SIG_BAD",
      () => approve().replace(/\.([^.])([^.]*)$/, (_, c, rest) => `.${c === "A" ? "B" : "A"}${rest as string}`),
    ],
    "V5 a signature of 63 bytes": ["E_SIG_BAD", () => approve().replace(/[^.]{86}$/, b64(Buffer.alloc(63, 1)))],
    "V6 payload with a name twice": ["E_FMT_DUP", () => withPayload(`{"ver":1,${text().slice(1)}`)],
    "V6 payload with an exponent": ["E_FMT_NUMBER", () => withPayload(text().replace('"ver":1', '"ver":1e0'))],
    "V6 payload with a large integer": [
      "E_FMT_NUMBER",
      () => withPayload(text().replace('"ver":1', '"ver":1,"x":9007199254740992')),
    ],
    "V6 payload with minus zero": ["E_FMT_NUMBER", () => withPayload(text().replace('"ver":1', '"ver":1,"x":-0'))],
    "V6 payload is no JSON": ["E_FMT_JSON", () => withPayload(`${text()},`)],
    "V2 payload with a BOM": ["E_FMT_UTF8", () => withPayload(`\ufeff${text()}`)],
    "V6 payload too deep": ["E_FMT_DEPTH", () => withPayload(`{"x":${nested(32)},${text().slice(1)}`)],
    "V6 payload with half a character": ["E_FMT_SURROGATE", () => withPayload(`{"x":"\\udc00",${text().slice(1)}`)],
  };
  it("the form of the signed object", async () => {
    const got: Record<string, string> = {};
    for (const [name, [, make]] of Object.entries(cases)) got[name] = await said(make());
    expect(got).toEqual(Object.fromEntries(Object.entries(cases).map(([name, [code]]) => [name, `error ${code}`])));
  });
});

describe("V7 to V9", () => {
  beforeAll(again);

  const shape: Record<string, () => string> = {
    "no jti": () => approve({ jti: undefined }),
    "jti in capitals": () => approve({ jti: uuid7().toUpperCase() }),
    "jti of version 4": () => approve({ jti: "019f0000-0000-4000-8000-000000000100" }),
    "no rid": () => approve({ rid: undefined }),
    "rev as text": () => approve({ rev: "1" }),
    "no nonce": () => approve({ nonce: undefined }),
    "req_dig in hexadecimal": () => approve({ req_dig: "sha-256:00ff" }),
    "iat as text": () => approve({ iat: String(nowS()) }),
    "amr as text": () => approve({ amr: "pin" }),
    "no acr": () => approve({ acr: undefined }),
    "no auth_time": () => approve({ auth_time: undefined }),
    "no pol": () => approve({ pol: undefined }),
    "no chain": () => approve({ chain: undefined }),
    "no decision": () => approve({ decision: undefined }),
    "a reason of 501 characters": () => deny({ reason: { code: "other", text: "x".repeat(501) } }),
    "granted is no array": () => approve({ granted: {} }),
    "a denial with a grant": () => deny({ granted: order.claims.authorization_details }),
    "the payload is an array": () => withPayload("[]"),
  };

  it("V7: members, types and lengths", async () => {
    const got: Record<string, string> = {};
    for (const [name, make] of Object.entries(shape)) got[name] = await said(make());
    expect(got).toEqual(Object.fromEntries(Object.keys(shape).map((name) => [name, "error E_CLM_SHAPE"])));
    expect(await said(approve({ ver: 2 }))).toBe("error E_CLM_VERSION");
  });

  it("V8, V8b: another gateway, another session's key", async () => {
    expect(await said(approve({ aud: "https://gw.other.example" }))).toBe("error E_CLM_AUD");
    expect(await said(kim!.decide(order.jws, "deny"))).toBe("error E_KEY_DEVICE");
  });

  it("V9: the same bytes get the same receipt, another decision under the same jti gets an error", async () => {
    const jti = uuid7();
    const first = deny({ jti, nonce: nonce() });
    const { answer: one } = await lee!.submit(mine!.socket, first);
    const { answer: two } = await lee!.submit(mine!.socket, first);
    expect(two.body).toEqual({ ...one.body, duplicate: true });
    expect(await said(deny({ jti }))).toBe("error E_JTI_REUSE");
    // The signature is not part of what is identified: ECDSA knows two for the same.
    const [header, payload] = parts(first);
    const again = `${header}.${payload}.${b64(lee!.key.sign(`${header}.${payload}`))}`;
    expect(again).not.toBe(first);
    expect((await lee!.submit(mine!.socket, again)).answer.body).toEqual(two.body);
  });
});

describe("from V10 on: one signed rejection", () => {
  beforeAll(again);

  const rejected: Record<string, [string, () => string]> = {
    "V10 another person": ["E_KEY_SUBJECT", () => approve({ sub: kim!.claims.sub })],
    "V10 another device": ["E_KEY_DEVICE", () => approve({ iss: kim!.claims.device })],
    "V10 before the credential": ["E_KEY_VALIDITY", () => approve({ iat: lee!.claims.nbf - 61, exp: nowS() + 60 })],
    "V11 an unknown request": ["E_REQ_UNKNOWN unknown", () => approve({ rid: uuid7() })],
    "V11 rev 0": ["E_REQ_SUPERSEDED", () => approve({ rev: 0 })],
    "V11 rev 2": ["E_REQ_SUPERSEDED", () => approve({ rev: 2 })],
    "V11 other bytes": ["E_REQ_DIGEST", () => approve({ req_dig: dig("other") })],
    "V11 another nonce": ["E_REQ_NONCE", () => approve({ nonce: nonce() })],
    "V11 another transaction": ["E_REQ_TXN", () => approve({ txn: uuid7() })],
    "V12 another policy": ["E_POL_MISMATCH", () => approve({ pol: { ...order.claims.policy, id: "urn:other" } })],
    "V12 other policy bytes": ["E_POL_MISMATCH", () => approve({ pol: { ...order.claims.policy, dig: dig("x") } })],
    "V13 ends as it begins": ["E_CLM_LIFETIME", () => approve({ exp: nowS() })],
    "V13 lives too long": ["E_CLM_LIFETIME", () => approve({ exp: nowS() + 400 })],
    "V13 from the future": ["E_CLM_FUTURE", () => approve({ iat: nowS() + 90, exp: nowS() + 100 })],
    "V13 offline": ["E_POL_OFFLINE", () => approve({ offline: true })],
    "V14 a decision nobody knows": ["E_CLM_DECISION", () => deny({ decision: "maybe" })],
    "V16 a gap": ["E_CHAIN_GAP", () => approve({ chain: { n: lee!.chain.n + 2, prev: lee!.chain.prev } })],
    "V17 a revoke of nothing": ["E_REVOKE_TARGET", () => deny({ decision: "revoke", revokes: dig("x") })],
    "V18 a denial without a reason": ["E_CLM_REASON", () => deny({ reason: undefined })],
    "V18 a reason nobody knows": ["E_CLM_REASON", () => deny({ reason: { code: "because" } })],
    "V18 other in seven characters": ["E_CLM_REASON", () => deny({ reason: { code: "other", text: "because" } })],
  };
  it.each(Object.entries(rejected))("%s", async (_name, [wanted, make]) => {
    const [code, outcome = "open"] = wanted.split(" ");
    expect(await said(make())).toBe(`rejected ${String(code)} ${outcome}`);
  });

  it("V13: dated before the request", async () => {
    // Only where the credential is older than the request can the request's own rule be what refuses.
    await expect.poll(nowS).toBeGreaterThan(lee!.claims.nbf);
    const first = await asked(orderFor("evans-two"));
    const iat = first.claims.iat - 61;
    const early = lee!.decide(first.jws, "approve", { claims: { iat, exp: nowS() + 60, auth_time: iat } });
    expect(await said(early)).toBe("rejected E_CLM_BEFORE_REQUEST open");
    expect(await said(lee!.decide(first.jws, "deny"))).toBe("recorded denied");
  });

  it("V15: not addressed to the pool, or without the role: that binds a denial too", async () => {
    expect(await said(kim!.decide(order.jws, "approve"), kim, other)).toBe("rejected E_AUZ_NOT_ELIGIBLE open");
    expect(await said(kim!.decide(order.jws, "deny"), kim, other)).toBe("rejected E_AUZ_NOT_ELIGIBLE open");
    const referral = await asked("referral");
    expect(await said(lee!.decide(referral.jws, "approve"))).toBe("rejected E_AUZ_ROLE open");
  });

  it("V16: a gap tells where the chain is, and suspends nobody", async () => {
    const gap = approve({ chain: { n: lee!.chain.n + 3, prev: lee!.chain.prev } });
    const { receipt } = await lee!.submit(mine!.socket, gap);
    expect(receipt).toMatchObject({ code: "E_CHAIN_GAP", chain: lee!.chain });
    expect(mine!.socket.isOpen).toBe(true);
  });
});

describe("V19 to V26: what an approval grants and how it came about", () => {
  beforeAll(again);

  const [op, scope] = [0, 1];
  const grant = (change: (rar: Members[]) => Members[]): string =>
    approve({ granted: change(order.claims.authorization_details.map((one) => ({ ...one }))) });
  const withMember = (i: number, member: Members) => () =>
    grant((all) => all.map((one, j) => (i === j ? { ...one, ...member } : one)));
  const shown = (change: Members): string => {
    const { shown: honestly } = honest(lee!, order.jws, "approve");
    return approve({ shown: { ...(honestly as Members), ...change } });
  };
  const rejected: Record<string, [string, () => string]> = {
    "V19 nothing": ["E_AUZ_EMPTY", () => approve({ granted: [] })],
    "V19 twice": ["E_AUZ_DUP", () => grant((all) => [...all, all[op]!])],
    "V19 a type nobody compares": ["E_AUZ_TYPE", withMember(scope, { type: "urn:other" })],
    "V19 an unknown id": ["E_AUZ_WIDER", () => grant((all) => [...all, { ...all[scope]!, id: "a9" }])],
    "V19 the required one left out": ["E_AUZ_INCOMPLETE", () => grant((all) => all.slice(1))],
    "V19 another place": ["E_AUZ_WIDER", withMember(op, { locations: ["https://evil.example/r4"] })],
    "V19 another patient": ["E_AUZ_WIDER", withMember(op, { patient: "Patient/other" })],
    "V19 other bytes": ["E_AUZ_WIDER", withMember(op, { content_digest: `sha-256=:${"A".repeat(43)}=:` })],
    "V19 more uses": ["E_AUZ_WIDER", withMember(op, { max_uses: 2 })],
    "V19 no uses": ["E_AUZ_WIDER", withMember(op, { max_uses: 0 })],
    "V19 a member more": ["E_AUZ_WIDER", withMember(op, { if_match: 'W/"1"' })],
    "V19 a wider scope": ["E_AUZ_WIDER", withMember(scope, { scopes: ["patient/Observation.rs"] })],
    "V19 a scope that does not parse": ["E_AUZ_SCOPE", withMember(scope, { scopes: ["patient/Observation.sr"] })],
    "V19 longer than asked": ["E_AUZ_LIFETIME", () => approve({ grant_exp: order.claims.grant_exp + 1 })],
    "V19 over before it begins": ["E_AUZ_LIFETIME", () => approve({ grant_exp: nowS() - 1 })],
    "V20 another template": ["E_DSP_TEMPLATE", () => shown({ tpl_dig: dig("x") })],
    "V20 another view": ["E_DSP_VIEW", () => shown({ view_dig: dig("x") })],
    "V20 not all of it": ["E_DSP_INCOMPLETE", () => shown({ complete: false })],
    "V22 long ago": ["E_UV_STALE", () => approve({ auth_time: nowS() - order.claims.policy.max_auth_age - 61 })],
    "V24 in a hurry": ["E_DWELL", () => approve({ dwell: { ms: 1, n: 1 } })],
    "V26 an emergency": ["E_POL_EMERGENCY", () => approve({ emg: { code: "life", text: "no time" } })],
  };
  it.each(Object.entries(rejected))("%s", async (_name, [code, make]) => {
    expect(await said(make())).toBe(`rejected ${code} open`);
  });

  it("V21, V22, V23: acknowledgement, re-entry, strength of the check and of the key", async () => {
    const update = await asked("update");
    expect(await said(lee!.decide(update.jws, "approve"))).toBe("rejected E_KEY_CLASS open");
    const without = (claims: Members): string => lee!.decide(update.jws, "approve", { claims });
    expect(await said(without({ reentry: [] }))).toBe("rejected E_ACK_MISSING open");
    expect(await said(without({ acr: "urn:countersign:acr:session" }))).toBe("rejected E_UV_ACR open");
    expect(await said(lee!.decide(update.jws, "deny"))).toBe("recorded denied");
  });

  it("none of it has changed anything: the request is open and the same person approves it", async () => {
    expect(hospital.record.writes).toEqual([]);
    expect(await said(approve())).toBe("recorded approved");
    await mine!.socket.next("task.event");
  });

  it("V16: two decisions for one place of the chain suspend the key and close its sessions", async () => {
    const referral = await asked(orderFor("evans-two"));
    const fork = lee!.decide(referral.jws, "deny", { claims: { chain: { n: lee!.chain.n, prev: lee!.chain.prev } } });
    expect(await said(fork)).toBe("rejected E_CHAIN_FORK open");
    expect(await mine!.socket.closed).toBe(4401);
    const { answer, socket } = await lee!.prove(hospital.wsUrl);
    expect(answer.body["code"]).toBe("E_KEY_SUSPENDED");
    expect(await socket.closed).toBe(4401);
  });
});
