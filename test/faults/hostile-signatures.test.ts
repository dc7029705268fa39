import { createHmac, createPublicKey } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { afterAll, beforeAll, expect, it } from "vitest";

import { enrolProof, HELLO } from "../blackbox/person.ts";
import {
  b64,
  dig,
  headerOf,
  newKey,
  nonce,
  payloadOf,
  seal,
  sealRaw,
  type Key,
  type Members,
} from "../blackbox/signed.ts";
import { Socket } from "../blackbox/socket.ts";
import { approve, parts, refused, text, TYP } from "./attempts.ts";
import { besiege, type Besieged } from "./besieged.ts";

/** Rows F11, F13 and F14 of the fault matrix (reliability.md 7) at the gateway: algorithms, keys and headers. */

let target: Besieged;
beforeAll(async () => {
  target = await besiege();
});
afterAll(async () => await target.close());

it("F11: no algorithm, a public key as a secret, another curve and weak keys sign nothing, in a decision, a session or an enrolment", async () => {
  await target.withstands(async (attacker) => {
    const { person } = attacker;
    const asAlg = (alg: string, signature = "A".repeat(86)): string => {
      const [header, payload] = [b64(JSON.stringify({ alg, typ: TYP, kid: person.key.kid })), b64(text(attacker))];
      return `${header}.${payload}.${signature}`;
    };
    const publicKey = createPublicKey({ key: person.key.jwk, format: "jwk" });
    const secrets = {
      PEM: publicKey.export({ format: "pem", type: "spki" }),
      DER: publicKey.export({ format: "der", type: "spki" }),
      JWK: JSON.stringify(person.key.jwk),
    };
    const hs256 = (secret: string | Buffer): string => {
      const input = asAlg("HS256").slice(0, -87);
      return `${input}.${b64(createHmac("sha256", secret).update(input).digest())}`;
    };
    await refused(target, attacker, {
      "none, unsigned": ["E_SIG_ALG", asAlg("none", "")],
      "none, signed": ["E_SIG_ALG", approve(attacker, {}, { alg: "none" })],
      None: ["E_SIG_ALG", asAlg("None", "")],
      ...Object.fromEntries(
        Object.entries(secrets).map(([name, secret]) => [`HS256 under the ${name}`, ["E_SIG_ALG", hs256(secret)]]),
      ),
      RS256: ["E_SIG_ALG", approve(attacker, {}, { alg: "RS256" })],
      PS256: ["E_SIG_ALG", approve(attacker, {}, { alg: "PS256" })],
      ES384: ["E_SIG_ALG", approve(attacker, {}, { alg: "ES384" })],
      ES256K: ["E_SIG_ALG", approve(attacker, {}, { alg: "ES256K" })],
      EdDSA: ["E_SIG_ALG", approve(attacker, {}, { alg: "EdDSA" })],
      "the other of the two": ["E_SIG_ALG", approve(attacker, {}, { alg: "Ed25519" })],
      "a list": ["E_SIG_ALG", approve(attacker, {}, { alg: ["ES256"] })],
      "no alg": ["E_SIG_ALG", approve(attacker, {}, { alg: undefined })],
    });

    const { ticket, code } = await target.site.hospital.ticket("weak", ["--pools", "clinicians"]);
    const socket = await Socket.open(target.address());
    await socket.ask("hello", { ...HELLO, client_nonce: nonce() });
    const { body } = await socket.ask("enrol.begin", { ticket_id: ticket.ticket_id });
    const about = { aud: ticket.directory_iss, nonce: String(body["nonce"]), code };
    for (const [name, key] of Object.entries(weakKeys())) {
      const told = await socket.ask("enrol.complete", { proof: enrolProof(key, about) });
      expect([name, told.type, told.body["code"]]).toEqual([
        name,
        "error",
        expect.stringMatching(/^E_(AUTH_PROOF|KEY_WEAK)$/),
      ]);
    }
    // The ticket is as good as before: it was never bound to one of them, and no try was counted.
    const honestly = await socket.ask("enrol.complete", { proof: enrolProof(newKey(), about) });
    expect(honestly.type).toBe("enrol.pending");
    socket.close();
  });
});

/** Ed25519 points of small order and one that is not canonical, curves that are not allowed, and a point on no curve. */
function weakKeys(): Readonly<Record<string, Key>> {
  const okp = (hex: string): Members => ({ kty: "OKP", crv: "Ed25519", x: b64(Buffer.from(hex, "hex")) });
  const good = newKey().jwk;
  const jwks: Record<string, Members> = {
    "order 1": okp(`01${"00".repeat(31)}`),
    "order 1, not canonical": okp(`ee${"ff".repeat(30)}7f`),
    "order 2": okp(`ec${"ff".repeat(30)}7f`),
    "order 4": okp("00".repeat(32)),
    "order 8": okp("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    "on no curve": { ...good, y: good.x },
    "the wrong curve's name": { ...good, crv: "P-384" },
    secp256k1: { ...good, crv: "secp256k1" },
    RSA: { kty: "RSA", n: b64(Buffer.alloc(256, 1)), e: "AQAB" },
  };
  return Object.fromEntries(
    Object.entries(jwks).map(([name, jwk]) => {
      const alg = jwk["kty"] === "OKP" ? "Ed25519" : "ES256";
      const { kty, crv, x, y } = jwk;
      const canonical = JSON.stringify(kty === "EC" ? { crv, kty, x, y } : { crv, kty, x });
      const kid = dig(canonical).slice("sha-256:".length);
      // R is the identity and S is 0: under a key of small order some libraries take it for a signature of anything.
      const forged = Buffer.concat([Buffer.of(1), Buffer.alloc(63)]);
      return [name, { kid, alg, jwk: { ...jwk, alg }, sign: () => forged } as unknown as Key];
    }),
  );
}

it("F13: a header that brings a key, or says where one is, is refused whole, and nobody is called: not for a name, not for a connection", async () => {
  let called = 0;
  const server = createServer((_req, res) => {
    called++;
    res.end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const there = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/keys.json`;
  const key = newKey();
  const headers: Record<string, Members> = {
    jku: { jku: there },
    "jku of another name": { jku: "https://keys.attacker.example/jwks.json" },
    x5u: { x5u: there },
    x5c: { x5c: [b64("certificate")] },
    x5t: { x5t: b64("thumbprint") },
    "x5t#S256": { "x5t#S256": b64("thumbprint") },
    jwk: { jwk: key.jwk },
    zip: { zip: "DEF" },
    cty: { cty: "JWT" },
    url: { url: there },
    "a member nobody knows": { x: 1 },
    "a name of the prototype": { ["__proto__x"]: 1 },
  };
  try {
    await target.withstands(async (attacker) => {
      const { person } = attacker;
      const { agent } = target.site.hospital;
      // The watch sees what the gateway does call: the hospital's system, for the request that is open.
      const before = target.outward();
      expect(before).toContain(`connect 127.0.0.1:${new URL(target.site.hospital.record.base).port}`);
      const cases = Object.entries(headers).flatMap(([name, header]) => [
        [name, ["E_SIG_HEADER", approve(attacker, {}, header)]] as const,
        // Signed with the key that the header brings, in somebody else's name.
        [
          `${name}, another's key`,
          ["E_SIG_HEADER", seal(key, TYP, text(attacker), { ...header, kid: person.key.kid })],
        ] as const,
      ]);
      await refused(target, attacker, Object.fromEntries(cases));
      for (const [name, header] of Object.entries(headers)) {
        const bearer = agent.assertion("POST", "{}", {}, agent.key, header);
        expect([name, await target.ask("{}", { authorization: `Bearer ${bearer}` })]).toEqual([
          name,
          expect.stringMatching(/^401 E_/),
        ]);
      }
      const socket = await Socket.open(target.address());
      const { body } = await socket.ask("hello", { ...HELLO, client_nonce: nonce() });
      const { payload, protectedHeader } = splitProof(person.sessionProof(body));
      const proof = sealRaw(person.key, JSON.stringify({ ...protectedHeader, jku: there }), payload);
      expect((await socket.ask("auth", { proof, cred: person.cred })).body["code"]).toBe("E_AUTH_PROOF");
      expect(await socket.closed).toBe(4401);
      expect(target.outward()).toEqual(before);
    });
    expect(called).toBe(0);
  } finally {
    server.close();
  }
});
const splitProof = (jws: string) => ({ protectedHeader: headerOf(jws), payload: payloadOf(jws) });

it("F14: critical headers that are empty, unknown or named twice, an unencoded and a detached payload are refused", async () => {
  await target.withstands(async (attacker) => {
    const [header, payload, signature] = parts(approve(attacker));
    const { person } = attacker;
    const unencoded = JSON.stringify({ alg: person.key.alg, typ: TYP, kid: person.key.kid, b64: false, crit: ["b64"] });
    const raw = `${b64(unencoded)}.${text(attacker).replaceAll(".", "")}`;
    await refused(target, attacker, {
      "crit is empty": ["E_SIG_CRIT", approve(attacker, {}, { crit: [] })],
      "crit is text": ["E_SIG_CRIT", approve(attacker, {}, { crit: "csx" })],
      "crit names what nobody knows": ["E_SIG_CRIT", approve(attacker, {}, { crit: ["exp"] })],
      "crit names a header that is there": ["E_SIG_CRIT", approve(attacker, {}, { crit: ["alg"] })],
      "crit names it twice": ["E_SIG_CRIT", approve(attacker, {}, { crit: ["csx", "csx"], csx: ["uvp"] })],
      "crit names b64": ["E_SIG_CRIT", approve(attacker, {}, { crit: ["b64"] })],
      "csx names what nobody knows": ["E_SIG_CRIT", approve(attacker, { mercy: 1 }, { crit: ["csx"], csx: ["mercy"] })],
      "csx is empty": ["E_SIG_CRIT", approve(attacker, {}, { crit: ["csx"], csx: [] })],
      "csx is not announced": ["E_SIG_CRIT", approve(attacker, {}, { csx: ["uvp"] })],
      "b64 is false": ["E_SIG_HEADER", approve(attacker, {}, { b64: false, crit: ["b64"] })],
      "b64 is true": ["E_SIG_HEADER", approve(attacker, {}, { b64: true })],
      "an unencoded payload": ["E_FMT_B64", `${raw}.${b64(person.key.sign(raw))}`],
      "a detached payload": ["E_FMT_JWS", `${header}..${signature}`],
      "no header": ["E_FMT_JWS", `.${payload}.${signature}`],
    });
  });
});
