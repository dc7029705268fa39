import { createHash, generateKeyPairSync, sign, verify } from "node:crypto";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { derOf, joseOf } from "#shared/crypto/ecdsa-der.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const data = createHash("sha256").update("what is signed").digest();
const asJose = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;

describe("ES256 signatures as DER", () => {
  it("verify under their DER form exactly when they do as r ‖ s", () => {
    for (let i = 0; i < 300; i++) {
      const signature = sign("sha256", data, { key: privateKey, dsaEncoding: "ieee-p1363" });
      expect(verify("sha256", data, publicKey, derOf(signature))).toBe(true);
      signature[i % 64] = (signature[i % 64] ?? 0) ^ (1 << (i % 8));
      expect(verify("sha256", data, publicKey, derOf(signature))).toBe(verify("sha256", data, asJose, signature));
    }
  });

  it("come back as the same r ‖ s, whatever r and s are", () => {
    const half = fc.oneof(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.nat(32).map((zeros) => new Uint8Array(32).fill(0x80, zeros)),
      fc.nat(32).map((zeros) => new Uint8Array(32).fill(0x7f, zeros)),
    );
    fc.assert(
      fc.property(half, half, (r, s) => {
        const signature = new Uint8Array([...r, ...s]);
        expect(joseOf(derOf(signature))).toEqual(signature);
      }),
    );
    for (let i = 0; i < 300; i++) {
      expect(verify("sha256", data, asJose, joseOf(sign("sha256", data, privateKey)))).toBe(true);
    }
  });

  it("are the shortest integers, whatever r and s are", () => {
    const half = fc.oneof(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.nat(32).map((zeros) => new Uint8Array(32).fill(0x80, zeros)),
      fc.nat(32).map((zeros) => new Uint8Array(32).fill(0x7f, zeros)),
    );
    fc.assert(
      fc.property(half, half, (r, s) => {
        const der = Buffer.from(derOf(Buffer.concat([r, s])));
        const integer = (value: Uint8Array): string => {
          const hex = BigInt(`0x${Buffer.from(value).toString("hex")}`).toString(16);
          const even = hex.length % 2 === 0 ? hex : `0${hex}`;
          const positive = parseInt(even.slice(0, 2), 16) > 0x7f ? `00${even}` : even;
          return `02${(positive.length / 2).toString(16).padStart(2, "0")}${positive}`;
        };
        const body = integer(r) + integer(s);
        expect(der.toString("hex")).toBe(`30${(body.length / 2).toString(16).padStart(2, "0")}${body}`);
        expect(verify("sha256", data, publicKey, der)).toBe(false);
      }),
    );
  });
});
