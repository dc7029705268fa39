import { describe, expect, it } from "vitest";
import { z } from "zod";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { encodeBase64url } from "#shared/protocol/base64url.ts";
import type { PublicJwk, VerifyKey } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { gateJws, openJws } from "#shared/protocol/jws.ts";
import { TYP } from "#shared/protocol/names.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";

import { hasData, readCases } from "../protocol/encoding/public-data.ts";

const crypto = makeNodeCrypto();
const FOLDER = "wycheproof/testvectors_v1";
const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

const result = z.enum(["valid", "invalid", "acceptable"]);
const ecGroup = z.looseObject({
  publicKey: z.looseObject({ uncompressed: z.string() }),
  tests: z.array(z.looseObject({ tcId: z.int(), msg: z.string(), sig: z.string(), result })),
});
const edGroup = z.looseObject({
  publicKey: z.looseObject({ pk: z.string() }),
  tests: ecGroup.shape.tests,
});
const jwsGroup = z.looseObject({
  public: z
    .looseObject({
      kty: z.string().optional(),
      alg: z.string().optional(),
      use: z.string().optional(),
      key_ops: z.unknown().optional(),
      x: z.string().optional(),
      y: z.string().optional(),
    })
    .optional(),
  tests: z.array(z.looseObject({ tcId: z.int(), jws: z.union([z.string(), z.looseObject({})]), result })),
});
/** A few cases are in the JSON serialisation, which we refuse like anything that is not three segments. */
const textOf = (jws: unknown): string => (typeof jws === "string" ? jws : JSON.stringify(jws));
const groups = <T extends z.ZodType>(name: string, group: T): readonly z.infer<T>[] =>
  readCases(`${FOLDER}/${name}`, (v) => z.looseObject({ testGroups: z.array(group) }).parse(v).testGroups);

function imported(jwk: PublicJwk): VerifyKey | undefined {
  try {
    return crypto.importKey(jwk);
  } catch (e) {
    if (e instanceof CountersignError) return undefined;
    throw e;
  }
}

describe.skipIf(!hasData(FOLDER))("Wycheproof", () => {
  it("ECDSA P-256 with SHA-256, r ‖ s: verifies exactly the valid ones", () => {
    const wrong: number[] = [];
    let count = 0;
    for (const { publicKey, tests } of groups("ecdsa_secp256r1_sha256_p1363_test.json", ecGroup)) {
      const point = hex(publicKey.uncompressed);
      const x = encodeBase64url(point.slice(1, 33));
      const key = imported({ kty: "EC", crv: "P-256", x, y: encodeBase64url(point.slice(33)), alg: "ES256" });
      for (const t of tests) {
        count++;
        if ((key !== undefined && crypto.verify(key, hex(t.msg), hex(t.sig))) !== (t.result === "valid"))
          wrong.push(t.tcId);
      }
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(200);
  });

  it("Ed25519: verifies exactly the valid ones", () => {
    const wrong: number[] = [];
    let count = 0;
    for (const { publicKey, tests } of groups("ed25519_test.json", edGroup)) {
      const key = imported({ kty: "OKP", crv: "Ed25519", x: encodeBase64url(hex(publicKey.pk)), alg: "Ed25519" });
      for (const t of tests) {
        count++;
        if ((key !== undefined && crypto.verify(key, hex(t.msg), hex(t.sig))) !== (t.result === "valid"))
          wrong.push(t.tcId);
      }
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(100);
  });

  const jws = groups("json_web_signature_test.json", jwsGroup);

  it("JWS: whatever the algorithm, nothing without our typ and kid passes the gate", () => {
    for (const { tests } of jws) {
      for (const t of tests) {
        expect(() => gateJws(textOf(t.jws), { typ: TYP.decision }), String(t.tcId)).toThrow(CountersignError);
      }
    }
  });

  it("JWS: the encodings that jose lets through are refused before it could see them", () => {
    // 367 and 370 are named after padding, and as published hold none: nothing is wrong with their text.
    const lenient = new Set([360, 365, 368, 375]);
    const cases = jws.flatMap((g) => g.tests).filter((t) => lenient.has(t.tcId));
    expect(cases).toHaveLength(lenient.size);
    for (const t of cases) expect(() => openJws(textOf(t.jws)), String(t.tcId)).toThrow(CountersignError);
  });

  it("JWS: of the ES256 ones, exactly the valid have a good signature in a strict encoding", () => {
    const wrong: number[] = [];
    let count = 0;
    for (const { public: jwk, tests } of jws) {
      // A key for encryption never comes so far: keys come from the directory, which has no such use.
      if (jwk?.alg !== "ES256" || jwk.use === "enc" || jwk.key_ops !== undefined) continue;
      const key = imported({ kty: "EC", crv: "P-256", x: jwk.x ?? "", y: jwk.y, alg: "ES256" });
      for (const t of tests) {
        count++;
        if ((key !== undefined && isGood(key, textOf(t.jws))) !== (t.result === "valid")) wrong.push(t.tcId);
      }
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(30);
  });
});

/** What the gate checks beside `typ` and `kid`, which these cases do not have. */
function isGood(key: VerifyKey, text: string): boolean {
  try {
    const { header, signingInput, signature } = openJws(text);
    const parsed = parseStrict(header);
    const alg = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? parsed["alg"] : undefined;
    return alg === key.alg && crypto.verify(key, signingInput, signature);
  } catch (e) {
    if (e instanceof CountersignError) return false;
    throw e;
  }
}

it.runIf(!hasData(FOLDER))("skipped: ../shared/data/wycheproof is not beside this checkout", () => {
  expect(hasData(FOLDER)).toBe(false);
});
