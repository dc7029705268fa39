import fc from "fast-check";
import { compactVerify, importJWK } from "jose";
import { describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { decodeBase64, decodeBase64url, encodeBase64, encodeBase64url } from "#shared/protocol/base64url.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { ALGS, TYP } from "#shared/protocol/names.ts";
import { signingInput } from "#shared/protocol/signing-input.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";
import { checkSignature, gateSigned } from "#shared/protocol/verify/signed.ts";

import { codeOf, crypto } from "../fixture/hospital.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

describe("base64url", () => {
  it("decodes what it encodes, as Node does", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = Buffer.from(bytes).toString("base64url");
        expect(encodeBase64url(bytes)).toBe(text);
        expect(Buffer.from(decodeBase64url(text))).toEqual(Buffer.from(bytes));
        expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
        expect(Buffer.from(decodeBase64(encodeBase64(bytes)))).toEqual(Buffer.from(bytes));
      }),
    );
  });
  it("has one spelling for each value: whatever it decodes, encodes to the same text", () => {
    const texts = fc.string({ unit: fc.constantFrom(...Array.from(ALPHABET), "=", "+", "/", " ", "é"), maxLength: 12 });
    fc.assert(
      fc.property(texts, (text) => {
        if (codeOf(() => decodeBase64url(text)) === "none") expect(encodeBase64url(decodeBase64url(text))).toBe(text);
        if (codeOf(() => decodeBase64(text)) === "none") expect(encodeBase64(decodeBase64(text))).toBe(text);
      }),
      { numRuns: 3000 },
    );
  });
});

describe.each(ALGS)("the gate, with an %s key", (alg) => {
  const signer = makeSigner(generateKey(alg));
  const key = crypto.importKey(signer.jwk);
  const good = signer.sign(TYP.session, { a: 1 });
  const mine = (jws: string): boolean => {
    try {
      checkSignature(crypto, gateSigned("session", jws), key);
      return true;
    } catch (e) {
      if (e instanceof CountersignError) return false;
      throw e;
    }
  };

  it("accepts only what jose accepts: a subset", async () => {
    const joseKey = await importJWK({ ...signer.jwk, y: signer.jwk.y ?? "" }, alg);
    const theirs = (jws: string) =>
      compactVerify(jws, joseKey, { algorithms: [alg] }).then(
        () => true,
        () => false,
      );
    const edits = fc.tuple(fc.nat(good.length - 1), fc.constantFrom(...Array.from(ALPHABET), "=", ".", " ", "\n", ""));
    await fc.assert(
      fc.asyncProperty(fc.array(edits, { minLength: 0, maxLength: 2 }), async (changes) => {
        const jws = changes.reduce((text, [at, c]) => text.slice(0, at) + c + text.slice(at + 1), good);
        if (mine(jws)) expect(await theirs(jws)).toBe(true);
      }),
      { numRuns: 500 },
    );
    expect(mine(good)).toBe(true);
    expect(await theirs(good)).toBe(true);
  });

  it("refuses every change of a single character", () => {
    for (let at = 0; at < good.length; at++) {
      const c = good[at] ?? "";
      const other = c === "." ? "-" : (ALPHABET[(ALPHABET.indexOf(c) + 1) % 64] ?? "");
      expect(mine(good.slice(0, at) + other + good.slice(at + 1)), `character ${String(at)}`).toBe(false);
    }
  });

  it("accepts only its own kind", () => {
    for (const typ of Object.values(TYP)) {
      const input = signingInput(signer, typ, { a: 1 });
      const jws = `${input}.${encodeBase64url(signer.signBytes(encodeUtf8(input)))}`;
      expect(mine(jws), typ).toBe(typ === TYP.session);
    }
  });
});
