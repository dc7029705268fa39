import { describe, expect, it } from "vitest";

import { encodeBase64url } from "#shared/protocol/base64url.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { TYP } from "#shared/protocol/names.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";
import { generateKey, makeSigner } from "#shared/crypto/sign.ts";

import { caseOfLee } from "../fixture/case.ts";
import { decide, deny, makeDecision, revoke, sign, spell, worldOf } from "../fixture/decision.ts";
import { crypto, makePerson, uuid } from "../fixture/hospital.ts";

const { lee, request, judge, NOW } = caseOfLee();

/** Verdict on a raw text signed as Lee's. */
function judgeText(
  payload: string,
  header = JSON.stringify({ alg: "Ed25519", typ: TYP.decision, kid: lee.signer.kid }),
) {
  const input = `${encodeBase64url(encodeUtf8(header))}.${encodeBase64url(encodeUtf8(payload))}`;
  const jws = `${input}.${encodeBase64url(lee.signer.signBytes(encodeUtf8(input)))}`;
  return spell(worldOf([lee], [request]).submit(jws, NOW));
}

describe("V1–V9: what is no decision of a known key is an error and stores nothing", () => {
  it("records a good approval", () => {
    expect(judge()).toBe("recorded:approved");
  });

  it("E_FMT_SIZE: more than 256 KiB", () => {
    expect(spell(worldOf([lee], [request]).submit("a".repeat(256 * 1024 + 1), NOW))).toBe("E_FMT_SIZE");
  });

  it("E_FMT_JWS: not three segments", () => {
    const { jws } = decide(lee, request);
    for (const text of ["", "a.b", `${jws}.`, `.${jws}`]) {
      expect(spell(worldOf([lee], [request]).submit(text, NOW))).toBe("E_FMT_JWS");
    }
  });

  it("E_FMT_B64: padding, white space or a non-canonical last character", () => {
    const { jws } = decide(lee, request);
    const last = jws.at(-1) ?? "";
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const sibling = alphabet[alphabet.indexOf(last) ^ 1] ?? "";
    for (const text of [`${jws}==`, jws.replace(".", " ."), jws.slice(0, -1) + sibling]) {
      expect(spell(worldOf([lee], [request]).submit(text, NOW))).toBe("E_FMT_B64");
    }
  });

  it("E_FMT_UTF8: bytes that are no UTF-8", () => {
    const [h, , s] = decide(lee, request).jws.split(".");
    const payload = encodeBase64url(Uint8Array.of(0xff, 0xfe));
    expect(spell(worldOf([lee], [request]).submit([h, payload, s].join("."), NOW))).toBe("E_FMT_UTF8");
  });

  it.each([
    ["E_FMT_DUP", '{"ver":1,"ver":1}'],
    ["E_FMT_NUMBER", '{"ver":1.0}'],
    ["E_FMT_SURROGATE", '{"ver":"\\ud800"}'],
    ["E_FMT_JSON", '{"ver":1,}'],
    ["E_FMT_DEPTH", `${"[".repeat(40)}${"]".repeat(40)}`],
  ])("%s: the payload is not strict JSON", (code, payload) => {
    expect(judgeText(payload)).toBe(code);
  });

  it("E_SIG_TYP: another kind of object by the same key", () => {
    expect(judgeText("{}", JSON.stringify({ alg: "Ed25519", typ: TYP.statement, kid: lee.signer.kid }))).toBe(
      "E_SIG_TYP",
    );
  });

  it("E_SIG_ALG: none, the polymorphic EdDSA, and the other algorithm of the profile than the key's", () => {
    for (const alg of ["none", "EdDSA", "ES256"]) {
      expect(judgeText("{}", JSON.stringify({ alg, typ: TYP.decision, kid: lee.signer.kid }))).toBe("E_SIG_ALG");
    }
  });

  it("E_SIG_HEADER: any header member beyond the list", () => {
    for (const more of [{ jku: "https://x" }, { jwk: lee.signer.jwk }, { b64: false }, { zip: "DEF" }, { x5c: [] }]) {
      const header = { alg: "Ed25519", typ: TYP.decision, kid: lee.signer.kid, ...more };
      expect(judgeText("{}", JSON.stringify(header))).toBe("E_SIG_HEADER");
    }
  });

  it("E_SIG_CRIT: a critical claim that is not understood, or a malformed list", () => {
    const header = { alg: "Ed25519", typ: TYP.decision, kid: lee.signer.kid };
    for (const more of [
      { crit: ["csx"], csx: ["future"] },
      { crit: ["csx"] },
      { csx: ["uvp"] },
      { crit: ["csx"], csx: [] },
      { crit: ["csx", "b64"], csx: ["uvp"] },
      { crit: ["csx"], csx: ["uvp", "uvp"] },
    ]) {
      expect(judgeText("{}", JSON.stringify({ ...header, ...more }))).toBe("E_SIG_CRIT");
    }
  });

  it("E_KEY_UNKNOWN: a key that is not in the directory", () => {
    expect(spell(worldOf([lee], [request]).submit(decide(makePerson("stranger"), request).jws, NOW))).toBe(
      "E_KEY_UNKNOWN",
    );
  });

  it("E_SIG_KID: a key filed under another key's name", () => {
    const other = makePerson("other");
    const misfiled = { ...lee, entry: { ...lee.entry, jwk: other.entry.jwk } };
    expect(spell(worldOf([misfiled], [request]).submit(decide(lee, request).jws, NOW))).toBe("E_SIG_KID");
  });

  it("E_KEY_WEAK: an Ed25519 key of small order verifies nothing", () => {
    const jwk = { kty: "OKP", crv: "Ed25519", x: encodeBase64url(new Uint8Array(32)), alg: "Ed25519" } as const;
    const kid = encodeBase64url(crypto.sha256(encodeUtf8(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x }))));
    const input = `${encodeBase64url(encodeUtf8(JSON.stringify({ alg: "Ed25519", typ: TYP.decision, kid })))}.e30`;
    const weak = { ...lee, entry: { ...lee.entry, jwk, kid } };
    const jws = `${input}.${encodeBase64url(new Uint8Array(64))}`;
    expect(spell(worldOf([weak], [request]).submit(jws, NOW))).toBe("E_KEY_WEAK");
  });

  it("E_SIG_BAD: a changed payload, a zero signature, one of another length", () => {
    const { jws } = decide(lee, request);
    const [h, p, s] = jws.split(".");
    const other = decide(lee, request, deny).jws.split(".");
    for (const parts of [
      [h, other[1], s],
      [h, p, encodeBase64url(new Uint8Array(64))],
      [h, p, encodeBase64url(new Uint8Array(63))],
      [h, p, ""],
    ]) {
      expect(spell(worldOf([lee], [request]).submit(parts.join("."), NOW))).toBe("E_SIG_BAD");
    }
  });

  it("E_CLM_SHAPE: every required claim is needed, in its type", () => {
    for (const name of Object.keys(makeDecision(lee, request))) {
      if (["ack", "dwell"].includes(name)) continue;
      const rest = Object.fromEntries(Object.entries(makeDecision(lee, request)).filter(([n]) => n !== name));
      expect(judgeText(JSON.stringify(rest)), `without ${name}`).toBe("E_CLM_SHAPE");
      expect(judgeText(JSON.stringify({ ...rest, [name]: null })), `with ${name} null`).toBe("E_CLM_SHAPE");
    }
  });

  it("E_CLM_SHAPE: a denial or a revocation that grants something", () => {
    const { granted } = makeDecision(lee, request);
    expect(judge((c) => (deny(c), Object.assign(c, { granted })))).toBe("E_CLM_SHAPE");
    expect(judge((c) => (revoke({ jws: "", dig: c.req_dig })(c), Object.assign(c, { granted })))).toBe("E_CLM_SHAPE");
  });

  it("E_CLM_VERSION: a version this software does not speak", () => {
    expect(judgeText(JSON.stringify({ ...makeDecision(lee, request), ver: 2 }))).toBe("E_CLM_VERSION");
  });

  it("E_CLM_AUD: another gateway's decision", () => {
    expect(judge((c) => (c.aud = "https://other.example"))).toBe("E_CLM_AUD");
  });

  it("E_KEY_DEVICE: a decision brought by another key's session stores nothing", () => {
    const world = worldOf([lee], [request]);
    const { jws } = decide(lee, request);
    const foreign = world.submit(jws, NOW, { kid: makePerson("mallory").entry.kid });
    expect(foreign).toMatchObject({ kind: "error", code: "E_KEY_DEVICE" });
    expect(spell(world.submit(jws, NOW, { kid: lee.entry.kid }))).toBe("recorded:approved");
  });

  it("gives the stored answer to the same decision again, and E_JTI_REUSE to another one under its name", () => {
    const world = worldOf([lee], [request]);
    const jti = uuid();
    const first = decide(lee, request, (c) => (c.jti = jti));
    expect(spell(world.submit(first.jws, NOW))).toBe("recorded:approved");
    expect(spell(world.submit(first.jws, NOW + 1))).toBe("duplicate:approved");
    const second = decide(lee, request, (c) => (deny(c), (c.jti = jti)));
    expect(world.submit(second.jws, NOW + 1)).toMatchObject({ kind: "error", code: "E_JTI_REUSE" });
  });

  it("takes another valid signature over the same bytes for the same decision", () => {
    const kim = makePerson("kim", {}, "ES256");
    const world = worldOf([kim], [request]);
    const claims = makeDecision(kim, request);
    expect(spell(world.submit(sign(kim, claims).jws, NOW))).toBe("recorded:approved");
    expect(spell(world.submit(sign(kim, claims).jws, NOW))).toBe("duplicate:approved");
  });
});

it("a key of another algorithm than its entry says signs nothing", () => {
  const es = makeSigner(generateKey("ES256"));
  const entry = { ...lee.entry, kid: es.kid, jwk: { ...es.jwk, alg: "Ed25519" as const } };
  const person = { signer: es, entry };
  expect(spell(worldOf([person], [request]).submit(decide(person, request).jws, NOW))).toBe("E_SIG_ALG");
});

describe("F17: the time of an answer does not tell the name of a key", () => {
  it.each([
    ["E_SIG_BAD", "a known key, another object's signature", { alg: "Ed25519", kid: lee.signer.kid }],
    ["E_SIG_ALG", "a known key, under another algorithm", { alg: "ES256", kid: lee.signer.kid }],
    ["E_KEY_UNKNOWN", "a key that nobody has", { alg: "Ed25519", kid: "A".repeat(43) }],
    ["E_KEY_UNKNOWN", "a key that nobody has, the other algorithm", { alg: "ES256", kid: "A".repeat(43) }],
  ] as const)("%s: one signature is checked: %s", (code, _what, named) => {
    let checked = 0;
    const counting: Crypto = {
      ...crypto,
      verify: (...args) => {
        checked++;
        return crypto.verify(...args);
      },
    };
    const world = worldOf([lee], [request], counting);
    const header = encodeBase64url(encodeUtf8(JSON.stringify({ alg: named.alg, typ: TYP.decision, kid: named.kid })));
    const [payload = ""] = decide(lee, request).jws.split(".").slice(1);
    const [signature = ""] = decide(lee, request).jws.split(".").slice(2);
    expect(spell(world.submit(`${header}.${payload}.${signature}`, NOW))).toBe(code);
    expect(checked).toBe(1);
  });
});
