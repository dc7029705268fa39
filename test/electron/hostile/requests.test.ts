import { describe, expect, it } from "vitest";

import type { ErrorCode } from "#shared/protocol/registry.ts";

import { arrange, type Victim } from "./arrange.ts";
import type { HostileGateway } from "./gateway.ts";
import { b64, headerOf, jdig, jws, makeKey, rawJws, uuid } from "./jose.ts";
import { bodyWith, DISPLAY, goodClaims, operation, PATIENT, POLICY, T0, withDigest, type Claims } from "./request.ts";

type Forge = (g: HostileGateway) => string;
type Case = readonly [what: string, code: ErrorCode, forge: Forge];

const REQUEST = "countersign-request+jwt";
const payload = (over: Claims = {}) => JSON.stringify(goodClaims(over));
const withHeader =
  (header: Claims): Forge =>
  (g) =>
    rawJws(g.request, { ...headerOf(g.request, REQUEST), ...header }, payload());
const withPayload =
  (change: (text: string) => string | Uint8Array): Forge =>
  (g) =>
    rawJws(g.request, headerOf(g.request, REQUEST), change(payload()));
const withClaims =
  (over: Claims): Forge =>
  (g) =>
    g.signed(over);
const inserted = (member: string) => (text: string) => `{${member},${text.slice(1)}`;

/** C1–C7: never listed, counted. */
const REFUSED: readonly Case[] = [
  ["C1 a request above 192 KiB", "E_FMT_SIZE", withClaims({ x: "x".repeat(150 * 1024) })],
  ["C1 two segments", "E_FMT_JWS", (g) => g.signed().split(".").slice(0, 2).join(".")],
  ["C1 four segments", "E_FMT_JWS", (g) => `${g.signed()}.AAAA`],
  ["C1 padded base64url", "E_FMT_B64", (g) => `${g.signed()}==`],
  ["C1 standard base64", "E_FMT_B64", (g) => g.signed().replace(/.$/, "+")],
  ["C1 white space in it", "E_FMT_B64", (g) => g.signed().replace(".", ".\n")],
  ["C1 bytes that are no UTF-8", "E_FMT_UTF8", withPayload((t) => Buffer.concat([Buffer.from(t), Buffer.of(0xff)]))],
  ["C1 a byte order mark", "E_FMT_UTF8", withPayload((t) => `\ufeff${t}`)],
  ["C1 one member twice", "E_FMT_DUP", withPayload(inserted('"rev":2'))],
  ["C1 one member twice, once escaped", "E_FMT_DUP", withPayload(inserted('"\\u0072ev":2'))],
  [
    "C1 one header member twice",
    "E_FMT_DUP",
    (g) => rawJws(g.request, inserted('"alg":"none"')(JSON.stringify(headerOf(g.request, REQUEST))), payload()),
  ],
  ["C1 a fraction", "E_FMT_NUMBER", withPayload(inserted('"x":1.0'))],
  ["C1 an exponent", "E_FMT_NUMBER", withPayload(inserted('"x":1e3'))],
  ["C1 minus zero", "E_FMT_NUMBER", withPayload(inserted('"x":-0'))],
  ["C1 a number beyond 2^53", "E_FMT_NUMBER", withPayload(inserted('"x":9007199254740993'))],
  ["C1 nesting deeper than 32", "E_FMT_DEPTH", withPayload(inserted(`"x":${"[".repeat(40)}${"]".repeat(40)}`))],
  ["C1 half a surrogate pair", "E_FMT_SURROGATE", withPayload(inserted('"x":"\\ud800"'))],
  ["C1 text after it", "E_FMT_JSON", withPayload((t) => `${t}{}`)],

  ["C2 a receipt in its place", "E_SIG_TYP", (g) => jws(g.request, "countersign-receipt+jwt", goodClaims())],
  ["C2 a decision in its place", "E_SIG_TYP", (g) => jws(g.request, "countersign-decision+jwt", goodClaims())],
  ["C2 the type in capitals", "E_SIG_TYP", withHeader({ typ: REQUEST.toUpperCase() })],
  ["C2 no algorithm", "E_SIG_ALG", withHeader({ alg: "none" })],
  ["C2 the polymorphic EdDSA", "E_SIG_ALG", withHeader({ alg: "EdDSA" })],
  ["C2 an HMAC under the public key", "E_SIG_ALG", withHeader({ alg: "HS256" })],
  ["C2 another algorithm than the key's", "E_SIG_ALG", withHeader({ alg: "Ed25519" })],
  ["C2 a key of its own in the header", "E_SIG_HEADER", withHeader({ jwk: makeKey().jwk })],
  ["C2 a place to fetch a key from", "E_SIG_HEADER", withHeader({ jku: "https://keys.example/" })],
  ["C2 an unencoded payload", "E_SIG_HEADER", withHeader({ b64: false, crit: ["b64"] })],
  ["C2 a critical header nobody knows", "E_SIG_CRIT", withHeader({ crit: ["exp"] })],
  ["C2 a list of critical claims that is not announced", "E_SIG_CRIT", withHeader({ csx: ["x-mercy"] })],

  ["C3 a key the directory never saw", "E_GW_KEY", (g) => g.signed({}, makeKey())],
  ["C3 the key of sessions", "E_GW_KEY", (g) => g.signed({}, g.session)],
  ["C3 the directory's own key", "E_GW_KEY", (g) => g.signed({}, g.directory)],
  ["C3 a retired key, after its time", "E_GW_KEY", (g) => g.signed({}, g.retired)],

  [
    "C4 another key under the right name",
    "E_SIG_BAD",
    (g) => rawJws(makeKey(), headerOf(g.request, REQUEST), payload()),
  ],
  [
    "C4 one claim changed after signing",
    "E_SIG_BAD",
    (g) => {
      const [head, , signature] = g.signed().split(".");
      return [head, b64(payload({ rev: 7 })), signature].join(".");
    },
  ],
  ["C4 a short signature", "E_SIG_BAD", (g) => g.signed().slice(0, -2)],
  ["C4 no signature", "E_SIG_BAD", (g) => g.signed().replace(/[^.]*$/, "")],

  ["C5 a list", "E_CLM_SHAPE", withPayload(() => "[]")],
  ["C5 another version", "E_CLM_VERSION", withClaims({ ver: 2 })],
  ["C5 no nonce", "E_CLM_SHAPE", withClaims({ nonce: undefined })],
  ["C5 a short nonce", "E_CLM_SHAPE", withClaims({ nonce: "AAAA" })],
  ["C5 a name in capitals", "E_CLM_SHAPE", withClaims({ rid: uuid().toUpperCase() })],
  ["C5 a time as text", "E_CLM_SHAPE", withClaims({ exp: String(T0 + 900) })],
  ["C5 no patient's operation", "E_CLM_SHAPE", withClaims({ action: undefined })],

  ["C6 another pool", "E_CLM_AUD", withClaims({ aud: ["https://gateway.northgate.example/pools/theatre"] })],
  ["C6 a pool by its bare name", "E_CLM_AUD", withClaims({ aud: ["ward-4b"] })],
  ["C6 another gateway's request", "E_CLM_AUD", withClaims({ iss: "https://gateway.elsewhere.example" })],

  ["C7 a time to come", "E_CLM_FUTURE", withClaims({ iat: T0 + 120, exp: T0 + 900 })],
  ["C7 a time that is over", "E_REQ_EXPIRED", withClaims({ iat: T0 - 900, exp: T0 - 1 })],
  ["C7 a life beyond a day", "E_CLM_LIFETIME", withClaims({ exp: T0 + 86_401, submit_by: T0 + 86_401 })],
];

/** C8–C14: listed, readable, deniable, never approvable. */
const QUARANTINED: readonly Case[] = [
  ["C9 other bytes under the same digest", "E_REQ_BODY_DIGEST", withClaims(changedBytes())],
  [
    "C9 a permission for other bytes",
    "E_REQ_BODY_DIGEST",
    withClaims(
      operation(undefined, { grant: { content_digest: "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:" } }),
    ),
  ],
  [
    "C10 another patient in the body",
    "E_REQ_INCONSISTENT",
    withClaims(operation(bodyWith("Patient/p-104", "Patient/p-105"))),
  ],
  [
    "C10 one member of the body twice",
    "E_REQ_INCONSISTENT",
    withClaims(operation(bodyWith('"status":"active"', '"status":"active","status":"draft"'))),
  ],
  [
    "C10 an address outside the permission",
    "E_REQ_INCONSISTENT",
    withClaims(operation(undefined, { op: { url: "https://fhir.northgate.example/r4evil/MedicationRequest" } })),
  ],
  [
    "C10 another kind of resource than permitted",
    "E_REQ_INCONSISTENT",
    withClaims(operation(undefined, { grant: { datatypes: ["Observation"] } })),
  ],
  [
    "C11 a policy that is not its digest",
    "E_POL_MISMATCH",
    withClaims({ policy: { ...withDigest(POLICY), hold_s: 0 } }),
  ],
  [
    "C12 a template nobody vouches for",
    "E_DSP_TEMPLATE",
    withClaims({ display: { ...DISPLAY, tpl_dig: `sha-256:${"A".repeat(43)}` } }),
  ],
  [
    "C12 another statement than the template's",
    "E_DSP_TEMPLATE",
    withClaims({ display: { ...DISPLAY, statement: "OK" } }),
  ],
  [
    "C12 a field that must be shown and is not there",
    "E_DSP_TEMPLATE",
    withClaims(operation(bodyWith('"intent":"order",', ""))),
  ],
  [
    "C13 a kind of action nobody knows",
    "E_DSP_UNINSPECTABLE",
    withClaims({ action: { ...(operation()["action"] as Claims), type: "urn:countersign:action:order.magic" } }),
  ],
  [
    "C13 a kind of permission nobody knows",
    "E_DSP_UNINSPECTABLE",
    withClaims({
      authorization_details: [
        ...(operation()["authorization_details"] as Claims[]),
        { type: "urn:example:all-powers:1", id: "a9" },
      ],
    }),
  ],
  [
    "C14 a hidden character in the action",
    "E_DSP_TEXT",
    withClaims(operation(bodyWith("once a day", "once\u202e a day"))),
  ],
  ["C14 a hidden character in the name", "E_DSP_TEXT", withClaims({ patient: { ...PATIENT, name: "WAT\u200bERS" } })],
  ["C14 a letter that is another's", "E_DSP_TEXT", withClaims(operation(bodyWith("amlodipine", "aml\u043edipine")))],
];

function changedBytes(): Claims {
  const { action, authorization_details } = operation();
  const { op, ...rest } = action as Claims & { op: Claims };
  return { authorization_details, action: { ...rest, op: { ...op, body: bodyWith('"value":5', '"value":50') } } };
}

const ridOf = (text: string): unknown => {
  try {
    return (JSON.parse(Buffer.from(text.split(".")[1]!, "base64url").toString()) as Claims)["rid"];
  } catch {
    return undefined;
  }
};

async function expectStillLive(v: Victim): Promise<void> {
  await v.gateway.flushed();
  expect(v.status().connection.kind).toBe("live");
  const good = v.gateway.signed();
  v.gateway.push("action.pending", { jws: good });
  expect((await v.row(jdig(good))).status.kind).toBe("pending");
}

describe("a request that fails C1 to C7 is not listed, is counted by its code, and the connection goes on:", () => {
  it.each(REFUSED.map((one) => [one[0], one[1], one[2]] as const))("%s (%s)", async (_what, code, forge) => {
    const v = await arrange();
    const forged = forge(v.gateway);
    v.gateway.push("action.pending", { jws: forged });
    await v.gateway.flushed();
    expect(v.status().refused).toEqual({ [code]: 1 });
    expect(v.desk.rows()).toEqual([]);
    for (const view of v.gateway.received.all.filter((m) => m.type === "action.view")) {
      expect(view.body).toMatchObject({ state: "rejected", code, rid: ridOf(forged) });
    }
    await expectStillLive(v);
    v.expectNothingSigned();
  });
});

describe("a request that fails C9 to C14 is listed, never approvable, and can be denied:", () => {
  it.each(QUARANTINED.map((one) => [one[0], one[1], one[2]] as const))("%s (%s)", async (_what, code, forge) => {
    const v = await arrange();
    const forged = forge(v.gateway);
    v.gateway.push("action.pending", { jws: forged });
    const row = await v.row(jdig(forged));
    expect(row.status).toMatchObject({ kind: "quarantined", code });
    await expect(v.approve(row)).rejects.toMatchObject({ code });
    v.expectNothingSigned();
    const { key, rev, digest } = row;
    const reason = { code: "suspected-injection" } as const;
    await v.desk.decide({ key, rev, digest, choice: { kind: "deny", reason, report_agent: false } });
    const { body } = await v.gateway.received.next((m) => m.type === "decision.submit");
    const [, claims] = String(body["jws"]).split(".");
    expect(JSON.parse(Buffer.from(claims!, "base64url").toString())).toMatchObject({
      decision: "deny",
      req_dig: digest,
    });
  });
});

describe("what came before is remembered:", () => {
  it("C8 two requests under one name and revision quarantine both", async () => {
    const v = await arrange();
    const rid = uuid();
    for (const forged of [v.gateway.signed({ rid }), v.gateway.signed({ rid })]) {
      v.gateway.push("action.pending", { jws: forged });
    }
    await v.gateway.flushed();
    const [row, ...others] = v.desk.rows();
    expect(others).toEqual([]);
    expect(row!.status).toMatchObject({ kind: "quarantined", code: "E_REQ_FORK" });
    await expect(v.approve(row!)).rejects.toMatchObject({ code: "E_REQ_FORK" });
    v.expectNothingSigned();
  });

  it("C8 a next revision that does not continue the last one is a fork", async () => {
    const v = await arrange();
    const rid = uuid();
    v.gateway.push("action.pending", { jws: v.gateway.signed({ rid }) });
    const next = v.gateway.signed({ rid, rev: 2, prev: `sha-256:${"A".repeat(43)}` });
    v.gateway.push("action.pending", { jws: next });
    await v.gateway.flushed();
    expect(v.desk.rows().map((row) => row.status)).toMatchObject([{ kind: "quarantined", code: "E_REQ_FORK" }]);
    v.expectNothingSigned();
  });

  it("C8 a lower revision is ignored", async () => {
    const v = await arrange();
    const rid = uuid();
    const first = v.gateway.signed({ rid });
    const second = v.gateway.signed({ rid, rev: 2, prev: jdig(first) });
    for (const sent of [first, second, first]) v.gateway.push("action.pending", { jws: sent });
    await v.gateway.flushed();
    expect(v.desk.rows().map((row) => [row.rev, row.digest])).toEqual([[2, jdig(second)]]);
  });

  it("C11 a policy older than one seen is quarantined", async () => {
    const v = await arrange();
    v.gateway.push("action.pending", { jws: v.gateway.signed() });
    const old = v.gateway.signed({ policy: withDigest({ ...POLICY, ver: 2, hold_s: 0 }) });
    v.gateway.push("action.pending", { jws: old });
    expect((await v.row(jdig(old))).status).toMatchObject({ kind: "quarantined", code: "E_POL_ROLLBACK" });
  });
});
