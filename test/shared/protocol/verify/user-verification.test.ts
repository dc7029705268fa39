import { describe, expect, it } from "vitest";

import { generateKey, makeSigner, publicOf } from "#shared/crypto/sign.ts";
import { decodeBase64url, encodeBase64url } from "#shared/protocol/base64url.ts";
import { ACR } from "#shared/protocol/names.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";
import { checkUserVerification } from "#shared/protocol/verify/user-verification.ts";

import { makeDecision, sign, spell, worldOf, type Draft } from "../fixture/decision.ts";
import { codeOf, crypto, makePerson, makeRequest, signRequest, T0 } from "../fixture/hospital.ts";
import { makeSecurityKey, type AssertOptions } from "../fixture/security-key.ts";

const key = makeSecurityKey();
const lee = makePerson("lee", { webauthn: { cid: key.cid, jwk: key.jwk, count: 4 } });
const request = signRequest(makeRequest((r) => (r.policy = { ...r.policy, acr: ACR[2] })));

function judge(options: AssertOptions = {}, after: (claims: Draft) => void = () => undefined, person = lee): string {
  const claims = makeDecision(person, request, (c) => (c.acr = ACR[2]));
  key.assert(claims, options);
  after(claims);
  return spell(worldOf([person], [request]).submit(sign(person, claims).jws, T0 + 62));
}
const withUvp = (change: (uvp: NonNullable<Draft["uvp"]>) => void) => (claims: Draft) => {
  if (claims.uvp) change(claims.uvp);
};

describe("V22, the security key's assertion", () => {
  it("binds the ceremony to this very decision", () => {
    expect(judge()).toBe("recorded:approved");
  });
  it("E_UV_CHALLENGE: any claim changed after the ceremony", () => {
    expect(judge({}, (c) => (c.grant_exp = T0 + 500))).toBe("E_UV_CHALLENGE");
    expect(judge({ client: { challenge: "another" } })).toBe("E_UV_CHALLENGE");
  });
  it("E_UV_PROOF: another ceremony than a signature, or one that cannot be read", () => {
    expect(judge({ client: { type: "webauthn.create" } })).toBe("E_UV_PROOF");
    expect(
      judge(
        {},
        withUvp((u) => (u.cdj = "bm8")),
      ),
    ).toBe("E_UV_PROOF");
    expect(
      judge(
        {},
        withUvp((u) => (u.cdj = "not base64url!")),
      ),
    ).toBe("E_UV_PROOF");
    expect(
      judge(
        {},
        withUvp((u) => (u.ad = "AAAA")),
      ),
    ).toBe("E_UV_PROOF");
    expect(
      judge(
        {},
        withUvp((u) => (u.sig = "=")),
      ),
    ).toBe("E_UV_PROOF");
  });
  it("E_UV_ORIGIN: another site, or this one inside another's frame", () => {
    expect(judge({ client: { origin: "https://evil.example" } })).toBe("E_UV_ORIGIN");
    expect(judge({ client: { crossOrigin: true } })).toBe("E_UV_ORIGIN");
    expect(judge({ client: { crossOrigin: undefined } })).toBe("recorded:approved");
  });
  it("E_UV_RPID: an assertion for another relying party", () => {
    expect(judge({ rpId: "evil.example" })).toBe("E_UV_RPID");
  });
  it.each([0x00, 0x01, 0x04])("E_UV_FLAGS: not both present and verified (%i)", (flags) => {
    expect(judge({ flags })).toBe("E_UV_FLAGS");
  });
  it("E_UV_COUNTER: a counter that does not grow suspends the key; one that is always zero is none", () => {
    expect(judge({ count: 4 })).toBe("E_UV_COUNTER");
    expect(judge({ count: 0 })).toBe("E_UV_COUNTER");
    const uncounted = { ...lee, entry: { ...lee.entry, webauthn: { cid: key.cid, jwk: key.jwk, count: 0 } } };
    expect(judge({ count: 0 }, undefined, uncounted)).toBe("recorded:approved");
    const claims = makeDecision(lee, request, (c) => (c.acr = ACR[2]));
    key.assert(claims, { count: 4 });
    expect(worldOf([lee], [request]).submit(sign(lee, claims).jws, T0 + 62)).toMatchObject({ suspend: true });
  });
  it("E_UV_CREDENTIAL: not the enrolled key, or none enrolled", () => {
    expect(judge({ cid: "cred-2" })).toBe("E_UV_CREDENTIAL");
    const { webauthn: _, ...entry } = lee.entry;
    expect(judge({}, undefined, { ...lee, entry })).toBe("E_UV_CREDENTIAL");
  });
  it("E_UV_SIG: a changed signature", () => {
    const flip = withUvp((u) => {
      const bytes = decodeBase64url(u.sig);
      bytes[10] = (bytes[10] ?? 0) ^ 1;
      u.sig = encodeBase64url(bytes);
    });
    expect(judge({}, flip)).toBe("E_UV_SIG");
  });
  it("remembers the counter with the decision: the same assertion count is refused next time", () => {
    const other = signRequest(makeRequest((r) => (r.policy = { ...r.policy, acr: ACR[2] })));
    const world = worldOf([lee], [request, other]);
    const first = makeDecision(lee, request, (c) => (c.acr = ACR[2]));
    key.assert(first);
    const signed = sign(lee, first);
    expect(spell(world.submit(signed.jws, T0 + 62))).toBe("recorded:approved");
    const second = makeDecision(lee, other, (c) => ((c.acr = ACR[2]), (c.chain = { n: 2, prev: signed.dig })));
    key.assert(second);
    expect(spell(world.submit(sign(lee, second).jws, T0 + 62))).toBe("E_UV_COUNTER");
  });
  it("E_UV_PROOF: client data that is JSON and no object, or authenticator data a byte too short", () => {
    for (const cdj of ["[]", "null", '"webauthn.get"', "7"].map((text) => encodeBase64url(encodeUtf8(text))))
      expect(
        judge(
          {},
          withUvp((u) => (u.cdj = cdj)),
        ),
      ).toBe("E_UV_PROOF");
    const short = withUvp((u) => (u.ad = encodeBase64url(decodeBase64url(u.ad).subarray(0, 36))));
    expect(judge({}, short)).toBe("E_UV_PROOF");
  });
  it("E_UV_ORIGIN: no origin at all, or a gateway without user verification", () => {
    expect(judge({ client: { origin: undefined } })).toBe("E_UV_ORIGIN");
    expect(judge({ client: { crossOrigin: "false" } })).toBe("E_UV_ORIGIN");
    const claims = makeDecision(lee, request, (c) => (c.acr = ACR[2]));
    key.assert(claims);
    const without = () => checkUserVerification(claims, request.claims.policy, lee.entry, { crypto });
    expect(codeOf(without)).toBe("E_UV_ORIGIN");
  });
  it("E_UV_CREDENTIAL: the enrolled key is no safe key", () => {
    const weak = { kty: "OKP", crv: "Ed25519", x: "A".repeat(43), alg: "Ed25519" } as const;
    const person = { ...lee, entry: { ...lee.entry, webauthn: { cid: key.cid, jwk: weak, count: 4 } } };
    expect(judge({}, undefined, person)).toBe("E_UV_CREDENTIAL");
  });
  it("E_UV_SIG: a signature by a key of the other algorithm", () => {
    const other = generateKey("Ed25519");
    const person = { ...lee, entry: { ...lee.entry, webauthn: { cid: key.cid, jwk: publicOf(other), count: 4 } } };
    expect(judge({}, undefined, person)).toBe("E_UV_SIG");
  });
  it("takes an Ed25519 security key's signature over the same bytes", () => {
    const other = makeSigner(generateKey("Ed25519"));
    const person = { ...lee, entry: { ...lee.entry, webauthn: { cid: key.cid, jwk: other.jwk, count: 4 } } };
    const resign = withUvp((u) => {
      const [ad, cdj] = [decodeBase64url(u.ad), decodeBase64url(u.cdj)];
      u.sig = encodeBase64url(other.signBytes(Buffer.concat([ad, crypto.sha256(cdj)])));
    });
    expect(judge({}, resign, person)).toBe("recorded:approved");
  });
  it("E_UV_ACR: a policy's level that nobody knows is met by none", () => {
    const future = signRequest(makeRequest((r) => (r.policy = { ...r.policy, acr: "urn:countersign:acr:future" })));
    const claims = makeDecision(lee, future, (c) => (c.acr = "urn:countersign:acr:future"));
    expect(spell(worldOf([lee], [future]).submit(sign(lee, claims).jws, T0 + 62))).toBe("E_UV_ACR");
  });
  it("E_UV_STALE: to the second", () => {
    const plain = signRequest(makeRequest());
    const aged = (age: number) => {
      const claims = makeDecision(lee, plain, (c) => (c.auth_time = c.iat - age));
      return spell(worldOf([lee], [plain]).submit(sign(lee, claims).jws, T0 + 62));
    };
    expect([aged(0), aged(120), aged(121)]).toEqual(["recorded:approved", "recorded:approved", "E_UV_STALE"]);
  });
});
