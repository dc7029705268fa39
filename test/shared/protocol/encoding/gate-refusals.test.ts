import { describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { gateJws, parsePayload, type GateOptions } from "#shared/protocol/jws.ts";
import { LIMITS, TYP } from "#shared/protocol/names.ts";
import { decodeUtf8 } from "#shared/protocol/utf8.ts";

import { codeOf } from "../fixture/hospital.ts";

const KID = "k".repeat(43);
const HEADER = { alg: "ES256", typ: TYP.session, kid: KID };
const b64 = (text: string | Uint8Array): string => Buffer.from(text as string).toString("base64url");
const jws = (header: unknown, payload: string | Uint8Array = '{"a":1}'): string =>
  [typeof header === "string" ? header : JSON.stringify(header), payload, "signature"].map(b64).join(".");
const gate = (header: unknown, options: Partial<GateOptions> = {}) =>
  gateJws(jws(header), { typ: TYP.session, ...options });
const refusal = (header: unknown, options: Partial<GateOptions> = {}): string => codeOf(() => gate(header, options));

describe("the gate, each refusal by its own code (protocol.md 3.2, 3.8)", () => {
  it.each(["[]", "null", '"text"', "1", "true"])("a header that is %s is no header", (header) => {
    expect(refusal(header)).toBe("E_SIG_HEADER");
  });

  it("reads the header in any order of its members, and the form that Countersign writes to the same", () => {
    const read = { alg: "ES256", typ: TYP.session, kid: KID, csx: [] };
    expect(gate(HEADER).header).toEqual(read);
    expect(gate({ kid: KID, typ: TYP.session, alg: "ES256" }).header).toEqual(read);
    expect(gate({ ...HEADER, alg: "Ed25519" }).header).toEqual({ ...read, alg: "Ed25519" });
  });

  it.each([TYP.decision, TYP.session.toUpperCase(), "JWT", undefined, 1])("refuses typ %s for another", (typ) => {
    expect(refusal({ ...HEADER, typ })).toBe("E_SIG_TYP");
  });

  it.each(["none", "EdDSA", "HS256", "es256", "", undefined, 256, null])("refuses alg %s", (alg) => {
    expect(refusal({ ...HEADER, alg })).toBe("E_SIG_ALG");
  });

  it.each(["jku", "x5u", "x5c", "b64", "zip", "cty", "jwk"])("refuses the member %s", (name) => {
    expect(refusal({ ...HEADER, [name]: "x" })).toBe("E_SIG_HEADER");
  });

  it.each([undefined, 43, KID.slice(1), `${KID}k`, `.${KID.slice(1)}`, `${KID}\n`, `\n${KID}`])(
    "refuses the name of a key %j",
    (kid) => {
      expect(refusal({ ...HEADER, kid })).toBe("E_SIG_HEADER");
    },
  );

  it("takes a key in the header only where it is asked for, and only one that has the shape of a key", () => {
    const { jwk } = makeSigner(generateKey("ES256"));
    expect(gate({ ...HEADER, jwk }, { allowJwk: true }).header.jwk).toEqual(jwk);
    expect(gate(HEADER, { allowJwk: true }).header).not.toHaveProperty("jwk");
    expect(refusal({ ...HEADER, jwk })).toBe("E_SIG_HEADER");
    expect(refusal({ ...HEADER, jwk: { kty: "EC" } }, { allowJwk: true })).toBe("E_SIG_HEADER");
    expect(refusal({ ...HEADER, x5c: "x" }, { allowJwk: true })).toBe("E_SIG_HEADER");
  });
});

describe("what is marked critical", () => {
  const marked = (crit: unknown, csx: unknown, understood?: GateOptions["understood"]) =>
    codeOf(() => gate({ ...HEADER, crit, csx }, understood === undefined ? {} : { understood }));

  it.each([
    ["without its list", ["csx"], undefined],
    ["a list without the mark", undefined, ["known"]],
    ["another extension", ["b64"], ["known"]],
    ["marked twice", ["csx", "csx"], ["known"]],
    ["no mark", [], ["known"]],
    ["a mark that is no list", "csx", ["known"]],
    ["an empty list", ["csx"], []],
    ["a name twice", ["csx"], ["known", "known"]],
    ["one unknown name among known ones", ["csx"], ["known", "unknown"]],
    ["a name that is no text", ["csx"], [1]],
    ["a list that is none", ["csx"], "known"],
  ])("%s is refused", (_what, crit, csx) => {
    expect(marked(crit, csx, ["known"])).toBe("E_SIG_CRIT");
  });

  it("is given on where it is understood, or where somebody else judges it later (C13)", () => {
    const header = { ...HEADER, crit: ["csx"], csx: ["known"] };
    expect(gate(header, { understood: ["known", "other"] }).header.csx).toEqual(["known"]);
    expect(gate(header, { understood: "any" }).header.csx).toEqual(["known"]);
    expect(marked(["csx"], ["known"])).toBe("E_SIG_CRIT");
    expect(marked(["csx"], [1], "any")).toBe("E_SIG_CRIT");
  });
});

describe("the three parts", () => {
  it.each(["", "a", "YQ.YQ", ".YQ.YQ", "YQ..YQ", "..", "YQ.YQ.YQ.YQ", "YQ.YQ.YQ."])("%j has not three", (text) => {
    expect(codeOf(() => gateJws(text, { typ: TYP.session }))).toBe("E_FMT_JWS");
  });

  it("are taken up to the limit and not a byte further", () => {
    const text = jws(HEADER);
    const within = (maxBytes: number) => codeOf(() => gateJws(text, { typ: TYP.session, maxBytes }));
    expect([within(text.length), within(text.length - 1)]).toEqual(["none", "E_FMT_SIZE"]);
    const long = jws(HEADER, `{"a":"${"x".repeat(LIMITS.jws)}"}`);
    expect(codeOf(() => gateJws(long, { typ: TYP.session }))).toBe("E_FMT_SIZE");
  });

  it.each(["[]", "1", "null", '"text"', "false"])("a payload that is %s is none", (payload) => {
    expect(codeOf(() => parsePayload(gateJws(jws(HEADER, payload), { typ: TYP.session })))).toBe("E_CLM_SHAPE");
  });

  it("keep what is not ASCII as it was", () => {
    expect(parsePayload(gateJws(jws(HEADER, '{"name":"Zoë 😀"}'), { typ: TYP.session }))).toMatchObject({
      name: "Zoë 😀",
    });
  });

  it("are UTF-8 without a mark of byte order; what the decoder said is kept", () => {
    const refused = (bytes: readonly number[]) => codeOf(() => decodeUtf8(Uint8Array.from(bytes)));
    expect(refused([0xef, 0xbb, 0xbf, 0x7b, 0x7d])).toBe("E_FMT_UTF8");
    expect(refused([0x7b, 0xff])).toBe("E_FMT_UTF8");
    expect(() => decodeUtf8(Uint8Array.of(0xff))).toThrow(
      expect.objectContaining({ cause: expect.any(TypeError) as TypeError }),
    );
    expect(codeOf(() => gateJws(jws(HEADER, Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)), { typ: TYP.session }))).toBe(
      "E_FMT_UTF8",
    );
  });
});
