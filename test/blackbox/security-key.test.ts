import { createHash, createSign, generateKeyPairSync } from "node:crypto";

import { beforeAll, describe, expect, it } from "vitest";

import { honest } from "./decision.ts";
import { ASKING, open, orderFor, type Hospital } from "./hospital.ts";
import type { Live, Person } from "./person.ts";
import { b64, jcs, seal, sha256, type Members } from "./signed.ts";
import type { Message } from "./socket.ts";

/** A policy that asks for `mfa-hw`, and a security key in software that answers it (3.7, V22; WebAuthn level 2, 6.1, 7.2). */

const RP_ID = "northgate.example";
const ORIGIN = "https://sign.northgate.example";

let hospital: Hospital;
/** Four failed verifications are mistakes, the fifth suspends the key: so three people share the faults. */
let holders: readonly Holder[];
let kim: Person;
let other: Live;

interface Holder {
  readonly person: Person;
  readonly live: Live;
  readonly securityKey: ReturnType<typeof makeSecurityKey>;
}

/** An authenticator that counts: its assertion is over this very challenge. */
function makeSecurityKey() {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { kty, crv, x, y } = publicKey.export({ format: "jwk" });
  const cid = b64(createHash("sha256").update("a security key").digest());
  let count = 0;
  return {
    enrolment: { cid, jwk: { kty, crv, x, y, alg: "ES256" }, rp_id: RP_ID },
    assert(
      challenge: string,
      { type = "webauthn.get", origin = ORIGIN, rpId = RP_ID, flags = 0x05, ...over }: Over = {},
    ) {
      const data = Buffer.alloc(37);
      sha256(rpId).copy(data);
      data[32] = flags;
      data.writeUInt32BE(over.count ?? ++count, 33);
      const client = Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: over.crossOrigin ?? false }));
      const signed = Buffer.concat([data, createHash("sha256").update(client).digest()]);
      const sig = createSign("sha256")
        .update(signed)
        .sign(over.key ?? privateKey);
      return { m: "webauthn", cid: over.cid ?? cid, ad: b64(data), cdj: b64(client), sig: b64(sig) };
    },
  };
}
interface Over {
  readonly type?: string;
  readonly origin?: string;
  readonly crossOrigin?: boolean;
  readonly rpId?: string;
  readonly flags?: number;
  readonly count?: number;
  readonly cid?: string;
  readonly key?: ReturnType<typeof generateKeyPairSync>["privateKey"];
}

beforeAll(async () => {
  hospital = await open(
    ({ annotate }) => {
      for (const id of ASKING) annotate(id, '@acr("mfa-hw")');
    },
    { init: ["--rp-id", RP_ID, "--rp-origins", ORIGIN] },
  );
  holders = await Promise.all(
    ["lee", "hall", "moss"].map(async (name) => {
      const securityKey = makeSecurityKey();
      const person = await hospital.enrol(name, { webauthn: securityKey.enrolment });
      return { person, live: await hospital.connect(person), securityKey };
    }),
  );
  kim = await hospital.enrol("kim", { alg: "Ed25519" });
  other = await hospital.connect(kim);
  return async () => await hospital.close();
});

/** A request for these people, as each of them received it. */
async function asked(): Promise<{ jws: string; rid: string }> {
  const rid = await hospital.raise(orderFor("evans-gareth"));
  const isIt = (message: Message) => message.type === "action.pending" && kim.request(message).claims.rid === rid;
  return { rid, ...kim.request(await other.socket.next(isIt)) };
}

const challengeOf = (claims: Members): string => b64(sha256(`countersign-uv/1\0${jcs(claims)}`));
const LEVEL = { acr: "urn:countersign:acr:mfa-hw", amr: ["hwk", "user"] };
type Fault = Over & { readonly challenge?: string };

/** An approval at the level `mfa-hw`, its assertion bound to the very claims that are signed, unless told. */
function approve(person: Person, securityKey: Holder["securityKey"], jws: string, over: Fault = {}): string {
  const claims = { ...honest(person, jws, "approve"), ...LEVEL };
  const uvp = securityKey.assert(over.challenge ?? challengeOf(claims), over);
  return seal(person.key, "countersign-decision+jwt", { ...claims, uvp });
}

async function said(person: Person, { socket }: Live, decision: string): Promise<string> {
  const { answer, receipt } = await person.submit(socket, decision);
  if (receipt === undefined) return `error ${String(answer.body["code"])}`;
  return [receipt.result, receipt.code, receipt.outcome].filter((word) => word !== undefined).join(" ");
}

describe("a policy that asks for a security key", () => {
  it("is answered by no less: not by a PIN, not by the level alone, not by one who enrolled none", async () => {
    const { jws } = await asked();
    expect(await said(kim, other, kim.decide(jws, "approve"))).toBe("rejected E_UV_ACR open");
    expect(await said(kim, other, kim.decide(jws, "approve", { claims: LEVEL }))).toBe("rejected E_UV_PROOF open");
    expect(await said(kim, other, approve(kim, makeSecurityKey(), jws))).toBe("rejected E_UV_CREDENTIAL open");
    // Denying is never made harder.
    expect(await said(kim, other, kim.decide(jws, "deny"))).toBe("recorded denied");
  });

  it("refuses an assertion of another decision, page, party or key, and of nobody present; takes the right one, and no clone's", async () => {
    const foreign = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    const faults: readonly (readonly [Fault, string])[] = [
      [{ type: "webauthn.create" }, "E_UV_PROOF"],
      [{ challenge: challengeOf({ another: "decision" }) }, "E_UV_CHALLENGE"],
      [{ origin: "https://evil.example" }, "E_UV_ORIGIN"],
      [{ crossOrigin: true }, "E_UV_ORIGIN"],
      [{ rpId: "evil.example" }, "E_UV_RPID"],
      [{ flags: 0x01 }, "E_UV_FLAGS"],
      [{ flags: 0x04 }, "E_UV_FLAGS"],
      [{ cid: b64(sha256("another key")) }, "E_UV_CREDENTIAL"],
      [{ key: foreign }, "E_UV_SIG"],
    ];
    for (const [i, { person, live, securityKey }] of holders.entries()) {
      const { jws, rid } = await asked();
      for (const [fault, code] of faults.slice(i * 3, i * 3 + 3)) {
        expect(await said(person, live, approve(person, securityKey, jws, fault))).toBe(`rejected ${code} open`);
      }
      expect(await said(person, live, approve(person, securityKey, jws))).toBe("recorded approved");
      await expect.poll(() => hospital.state(rid)).toBe("completed");
      const next = await asked();
      const clone = approve(person, securityKey, next.jws, { count: 1 });
      expect(await said(person, live, clone)).toBe("rejected E_UV_COUNTER open");
      // A counter that does not grow is a copied key (T-30): suspended at once, its session over.
      expect(await live.socket.closed).toBe(4401);
      expect(await said(kim, other, kim.decide(next.jws, "deny"))).toBe("recorded denied");
    }
  });

  it("suspends a key whose verification fails for the fifth time: that receipt still comes, then the session ends", async () => {
    const { jws } = await asked();
    // Three of the five were in the first test.
    for (let failures = 3; failures < 5; failures++) {
      expect(await said(kim, other, kim.decide(jws, "approve"))).toBe("rejected E_UV_ACR open");
    }
    expect(await other.socket.closed).toBe(4401);
  });
});
