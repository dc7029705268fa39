import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";
import { beforeEach, describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { TYP } from "#shared/protocol/names.ts";

import type { AgentAuth } from "../../../../gateway/agents/assertion.ts";
import { dpopProof } from "../../../../gateway/agents/identity/prove.ts";
import type { Shown } from "../../../../gateway/agents/identity/shown.ts";
import { crypto } from "../../device.ts";
import { makeAgent } from "../../world.ts";
import { authOf, ISS, judged, registryKeys, request, time } from "./kit.ts";

const HTU = `${ISS}${request.path}`;

describe("DPoP at the agents' doors (RFC 9449)", () => {
  const key = generateKey("ES256");
  const dpopKey = generateKey("ES256");
  const prover = makeSigner(dpopKey);
  const sub = "urn:agent:bound";
  let auth: AgentAuth;
  let n = 0;
  beforeEach(() => {
    auth = authOf([makeAgent({ sub, keys: [registryKeys(key)], jkt: prover.kid })]);
  });

  const assertion = (): string =>
    makeSigner(key).sign(TYP.clientAssertion, {
      ...{ iss: sub, sub, aud: ISS, iat: time.now, exp: time.now + 60, jti: `assertion-${String(n++)}` },
    });
  const proofOf = (token: string | undefined, over: object = {}, by = prover): string =>
    dpopProof(by, { htm: "POST", htu: HTU, iat: time.now, jti: `proof-number-${String(n++)}`, ...over }, token);
  const shown = (over: object = {}, by = prover): Shown => {
    const token = assertion();
    return { authorization: `DPoP ${token}`, dpop: proofOf(token, over, by) };
  };

  it("believes a registered agent by its credential and a proof by its key", () => {
    expect(judged(auth, shown())).toBe(sub);
  });

  it("takes no request without a proof from who is registered with a key for it", () => {
    expect(judged(auth, { authorization: `Bearer ${assertion()}` })).toBe("E_AGENT_DPOP");
  });

  it.each([
    ["another method (htm)", { htm: "GET" }],
    ["another path (htu)", { htu: `${ISS}/fhir/Patient/p` }],
    ["another host (htu)", { htu: `https://evil.example${request.path}` }],
    ["no address at all (htu)", { htu: "requests" }],
    ["an hour ago (iat)", { iat: time.now - 3600 }],
    ["a minute and more ago (iat)", { iat: time.now - 61 }],
    ["a minute and more from now (iat)", { iat: time.now + 61 }],
    ["another credential (ath)", { ath: "AAAA" }],
    ["no id (jti)", { jti: undefined }],
    ["an id too short to be one (jti)", { jti: "1" }],
  ])("refuses a proof for %s", (_what, over) => {
    const token = assertion();
    const good = dpopProof(prover, { htm: "POST", htu: HTU, iat: time.now, jti: `proof-number-${String(n++)}` }, token);
    const claims = JSON.parse(Buffer.from(good.split(".")[1]!, "base64url").toString()) as object;
    const input = `${good.split(".")[0]!}.${Buffer.from(JSON.stringify({ ...claims, ...over })).toString("base64url")}`;
    const dpop = `${input}.${Buffer.from(prover.signBytes(Buffer.from(input))).toString("base64url")}`;
    expect(judged(auth, { authorization: `DPoP ${token}`, dpop })).toBe("E_AGENT_DPOP");
  });

  it("refuses a proof without the credential's digest, and one with it where there is none", () => {
    const token = assertion();
    expect(judged(auth, { authorization: `DPoP ${token}`, dpop: proofOf(undefined) })).toBe("E_AGENT_DPOP");
    expect(judged(auth, { authorization: `Bearer ${assertion()}`, dpop: proofOf(undefined) }, false)).toBe(sub);
    const [one, other] = [assertion(), assertion()];
    expect(judged(auth, { authorization: `Bearer ${one}`, dpop: proofOf(other) }, false)).toBe("E_AGENT_DPOP");
  });

  it("takes each proof once", () => {
    const [a, b] = [assertion(), assertion()];
    const dpop = proofOf(a);
    expect(judged(auth, { authorization: `DPoP ${a}`, dpop })).toBe(sub);
    expect(judged(auth, { authorization: `DPoP ${b}`, dpop })).toBe("E_AGENT_DPOP");
    const jti = "the-same-id";
    expect(judged(auth, shown({ jti }))).toBe(sub);
    expect(judged(auth, shown({ jti }))).toBe("E_AGENT_DPOP");
  });

  it("refuses a proof by another key, and one whose signature was changed", () => {
    expect(judged(auth, shown({}, makeSigner(generateKey("ES256"))))).toBe("E_AGENT_DPOP");
    const good = shown();
    expect(judged(auth, { ...good, dpop: `${good.dpop!.slice(0, -6)}AAAAAA` })).toBe("E_AGENT_DPOP");
    expect(judged(auth, { ...shown(), dpop: `${proofOf("x")},${proofOf("x")}` })).toBe("E_AGENT_DPOP");
  });

  it("refuses a header that is not exactly a proof's: private key, other members, another algorithm or kind", () => {
    const { kty, crv, x, y } = prover.jwk;
    const jwk = { kty, crv, x, y };
    const headers = [
      { typ: "dpop+jwt", alg: "ES256", jwk: dpopKey },
      { typ: "dpop+jwt", alg: "ES256", jwk: { ...jwk, d: dpopKey.d } },
      { typ: "dpop+jwt", alg: "none", jwk },
      { typ: "dpop+jwt", alg: "HS256", jwk },
      { typ: "dpop+jwt", alg: "Ed25519", jwk },
      { typ: "dpop+jwt", alg: "ES256", jwk, jku: "https://evil.example/keys" },
      { typ: "dpop+jwt", alg: "ES256", jwk, b64: false, crit: ["b64"] },
      { typ: "JWT", alg: "ES256", jwk },
      { typ: "dpop+jwt", alg: "ES256" },
    ];
    for (const header of headers) {
      const token = assertion();
      const ath = Buffer.from(crypto.sha256(Buffer.from(token))).toString("base64url");
      const claims = { htm: "POST", htu: HTU, iat: time.now, jti: `proof-number-${String(n++)}`, ath };
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
      const input = `${part(header)}.${part(claims)}`;
      const dpop = `${input}.${Buffer.from(prover.signBytes(Buffer.from(input))).toString("base64url")}`;
      expect([header, judged(auth, { authorization: `DPoP ${token}`, dpop })]).toEqual([header, "E_AGENT_DPOP"]);
    }
  });

  it("looks at a proof also where none was asked for", () => {
    const free = authOf([makeAgent({ sub, keys: [registryKeys(key)] })]);
    expect(judged(free, shown())).toBe(sub);
    expect(judged(free, shown({ htm: "GET" }))).toBe("E_AGENT_DPOP");
  });

  it("agrees with another implementation's proofs (jose)", async () => {
    const pair = await generateKeyPair("ES256", { extractable: true });
    const jwk = await exportJWK(pair.publicKey);
    const bound = authOf([makeAgent({ sub, keys: [registryKeys(key)], jkt: await calculateJwkThumbprint(jwk) })]);
    const token = assertion();
    const ath = Buffer.from(crypto.sha256(Buffer.from(token))).toString("base64url");
    const dpop = await new SignJWT({ htm: "POST", htu: HTU, iat: time.now, jti: "from-another-maker", ath })
      .setProtectedHeader({ typ: "dpop+jwt", alg: "ES256", jwk })
      .sign(pair.privateKey);
    expect(judged(bound, { authorization: `DPoP ${token}`, dpop })).toBe(sub);
  });
});
