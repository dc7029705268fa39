import { describe, expect, it } from "vitest";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { generateKey, makeSigner, publicOf } from "#shared/crypto/sign.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { ALGS, TYP } from "#shared/protocol/names.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

const crypto = makeNodeCrypto();
const session = {
  ver: 1,
  iss: "https://directory.example/devices/1",
  sub: "https://directory.example/approvers/1",
  aud: "https://gw.example",
  iat: 1_790_000_000,
  exp: 1_790_000_060,
  jti: "019f0000-0000-7000-8000-000000000001",
  nonce: "AAAAAAAAAAAAAAAAAAAAAA",
  sid: "s1",
};
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (e) {
    if (e instanceof CountersignError) return e.code;
    throw e;
  }
  return "none";
};

describe.each(ALGS)("a %s signer", (alg) => {
  const signer = makeSigner(generateKey(alg));
  const key = crypto.importKey(signer.jwk);

  it("signs what verifyJws verifies, under the key's thumbprint", () => {
    const jws = signer.sign(TYP.session, session);
    const verified = verifyJws(crypto, "session", jws, (kid) => (kid === signer.kid ? key : undefined));
    expect({ ...verified.claims }).toEqual(session);
    expect(verified.header).toMatchObject({ alg, kid: signer.kid, typ: TYP.session });
    expect(verified.digest).toMatch(/^sha-256:/);
  });

  it("has no private member in its public key", () => {
    expect(Object.keys(signer.jwk)).not.toContain("d");
    expect(publicOf(generateKey(alg))).not.toHaveProperty("d");
  });

  it("is refused when the public half is another key's", () => {
    const mine = generateKey(alg);
    const { x, y } = generateKey(alg);
    expect(codeOf(() => makeSigner(y === undefined ? { ...mine, x } : { ...mine, x, y }))).toBe("E_KEY_WEAK");
  });

  it("never passes for another kind of object", () => {
    const jws = signer.sign(TYP.statement, session);
    expect(codeOf(() => verifyJws(crypto, "session", jws, () => key))).toBe("E_SIG_TYP");
  });

  it("is unknown to a verifier without its key, with the verifier's own code", () => {
    const jws = signer.sign(TYP.session, session);
    expect(codeOf(() => verifyJws(crypto, "session", jws, () => undefined, { unknownKey: "E_GW_KEY" }))).toBe(
      "E_GW_KEY",
    );
    const other = crypto.importKey(makeSigner(generateKey(alg)).jwk);
    expect(codeOf(() => verifyJws(crypto, "session", jws, () => other))).toBe("E_SIG_KID");
  });
});
