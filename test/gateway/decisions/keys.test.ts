import { afterEach, describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { jdig } from "#shared/protocol/digest.ts";
import { TYP } from "#shared/protocol/names.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

import { isLifted } from "../../../gateway/decisions/keys.ts";
import { crypto, freshUuid, makeDevice } from "../device.ts";
import { decide, raised, receiptOf } from "../signing.ts";
import { askPolicy, DIR, GW, makeDraft, makeWorld, type Person, type World } from "../world.ts";

let world: World;
afterEach(() => {
  expect(world.faults).toEqual([]);
  world.close();
});

const NONCE = "Y29ubmVjdGlvbi1ub25jZS0wMQ";
const leavesOf = (type: string) => world.core.store.leavesFrom(0, 999).filter((leaf) => leaf.type === type).length;
const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
  return "no error";
};

describe("sessions (protocol.md 3.4.3)", () => {
  const proofOf = (person: Person, over: object = {}): string =>
    person.device.signer.sign(TYP.session, {
      ...{
        ver: 1,
        iss: person.claims.device,
        sub: person.claims.sub,
        aud: GW,
        iat: world.now(),
        exp: world.now() + 60,
      },
      ...{ jti: freshUuid(), nonce: NONCE, sid: "s1" },
      ...over,
    });
  const open = (person: Person, over: object = {}, cred = person.cred) =>
    world.core.authenticate({ proof: proofOf(person, over), cred, nonce: NONCE, sid: "s1" });

  it("opens for the device's key with its own credential, for a shift at most", () => {
    world = makeWorld();
    const lee = world.person("lee");
    expect(open(lee)).toMatchObject({
      sid: "s1",
      kid: lee.session.kid,
      sub: lee.session.sub,
      exp: world.now() + 12 * 3600,
    });
  });

  it.each([
    ["another nonce", { nonce: "AAAAAAAAAAAAAAAAAAAAAA" }],
    ["another session", { sid: "s2" }],
    ["another gateway", { aud: "https://other.example" }],
    ["another device", { iss: `${DIR}/devices/x` }],
    ["another person", { sub: `${DIR}/approvers/x` }],
    ["a long life", { exp: 1_790_000_500 }],
    ["an old proof", { iat: 1_789_000_000, exp: 1_789_000_060 }],
  ])("does not open for %s", (_, over) => {
    world = makeWorld();
    expect(code(() => open(world.person("lee"), over))).toBe("E_AUTH_PROOF");
  });

  it("does not open with somebody else's credential, a strange key, or a stopped one", () => {
    world = makeWorld();
    const [lee, ray] = [world.person("lee"), world.person("ray")];
    expect(code(() => open(lee, {}, ray.cred))).toBe("E_AUTH_CRED");
    expect(code(() => open({ ...lee, device: makeDevice() }))).toBe("E_AUTH_PROOF");
    world.authority.stop({ sub: ray.session.sub }, "revoked", "left");
    expect(code(() => open(ray))).toBe("E_KEY_REVOKED");
  });

  it("proves the gateway over the client's nonce", () => {
    world = makeWorld();
    const key = crypto.importKey(world.signer.jwk);
    const { claims } = verifyJws(crypto, "session", world.core.proveSession(NONCE, "s1"), () => key);
    expect(claims).toMatchObject({ iss: GW, sub: GW, aud: "client", nonce: NONCE, sid: "s1" });
  });
});

describe("a key that stops (protocol.md 3.13)", () => {
  it("takes back its un-executed approval: revoked, and asked again with a new nonce", async () => {
    world = makeWorld();
    const [lee, ray] = [world.person("lee"), world.person("ray")];
    const rid = await raised(world, makeDraft());
    decide(world, lee, rid, "approve");
    const old = world.core.store.currentRequest(rid);
    const head = world.core.feed.head(ray.session.sub);
    const gone: unknown[] = [];
    world.core.events.on("revoked", (what) => gone.push(what));
    world.authority.stop({ kid: lee.session.kid }, "revoked", "lost laptop");
    world.clock.advance(500);
    expect(world.core.store.request(rid, 1)?.state).toBe("revoked");
    expect(gone).toEqual([{ rid, rev: 1 }]);
    const fresh = world.core.store.currentRequest(rid);
    expect(fresh).toMatchObject({ rev: 2, state: "open", exp: world.now() + 900 });
    expect(fresh?.nonce).not.toBe(old?.nonce);
    expect(world.core.feed.read(ray.session.sub, head, 9).map((e) => e.type)).toEqual([
      "action.resolved",
      "action.pending",
    ]);
    world.clock.advance(60_000);
    expect(world.core.executions.start(rid)).toBeUndefined();
    expect(receiptOf(decide(world, lee, rid, "approve"))).toMatchObject({ code: "E_KEY_REVOKED" });
    expect(receiptOf(decide(world, ray, rid, "approve"))).toMatchObject({ outcome: "approved" });
    expect(leavesOf("key-revoked")).toBe(1);
  });

  it("does not undo what was carried out", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    decide(world, lee, rid, "approve");
    world.clock.advance(5_000);
    world.core.executions.start(rid);
    world.authority.stop({ kid: lee.session.kid }, "suspended", "leave");
    world.clock.advance(500);
    expect(world.core.status(rid)).toMatchObject({ rev: 1, state: "executing" });
  });

  it("ends with the directory's word, even in the second in which this gateway learnt of the suspension", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    world.authority.stop({ kid: lee.session.kid }, "suspended", "leave");
    world.clock.advance(500);
    expect(receiptOf(decide(world, lee, rid, "deny"))).toMatchObject({ code: "E_KEY_SUSPENDED" });
    world.authority.reinstate(lee.session.kid);
    expect(receiptOf(decide(world, lee, rid, "deny"))).toMatchObject({ result: "recorded" });
  });

  it("is not ended by an older word of the directory, as from records that were rolled back", () => {
    const active = (changed_at: number) => ({ status: "active", changed_at }) as const;
    const followed = { reason: "directory", at: 100 };
    const ours = { reason: "E_CHAIN_FORK", at: 100 };
    expect([99, 100, 101].map((at) => isLifted(followed, active(at)))).toEqual([false, true, true]);
    expect([99, 100, 101].map((at) => isLifted(ours, active(at)))).toEqual([false, false, true]);
    expect(isLifted(followed, { status: "suspended", changed_at: 101 })).toBe(false);
  });

  it("keeps the directory's time of a suspension, however late it is learnt", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    await raised(world, makeDraft());
    const said = world.now();
    world.authority.stop({ kid: lee.session.kid }, "suspended", "leave");
    world.clock.advance(5_000);
    expect(world.core.store.keyStanding(lee.session.kid)).toMatchObject({ standing: "suspended", at: said });
  });

  it("shuts the gate at the last moment, before the directory's news is acted on", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    decide(world, lee, rid, "approve");
    world.clock.advance(5_000);
    // The poll has not seen it yet: starting asks the directory itself.
    world.authority.stop({ kid: lee.session.kid }, "revoked", "lost laptop");
    expect(code(() => world.core.executions.start(rid))).toBe("E_QRM_GATE");
    expect(world.core.store.execution(`${rid}.1`)).toBeUndefined();
  });

  it("is followed as soon as the disk has room again", async () => {
    world = makeWorld();
    const [lee, ray] = [world.person("lee"), world.person("ray")];
    const rid = await raised(world, makeDraft());
    decide(world, lee, rid, "approve");
    const { store } = world.core;
    const working = { ...store };
    Object.assign(store, {
      write: () => {
        throw new Error("disk full");
      },
    });
    world.authority.stop({ kid: lee.session.kid }, "revoked", "lost laptop");
    world.clock.advance(500);
    expect(world.core.store.currentRequest(rid)?.state).toBe("approved");
    expect(world.faults.splice(0).length).toBeGreaterThan(0);
    Object.assign(store, working);
    world.clock.advance(500);
    expect(world.core.store.currentRequest(rid)).toMatchObject({ rev: 2, state: "open" });
    expect(receiptOf(decide(world, ray, rid, "deny"))).toMatchObject({ outcome: "denied" });
  });

  it("is followed after a restart, once", async () => {
    world = makeWorld({ policy: askPolicy({ hold_s: 600 }) });
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    decide(world, lee, rid, "approve");
    world.core.store.close();
    world.authority.stop({ kid: lee.session.kid }, "revoked", "lost laptop");
    world.reopen();
    expect(world.core.store.currentRequest(rid)).toMatchObject({ rev: 2, state: "open" });
    world.reopen();
    expect(world.core.store.currentRequest(rid)?.rev).toBe(2);
    expect(leavesOf("key-revoked")).toBe(1);
    expect(leavesOf("key-enrolled")).toBe(1);
  });
});

describe("what a key's owner asks for (protocol.md 3.22)", () => {
  it("ends the key at once, without the root key at hand", () => {
    world = makeWorld();
    const lee = world.person("lee");
    const changed: string[] = [];
    world.core.onKeyChanged((kid) => changed.push(kid));
    const proof = lee.device.proof({
      aud: DIR,
      nonce: NONCE,
      now: world.now(),
      jwk: false,
      over: { revoke: lee.session.kid },
    });
    world.core.keys.revoke({ proof, nonce: NONCE });
    expect(changed).toEqual([lee.session.kid]);
    expect(world.core.store.keyStanding(lee.session.kid)?.standing).toBe("revoked");
    expect(world.authority.signStops()).toBe(1);
  });

  it("waits for the directory's signature over a new key, or has it at once in a trial", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const answer = decide(world, lee, await raised(world, makeDraft()), "deny");
    const fresh = makeDevice();
    const ask = () =>
      world.core.keys.rotate({
        proof: fresh.proof({ aud: DIR, nonce: NONCE, now: world.now() }),
        prevProof: lee.device.proof({
          aud: DIR,
          nonce: NONCE,
          now: world.now(),
          jwk: false,
          over: { new_kid: fresh.signer.kid },
        }),
        nonce: NONCE,
      });
    expect(ask()).toMatchObject({ kind: "pending" });
    world.reopen({ authority: world.authority });
    expect(ask()).toMatchObject({ kind: "done" });
    world.clock.advance(500);
    const [leaf, another] = world.core.store.leavesFrom(0, 999).filter(({ type }) => type === "key-rotated");
    expect(another).toBeUndefined();
    // Where the old key's chain ended (protocol.md 3.13).
    const last = answer.kind === "receipt" ? jdig(crypto, answer.jws) : "no receipt";
    expect(JSON.parse(leaf!.entry)).toMatchObject({ kid: fresh.signer.kid, ref: last });
  });
});

describe("the gateway's own credential (protocol.md 3.3, 3.21)", () => {
  it("is told to everybody in its pools when the directory signs another one, once, and is served from then on", () => {
    world = makeWorld();
    const [lee, kim] = [world.person("lee"), world.person("kim", { pools: ["elsewhere"] })];
    const before = world.core.credential;
    const heads = [lee, kim].map(({ session }) => world.core.feed.head(session.sub));
    const news = ({ session }: Person, i: number) => world.core.feed.read(session.sub, heads[i] ?? 0, 99);
    expect([news(lee, 0), leavesOf("gateway-key")]).toEqual([[], 1]);

    const retired = makeSigner(generateKey("ES256"));
    const { keys } = world.registration.jwks;
    const old = { ...retired.jwk, kid: retired.kid, cs_use: ["request" as const], verify_until: world.now() };
    world.authority.vouch({ ...world.registration, jwks: { keys: [...keys, old] } });
    world.clock.advance(2_000);
    expect(world.core.credential).not.toBe(before);
    expect(leavesOf("gateway-key")).toBe(2);
    expect(news(kim, 1)).toEqual([]);
    const [event, another] = news(lee, 0);
    expect([event?.type, another]).toEqual(["keys.updated", undefined]);
    const own = crypto.importKey(world.signer.jwk);
    const { claims } = verifyJws(crypto, "event", String(event?.body["set"]), (kid) =>
      kid === own.kid ? own : undefined,
    );
    expect(claims.sub_id.id).toBe(own.kid);
    expect(claims.aud).toEqual([`${GW}/pools/cardiology`, `${GW}/pools/oncology`]);
    expect(Object.values(claims.events)).toEqual([{ kid: own.kid, change: "rotated" }]);
  });
});
