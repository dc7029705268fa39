import { describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { gatewayKeys } from "#shared/protocol/verify/gateway-keys.ts";
import { TYP } from "#shared/protocol/names.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

import { codeOf, crypto, gateway, gatewayClaims, makeRequest, signRequest } from "../fixture/hospital.ts";

const old = makeSigner(generateKey("ES256"));
const claims = gatewayClaims({
  jwks: {
    keys: [
      { ...gateway.jwk, kid: gateway.kid, cs_use: ["request", "session"] },
      { ...old.jwk, kid: old.kid, cs_use: ["request"], verify_until: 100 },
    ],
  },
});

describe("the keys of a gateway credential", () => {
  const keys = gatewayKeys(crypto, claims);
  it("are given for the uses they are vouched for, and no other", () => {
    expect(keys.keyFor("request", gateway.kid, 10 ** 12)?.kid).toBe(gateway.kid);
    expect(keys.keyFor("session", gateway.kid, 0)?.kid).toBe(gateway.kid);
    expect(keys.keyFor("token", gateway.kid, 0)).toBeUndefined();
    expect(keys.keyFor("request", "A".repeat(43), 0)).toBeUndefined();
  });
  it("verify, once retired, what is not newer than their end", () => {
    expect(keys.keyFor("request", old.kid, 100)?.kid).toBe(old.kid);
    expect(keys.keyFor("request", old.kid, 101)).toBeUndefined();
  });
  it("E_SIG_KID: a key that is not named by its thumbprint", () => {
    const named = { ...claims, jwks: { keys: [{ ...gateway.jwk, kid: old.kid, cs_use: ["request" as const] }] } };
    expect(codeOf(() => gatewayKeys(crypto, named))).toBe("E_SIG_KID");
  });
});

describe("a signed object of any kind", () => {
  const { jws } = signRequest(makeRequest());
  const key = crypto.importKey(gateway.jwk);
  const verify = (text: string, found: typeof key | undefined = key, options = {}) =>
    codeOf(() => verifyJws(crypto, "request", text, () => found, options));

  it("has the code that the caller names for a key nobody knows", () => {
    const unknown = (options: object) => codeOf(() => verifyJws(crypto, "request", jws, () => undefined, options));
    expect(unknown({})).toBe("E_KEY_UNKNOWN");
    expect(unknown({ unknownKey: "E_SIG_KID" })).toBe("E_SIG_KID");
  });
  it("asks for the key by the name and header it has", () => {
    const asked: unknown[] = [];
    verifyJws(crypto, "request", jws, (kid, header) => (asked.push(kid, header.typ), key));
    expect(asked).toEqual([gateway.kid, TYP.request]);
  });
  it("may be held to fewer bytes than its kind", () => {
    expect(verify(jws, key, { maxBytes: jws.length })).toBe("none");
    expect(verify(jws, key, { maxBytes: jws.length - 1 })).toBe("E_FMT_SIZE");
  });
  it("E_SIG_KID, E_SIG_ALG: a key of another name, or pinned to another algorithm", () => {
    expect(verify(jws, crypto.importKey(old.jwk))).toBe("E_SIG_KID");
    expect(verify(jws, { ...key, alg: "Ed25519" })).toBe("E_SIG_ALG");
  });
  it("E_CLM_VERSION for another version, E_CLM_SHAPE with the place for another shape", () => {
    const signed = (more: object) => gateway.sign(TYP.request, { ...makeRequest(), ...more });
    expect(verify(signed({ ver: 2 }))).toBe("E_CLM_VERSION");
    expect(verify(signed({ ver: "1" }))).toBe("E_CLM_SHAPE");
    expect(() => verifyJws(crypto, "request", signed({ patient: { ref: 1 } }), () => key)).toThrow(/^patient\.ref: ./);
    expect(verify(gateway.sign(TYP.request, [1]))).toBe("E_CLM_SHAPE");
  });
  it("has a longest size of its own: a request 192 KiB, anything else 256 KiB", () => {
    const long = (kib: number) => "a".repeat(kib * 1024 + 1);
    expect(verify(long(192))).toBe("E_FMT_SIZE");
    expect(codeOf(() => verifyJws(crypto, "receipt", long(192), () => key))).not.toBe("E_FMT_SIZE");
    expect(codeOf(() => verifyJws(crypto, "receipt", long(256), () => key))).toBe("E_FMT_SIZE");
  });
  it("may mark a claim critical only where this version understands it; uvp in a decision", () => {
    const signed = (typ: typeof TYP.decision | typeof TYP.receipt, csx: string[]) =>
      codeOf(() =>
        verifyJws(crypto, typ === TYP.decision ? "decision" : "receipt", gateway.sign(typ, {}, { csx }), () => key),
      );
    expect(signed(TYP.decision, ["uvp"])).toBe("E_CLM_SHAPE");
    expect(signed(TYP.decision, ["other"])).toBe("E_SIG_CRIT");
    expect(signed(TYP.receipt, ["uvp"])).toBe("E_SIG_CRIT");
  });
  it("may carry a key in its header only in an enrolment", () => {
    const signed = (typ: typeof TYP.enrol | typeof TYP.session, name: "enrol" | "session") =>
      codeOf(() => verifyJws(crypto, name, gateway.sign(typ, {}, { jwk: gateway.jwk }), () => key));
    expect(signed(TYP.enrol, "enrol")).toBe("E_CLM_SHAPE");
    expect(signed(TYP.session, "session")).toBe("E_SIG_HEADER");
  });
});
