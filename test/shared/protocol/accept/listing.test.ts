import { describe, expect, it } from "vitest";

import { encodeBase64url } from "#shared/protocol/base64url.ts";
import { templateDigest } from "#shared/protocol/digest.ts";
import { TYP } from "#shared/protocol/names.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import { makeMemory, receive, verdictOn } from "../fixture/client.ts";
import {
  crypto,
  directory,
  gateway,
  gatewayClaims,
  ISS,
  makePerson,
  makeRequest,
  ORDER,
  signRequest,
  T0,
  template,
  tplDig,
  uuid,
} from "../fixture/hospital.ts";

const good = signRequest(makeRequest());
const codeOf = (jws: string) => {
  const acceptance = receive(jws);
  return acceptance.kind === "refused" ? acceptance.code : acceptance.kind;
};
const signText = (payload: string, header: object = {}) => {
  const h = JSON.stringify({ alg: "ES256", typ: TYP.request, kid: gateway.kid, ...header });
  const input = `${encodeBase64url(encodeUtf8(h))}.${encodeBase64url(encodeUtf8(payload))}`;
  return `${input}.${encodeBase64url(gateway.signBytes(encodeUtf8(input)))}`;
};

describe("C1–C7: a request that is not a request of my gateway to me, now, is not listed", () => {
  it("accepts a good request and says what it parsed", () => {
    const acceptance = receive(good.jws);
    expect(acceptance).toMatchObject({
      kind: "accepted",
      digest: good.dig,
      kid: gateway.kid,
      repeated: false,
      template,
    });
    expect(acceptance).toMatchObject({ inspected: { body: { resourceType: "MedicationRequest" } } });
  });
  it("C1 E_FMT_SIZE: above 192 KiB", () => {
    expect(codeOf("a".repeat(192 * 1024 + 1))).toBe("E_FMT_SIZE");
  });
  it.each([
    ["E_FMT_JWS", "a.b"],
    ["E_FMT_B64", `${good.jws}=`],
    ["E_FMT_UTF8", `${encodeBase64url(Uint8Array.of(0xff))}.e30.AA`],
    ["E_FMT_DUP", signText('{"ver":1,"ver":1}')],
    ["E_FMT_NUMBER", signText('{"ver":1.5}')],
    ["E_FMT_JSON", signText("{")],
  ])("C1 %s", (code, jws) => {
    expect(codeOf(jws)).toBe(code);
  });
  it("C1 comes before C2: a payload that is no strict JSON is said first", () => {
    expect(codeOf(signText('{"a":1,"a":1}', { typ: TYP.decision }))).toBe("E_FMT_DUP");
  });
  it.each([
    ["E_SIG_TYP", { typ: TYP.decision }],
    ["E_SIG_ALG", { alg: "HS256" }],
    ["E_SIG_HEADER", { jku: "https://evil.example" }],
    ["E_SIG_CRIT", { crit: ["b64"] }],
  ])("C2 %s", (code, header) => {
    expect(codeOf(signText(JSON.stringify(good.claims), header))).toBe(code);
  });
  it("C3 E_GW_KEY: a key the directory does not vouch for, even one that says the gateway's name", () => {
    expect(codeOf(signRequest(good.claims, makePerson("x").signer).jws)).toBe("E_GW_KEY");
    expect(codeOf(signRequest(good.claims, directory).jws)).toBe("E_GW_KEY");
  });
  it("C4 E_SIG_BAD", () => {
    const [h, , s] = good.jws.split(".");
    const [, p] = signRequest(makeRequest()).jws.split(".");
    expect(codeOf([h, p, s].join("."))).toBe("E_SIG_BAD");
  });
  it("C5 E_CLM_SHAPE and E_CLM_VERSION", () => {
    const { nonce: _, ...rest } = good.claims;
    expect(codeOf(signText(JSON.stringify(rest)))).toBe("E_CLM_SHAPE");
    expect(codeOf(signText("[]"))).toBe("E_CLM_SHAPE");
    expect(codeOf(signText(JSON.stringify({ ...good.claims, ver: 2 })))).toBe("E_CLM_VERSION");
    expect(verdictOn(makeRequest((r) => (r.rev = 2)))).toBe("E_CLM_SHAPE");
    expect(verdictOn(makeRequest((r) => delete r.patient))).toBe("E_CLM_SHAPE");
  });
  it("C6 E_CLM_AUD: to other people, or from another gateway than the connection's", () => {
    expect(verdictOn(makeRequest((r) => (r.aud = [`${ISS}/pools/ortho`])))).toBe("E_CLM_AUD");
    expect(verdictOn(makeRequest((r) => (r.iss = "https://other.example")))).toBe("E_CLM_AUD");
    expect(verdictOn(makeRequest((r) => (r.aud = ["https://directory.example/approvers/lee"])))).toBe("accepted");
  });
  it("C7: dated ahead by more than a minute, over, or waiting more than a day", () => {
    expect(verdictOn(good.claims, { now: T0 - 61 })).toBe("E_CLM_FUTURE");
    expect(verdictOn(good.claims, { now: T0 + 900 })).toBe("E_REQ_EXPIRED");
    expect(verdictOn(makeRequest((r) => (r.exp = T0 + 24 * 3600 + 1)))).toBe("E_CLM_LIFETIME");
    expect(verdictOn(makeRequest((r) => (r.exp = T0 + 24 * 3600)))).toBe("accepted");
  });
  it("names a refused request as the payload does, for the gateway's counter", () => {
    const [h, p] = good.jws.split(".");
    const forged = `${h ?? ""}.${p ?? ""}.${encodeBase64url(new Uint8Array(64))}`;
    expect(receive(forged)).toMatchObject({ kind: "refused", code: "E_SIG_BAD", rid: good.claims.rid, rev: 1 });
    expect(receive("garbage")).not.toHaveProperty("rid");
  });
});

describe("C8: one signed object for each revision", () => {
  const next = (change: Parameters<typeof makeRequest>[0] = () => undefined) =>
    signRequest(
      makeRequest((r) => {
        r.rid = good.claims.rid;
        r.rev = 2;
        r.prev = good.dig;
        change(r);
      }),
    );
  const after = (...seen: string[]) => {
    const memory = makeMemory();
    for (const jws of seen) memory.learn(receive(jws, { memory }));
    return memory;
  };

  it("takes the identical bytes again", () => {
    expect(receive(good.jws, { memory: after(good.jws) })).toMatchObject({ kind: "accepted", repeated: true });
  });
  it("E_REQ_FORK: other bytes under a name already seen quarantine every revision of it", () => {
    const twin = signRequest(makeRequest((r) => (r.rid = good.claims.rid)));
    const memory = after(good.jws);
    const fork = receive(twin.jws, { memory });
    expect(fork).toMatchObject({ kind: "quarantined", code: "E_REQ_FORK" });
    memory.learn(fork);
    expect(receive(next().jws, { memory })).toMatchObject({ kind: "quarantined", code: "E_REQ_FORK" });
  });
  it("E_REQ_FORK: a next revision that does not follow the one seen", () => {
    expect(receive(next((r) => (r.prev = tplDig)).jws, { memory: after(good.jws) })).toMatchObject({
      code: "E_REQ_FORK",
    });
    expect(receive(next().jws, { memory: after(good.jws) }).kind).toBe("accepted");
  });
  it("takes a first contact and a larger jump as they are, and ignores a lower revision", () => {
    expect(receive(next().jws).kind).toBe("accepted");
    const jump = next((r) => ((r.rev = 5), (r.prev = tplDig)));
    expect(receive(jump.jws, { memory: after(good.jws) }).kind).toBe("accepted");
    expect(receive(good.jws, { memory: after(next().jws) })).toMatchObject({ kind: "ignored", why: "older" });
  });
  it("does not list a request that has ended", () => {
    const memory = makeMemory();
    memory.end(good.dig);
    expect(receive(good.jws, { memory })).toMatchObject({ kind: "ignored", why: "ended" });
  });
});

describe("C11–C13: policy, template, known kinds", () => {
  it("E_POL_MISMATCH: a policy that is not what its digest says", () => {
    expect(verdictOn({ ...good.claims, policy: { ...good.claims.policy, min_dwell_ms: 0 } })).toBe("E_POL_MISMATCH");
  });
  it("E_POL_ROLLBACK: an older policy than one accepted before", () => {
    const memory = makeMemory();
    memory.learn(receive(good.jws, { memory }));
    const older = makeRequest((r) => (r.policy = { ...r.policy, ver: 2 }));
    expect(verdictOn(older, { memory })).toBe("E_POL_ROLLBACK");
  });
  it("E_DSP_TEMPLATE: not built in and not vouched for, or another one than its digest says", () => {
    const fetched = { builtin: () => undefined, fetched: () => template };
    expect(verdictOn(good.claims, { templates: fetched })).toBe("accepted");
    const stranger = {
      iss: ISS,
      claims: gatewayClaims({ templates: [] }),
      keyFor: () => crypto.importKey(gateway.jwk),
    };
    expect(verdictOn(good.claims, { templates: fetched, gateway: stranger })).toBe("E_DSP_TEMPLATE");
    const swapped = { builtin: () => ({ ...template, must_show: ["/agent"] }), fetched: () => undefined };
    expect(verdictOn(good.claims, { templates: swapped })).toBe("E_DSP_TEMPLATE");
    expect(verdictOn(makeRequest((r) => (r.display = { ...r.display, tpl_ver: 3 })))).toBe("E_DSP_TEMPLATE");
    expect(verdictOn(makeRequest((r) => (r.display = { ...r.display, statement: "Sign here." })))).toBe(
      "E_DSP_TEMPLATE",
    );
  });
  it("E_DSP_TEMPLATE: something that must be shown is not there; null and empty are", () => {
    const without = (value?: unknown) =>
      makeRequest((r) => {
        const { dosageInstruction: _, ...order } = ORDER;
        r.action.op.body = JSON.stringify(value === undefined ? order : { ...order, dosageInstruction: value });
      });
    expect(verdictOn(without())).toBe("E_DSP_TEMPLATE");
    expect(verdictOn(without(null))).toBe("accepted");
    expect(verdictOn(without([]))).toBe("accepted");
  });
  it("E_DSP_TEMPLATE: an older version of a template than one accepted before", () => {
    const older = { ...template, ver: 1 };
    const memory = makeMemory();
    memory.learn(receive(good.jws, { memory }));
    const tpl = { tpl_ver: 1, tpl_dig: templateDigest(crypto, older) };
    const request = makeRequest((r) => (r.display = { ...r.display, ...tpl }));
    const templates = { builtin: () => older, fetched: () => undefined };
    expect(verdictOn(request, { templates })).toBe("accepted");
    expect(verdictOn(request, { templates, memory })).toBe("E_DSP_TEMPLATE");
  });
  it("E_DSP_UNINSPECTABLE: an action, a scope or a critical claim of a kind not known here", () => {
    expect(verdictOn(makeRequest((r) => (r.action.type = "urn:countersign:action:teleport")))).toBe(
      "E_DSP_UNINSPECTABLE",
    );
    const typed = (type: string) =>
      makeRequest((r) => (r.authorization_details = r.authorization_details.map((e) => ({ ...e, type }))));
    expect(verdictOn(typed("urn:countersign:rar:fhir-op:2"))).toContain("E_DSP_UNINSPECTABLE");
    const extra = makeRequest(
      (r) => (r.authorization_details = [...r.authorization_details, { type: "urn:x", id: "a3" }]),
    );
    expect(verdictOn(extra)).toBe("E_DSP_UNINSPECTABLE");
    const future = gateway.sign(TYP.request, { ...good.claims, rid: uuid(), future: 1 }, { csx: ["future"] });
    expect(receive(future)).toMatchObject({ kind: "quarantined", code: "E_DSP_UNINSPECTABLE" });
  });
});
