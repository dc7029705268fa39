import { afterAll, beforeAll, expect, it } from "vitest";

import { orderFor } from "../blackbox/hospital.ts";
import { HELLO } from "../blackbox/person.ts";
import { b64, dig, nonce, nowS, payloadOf, seal, uuid7, type Members } from "../blackbox/signed.ts";
import { Socket } from "../blackbox/socket.ts";
import { approve, parts, refused, said, text } from "./attempts.ts";
import { besiege, type Besieged } from "./besieged.ts";

/**
 * Rows F10, F12, F15 and F16 of the fault matrix (reliability.md 7) at the gateway: decisions that are repeated, renamed or
 * written otherwise. Codes as protocol.md 3.8 has them. An error inside a session stores nothing and is counted; from V10
 * on it is a signed rejection, which is in the log.
 */

let target: Besieged;
beforeAll(async () => {
  target = await besiege();
});
afterAll(async () => await target.close());

/** A decision and its outcome in the log. */
const DENIED = { entries: 2, came: { decision: "deny", state: "denied", by: "another" } } as const;

it("F10: a decision again, for another request, another gateway or as another object changes nothing; what has an author is in the log as a rejection", async () => {
  await target.withstands(
    async (attacker) => {
      const { person, claims } = attacker;
      const other = dig("another request");
      await refused(target, attacker, {
        "another gateway": ["E_CLM_AUD", approve(attacker, { aud: "https://gw.elsewhere.example" })],
        "a list of gateways": ["E_CLM_SHAPE", approve(attacker, { aud: [claims.iss] })],
        "a request": ["E_SIG_TYP", seal(person.key, "countersign-request+jwt", text(attacker))],
        "a session's proof": ["E_SIG_TYP", person.sessionProof({ nonce: nonce(), sid: uuid7() })],
        "a statement": ["E_SIG_TYP", person.statement("note", {})],
        "an agent's assertion": ["E_SIG_TYP", target.site.hospital.agent.assertion("POST", "")],
        "the request itself": ["E_SIG_TYP", attacker.jws],
      });
      const rejected: Record<string, Members> = {
        E_REQ_UNKNOWN: { rid: uuid7() },
        E_REQ_DIGEST: { req_dig: other },
        E_REQ_NONCE: { nonce: nonce() },
        E_REQ_TXN: { txn: uuid7() },
        E_REQ_SUPERSEDED: { rev: 2 },
      };
      for (const [code, change] of Object.entries(rejected)) {
        const decision = approve(attacker, change);
        expect(await said(attacker, decision)).toBe(`rejected ${code}`);
        // Again, and by another way: the answer that is stored, and no second entry.
        expect(await said(attacker, decision)).toBe(`rejected ${code} duplicate`);
        expect(payloadOf(await target.post(decision))).toMatchObject({ result: "rejected", code });
      }
      // The proof of one session opens no other.
      const opened = async () => {
        const socket = await Socket.open(target.address());
        return { socket, challenge: (await socket.ask("hello", { ...HELLO, client_nonce: nonce() })).body };
      };
      const [one, two] = [await opened(), await opened()];
      const proof = person.sessionProof(one.challenge);
      expect((await two.socket.ask("auth", { proof, cred: person.cred })).body["code"]).toBe("E_AUTH_PROOF");
      expect(await two.socket.closed).toBe(4401);
      one.socket.close();
      // Nor does one assertion of an agent carry two bodies, or the same one twice.
      const { agent } = target.site.hospital;
      const draft = JSON.stringify(orderFor("evans-gareth"));
      const authorization = `Bearer ${agent.assertion("POST", "{}")}`;
      expect(await target.ask(draft, { authorization })).toMatch(/^401 E_/);
      const used = { authorization: `Bearer ${agent.assertion("POST", "{")}` };
      expect([await target.ask("{", used), await target.ask("{", used)]).toEqual([
        "400 E_FMT_JSON",
        expect.stringMatching(/^401 E_/) as unknown,
      ]);
    },
    { entries: 5 },
  );
});

it("F12: a kid that is a path, SQL, a name of the prototype, a look-alike or 1 MB finds no key, and no file", async () => {
  await target.withstands(async (attacker) => {
    const { kid } = attacker.person.key;
    const kids = [
      ...["../../../../etc/passwd", "%2e%2e%2fdirectory", "file:///dev/zero", "' OR 1=1 --", '"; DROP TABLE keys; --'],
      ...["__proto__", "constructor", "toString", "", " ", `${kid} `, `${kid}\u0000`, kid.slice(0, -1), `${kid}A`],
      kid.replace(/[A-Za-z]/, "\u0430"),
      "A".repeat(20_000),
    ];
    // Only a thumbprint's form is looked up.
    const inForm = [kid.toUpperCase(), "A".repeat(43), "-".repeat(43)];
    const named = (all: readonly string[], code: string) =>
      all.map((name) => [`kid ${name.slice(0, 60)}`, [code, approve(attacker, {}, { kid: name })]] as const);
    const cases = [...named(kids, "E_SIG_HEADER"), ...named(inForm, "E_KEY_UNKNOWN")];
    await refused(target, attacker, Object.fromEntries(cases));
    for (const other of [["a"], 7, null, {}, undefined])
      expect([other, await said(attacker, approve(attacker, {}, { kid: other }))]).toEqual([
        other,
        expect.stringMatching(/^E_(SIG_HEADER|SIG_KID|KEY_UNKNOWN)$/),
      ]);
    // One of 1 MB is no message at all.
    const big = approve(attacker, {}, { kid: "A".repeat(1_000_000) });
    expect(await target.post(big)).toBe("413 E_FMT_SIZE");
    attacker.socket.say("decision.submit", { jws: big });
    expect(await attacker.socket.closed).toBe(1009);
    for (const place of ["templates", "status"]) {
      for (const name of ["..%2f..%2f..%2fetc%2fpasswd", "__proto__", "%00", "' OR 1=1 --"]) {
        const { status } = await fetch(target.url(`/countersign/v1/${place}/${name}`));
        expect([place, name, status]).toEqual([place, name, 404]);
      }
    }
  });
});

const P256_ORDER = BigInt("0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
const scalar = (n: bigint): Buffer => Buffer.from(n.toString(16).padStart(64, "0"), "hex");
const numberOf = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString("hex")}`);

it("F15: one signed object has one text: padding, white space and other last bits are refused; the twin of an ES256 signature is the same decision", async () => {
  await target.withstands(async (attacker) => {
    const { person } = attacker;
    const deny = person.decide(attacker.jws, "deny");
    const [header, payload, signature] = parts(deny);
    const lastBits = (segment: string): string => {
      const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
      return segment.slice(0, -1) + alphabet[alphabet.indexOf(segment.at(-1)!) + 1]!;
    };
    await refused(target, attacker, {
      padding: ["E_FMT_B64", `${deny}==`],
      "padding of the header": ["E_FMT_B64", `${header}=.${payload}.${signature}`],
      "a line's end": ["E_FMT_B64", `${deny}\n`],
      "a line's end inside": ["E_FMT_B64", `${header}.${payload}.${signature.slice(0, 40)}\r\n${signature.slice(40)}`],
      "a space before": ["E_FMT_B64", ` ${deny}`],
      "a tab": ["E_FMT_B64", `${header}.\t${payload}.${signature}`],
      "the other alphabet": ["E_FMT_B64", `${header}.${payload}.${signature.slice(0, -2)}+/`],
      "other last bits": ["E_FMT_B64", `${header}.${payload}.${lastBits(signature)}`],
      "a fourth part": ["E_FMT_JWS", `${deny}.`],
      "JSON serialisation": ["E_FMT_JWS", JSON.stringify({ protected: header, payload, signature })],
    });
    expect(await said(attacker, deny)).toBe("recorded");
    // protocol.md 3.2: the signature is not part of what is identified. ECDSA has two for the same, and both are good.
    const bytes = Buffer.from(signature, "base64url");
    const twin = Buffer.concat([bytes.subarray(0, 32), scalar(P256_ORDER - numberOf(bytes.subarray(32)))]);
    expect(await said(attacker, `${header}.${payload}.${b64(twin)}`)).toBe("recorded duplicate");
  }, DENIED);
});

it("F16: an ES256 signature of zeros, beyond the order or of another length is refused, and who sends few of them keeps their key", async () => {
  await target.withstands(
    async (attacker) => {
      const [header, payload, signature] = parts(approve(attacker));
      const bytes = Buffer.from(signature, "base64url");
      const [r, s] = [numberOf(bytes.subarray(0, 32)), numberOf(bytes.subarray(32))];
      const of = (first: bigint, second: bigint): string =>
        `${header}.${payload}.${b64(Buffer.concat([scalar(first), scalar(second)]))}`;
      const most = 2n ** 256n - 1n;
      const inSession = {
        "r = s = 0": of(0n, 0n),
        "s = n": of(r, P256_ORDER),
        "s + n": of(r, s + P256_ORDER <= most ? s + P256_ORDER : most),
      };
      const got = [];
      for (const jws of Object.values(inSession)) got.push(await said(attacker, jws));
      got.push(await said(attacker, `${header}.${payload}.${b64(Buffer.concat([bytes, Buffer.of(0)]))}`));
      expect(got).toEqual(Array(4).fill("E_SIG_BAD"));
      // Without a session nobody's key is suspended by them, however many (protocol.md 3.8, T-36).
      const forged = {
        "r = 0": of(0n, s),
        "s = 0": of(r, 0n),
        "r = n": of(P256_ORDER, s),
        "r = s = 1": of(1n, 1n),
        "all ones": of(most, most),
        "n - 1": of(P256_ORDER - 1n, P256_ORDER - 1n),
        DER: `${header}.${payload}.${b64(Buffer.concat([Buffer.of(0x30, 0x44, 2, 32), scalar(r), Buffer.of(2, 32), scalar(s)]))}`,
        "63 bytes": `${header}.${payload}.${b64(bytes.subarray(0, 63))}`,
        "1,000 bytes": `${header}.${payload}.${b64(Buffer.alloc(1_000, 1))}`,
        none: `${header}.${payload}.`,
      };
      for (const [name, jws] of Object.entries(forged))
        expect([name, await target.post(jws)]).toEqual([name, "400 E_SIG_BAD"]);
      expect(attacker.socket.isOpen).toBe(true);
      expect(await said(attacker, approve(attacker, { iat: nowS(), exp: nowS() }))).toBe("rejected E_CLM_LIFETIME");
    },
    { entries: 1 },
  );
});
