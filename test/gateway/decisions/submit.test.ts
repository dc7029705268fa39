import { afterEach, describe, expect, it } from "vitest";

import { receiptClaims } from "#shared/protocol/claims/receipt.ts";
import { jdig } from "#shared/protocol/digest.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

import { crypto, freshUuid } from "../device.ts";
import { decide, makeDecision, raised, receiptOf, sign } from "../signing.ts";
import { askPolicy, makeDraft, makeWorld, type Person, type World } from "../world.ts";

let world: World;
afterEach(() => {
  expect(world.faults).toEqual([]);
  world.close();
});

const submit = (person: Person, claims: object) => world.core.submitDecision(sign(person, claims), person.session);
const types = (person: Person, after: number, kid?: string) =>
  world.core.feed.read(person.session.sub, after, 99, kid).map((event) => event.type);

describe("one signed answer (V28)", () => {
  it("is verifiable, names device and person from the directory, and its place in the log", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    const jws = sign(lee, makeDecision(world, lee, rid, "approve"));
    const answer = world.core.submitDecision(jws, lee.session);
    const key = crypto.importKey(world.signer.jwk);
    const { claims } = verifyJws(crypto, "receipt", answer.kind === "receipt" ? answer.jws : "", () => key);
    const leaf = world.core.store.leafOf(jdig(crypto, jws), "decision");
    expect(claims).toMatchObject({
      ...{ aud: lee.claims.device, sub: lee.claims.sub, rid, rev: 1, dec_dig: jdig(crypto, jws) },
      log: { origin: "gw.example/log", index: leaf?.index, mmd: 60 },
    });
    expect(JSON.parse(leaf?.entry ?? "")).toMatchObject({
      t: "decision",
      ts: claims.iat,
      out: "approved",
      kid: lee.session.kid,
    });
  });

  it("is the same for the same decision, for ever, and leaves one leaf", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    const jws = sign(lee, makeDecision(world, lee, rid, "deny"));
    const first = world.core.submitDecision(jws, lee.session);
    const size = world.core.store.logSize();
    const again = world.core.submitDecision(jws, lee.session);
    expect(again).toEqual({ ...first, duplicate: true });
    expect(world.reopen().submitDecision(jws, lee.session)).toEqual({ ...first, duplicate: true });
    // The reopened gateway logs its credential only once as well.
    expect(world.core.store.logSize()).toBe(size);
  });

  it("says so when the name was used for other bytes, and stores nothing", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    const claims = makeDecision(world, lee, rid, "deny");
    submit(lee, claims);
    const size = world.core.store.logSize();
    expect(receiptOf(submit(lee, { ...claims, iat: claims.iat - 1 }))).toEqual({
      result: "error",
      code: "E_JTI_REUSE",
    });
    expect(world.core.store.logSize()).toBe(size);
  });

  it("goes to the feed of the device that decided, and the outcome to everybody else", async () => {
    world = makeWorld();
    const [lee, ray] = [world.person("lee"), world.person("ray")];
    const second = world.deviceOf("lee");
    const rid = await raised(world, makeDraft());
    const head = world.core.feed.head(lee.session.sub);
    const woken: string[] = [];
    world.core.feed.onEvents((sub) => woken.push(sub));
    decide(world, lee, rid, "approve");
    expect(types(lee, head, lee.session.kid)).toEqual(["decision.receipt"]);
    expect(types(second, head, second.session.kid)).toEqual(["action.resolved"]);
    expect(types(ray, head, ray.session.kid)).toEqual(["action.resolved"]);
    expect(new Set(woken)).toEqual(new Set([lee.session.sub, ray.session.sub]));
  });

  it.each([
    ["V1 to V3: not a signed message", () => "x.y", "E_FMT_JWS"],
    [
      "V5: a changed byte",
      (jws: string) => `${jws.slice(0, -3)}${jws.endsWith("AAA") ? "BBB" : "AAA"}`,
      /^E_(SIG_BAD|FMT_B64)$/,
    ],
  ] as const)("%s is an error and leaves no trace", async (_, spoil, wanted) => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    const size = world.core.store.logSize();
    const answer = world.core.submitDecision(spoil(sign(lee, makeDecision(world, lee, rid, "deny"))), lee.session);
    expect(receiptOf(answer)).toMatchObject({ result: "error", code: expect.stringMatching(wanted) as unknown });
    expect(world.core.store.logSize()).toBe(size);
  });

  it("V8b: nobody burns another person's name", async () => {
    world = makeWorld();
    const [lee, ray] = [world.person("lee"), world.person("ray")];
    const rid = await raised(world, makeDraft());
    const jws = sign(lee, makeDecision(world, lee, rid, "deny"));
    expect(receiptOf(world.core.submitDecision(jws, ray.session))).toEqual({ result: "error", code: "E_KEY_DEVICE" });
    expect(receiptOf(world.core.submitDecision(jws, lee.session))).toMatchObject({ result: "recorded" });
    expect(receiptOf(world.core.submitDecision(jws))).toMatchObject({ result: "recorded" });
  });

  it("from V10 on is a signed rejection with its leaf, and the name is used up", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    const claims = makeDecision(world, lee, rid, "approve", { ack: [] });
    const rejected = receiptOf(submit(lee, claims));
    expect(rejected).toMatchObject({ result: "rejected", code: "E_ACK_MISSING", outcome: "open", dec_jti: claims.jti });
    expect(rejected).not.toHaveProperty("quorum");
    expect(world.core.store.answer(lee.session.kid, claims.jti)?.code).toBe("E_ACK_MISSING");
    const leaf = world.core.store.leafOf(String(rejected["dec_dig"]), "rejection");
    expect(JSON.parse(leaf?.entry ?? "")).toMatchObject({ t: "rejection", out: "open" });
    expect(receiptOf(submit(lee, { ...claims, ack: ["f1"] }))).toMatchObject({ code: "E_JTI_REUSE" });
    expect(receiptOf(submit(lee, { ...claims, ack: ["f1"], jti: freshUuid() }))).toMatchObject({ outcome: "approved" });
  });

  it("does not know a request it never issued", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    const claims = makeDecision(world, lee, rid, "deny", { rid: freshUuid() });
    expect(receiptOf(submit(lee, claims))).toMatchObject({ code: "E_REQ_UNKNOWN", outcome: "unknown" });
  });
});

describe("who may approve (V15, V17)", () => {
  it("refuses whoever asked, owns the agent, or is in no pool of the request", async () => {
    world = makeWorld();
    const [requester, owner, stranger] = [
      world.person("requester"),
      world.person("agent-owner"),
      world.person("stranger", { pools: ["oncology"] }),
    ];
    const rid = await raised(world, makeDraft());
    expect(receiptOf(decide(world, requester, rid, "approve"))).toMatchObject({ code: "E_SOD_EXCLUDED" });
    expect(receiptOf(decide(world, owner, rid, "approve"))).toMatchObject({ code: "E_SOD_EXCLUDED" });
    expect(receiptOf(decide(world, stranger, rid, "deny"))).toMatchObject({ code: "E_AUZ_NOT_ELIGIBLE" });
    // DenyAlwaysPossible: separation of duties binds approvals only.
    expect(receiptOf(decide(world, requester, rid, "deny"))).toMatchObject({ outcome: "denied" });
  });

  it("counts a person once, whatever their devices", async () => {
    world = makeWorld({ policy: askPolicy({ quorum: { need: 2 } }) });
    const lee = world.person("lee");
    const second = world.deviceOf("lee");
    const rid = await raised(world, makeDraft());
    decide(world, lee, rid, "approve");
    expect(receiptOf(decide(world, second, rid, "approve"))).toMatchObject({
      code: "E_ALREADY_DECIDED",
      outcome: "partial",
    });
  });

  it("has one winner when two decide at once", async () => {
    world = makeWorld();
    const [lee, ray] = [world.person("lee"), world.person("ray")];
    const rid = await raised(world, makeDraft());
    const [approve, deny] = [makeDecision(world, lee, rid, "approve"), makeDecision(world, ray, rid, "deny")];
    expect(receiptOf(submit(lee, approve))).toMatchObject({ result: "recorded", outcome: "approved" });
    expect(receiptOf(submit(ray, deny))).toMatchObject({
      result: "rejected",
      code: "E_REQ_TERMINAL",
      outcome: "approved",
    });
  });
});

describe("clones and guesses", () => {
  it("suspends a key whose chain forks, tells its owner and the directory, and keeps it so", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const [one, two] = [await raised(world, makeDraft()), await raised(world, makeDraft())];
    const clone = makeDecision(world, lee, two, "deny");
    decide(world, lee, one, "deny");
    const head = world.core.feed.head(lee.session.sub);
    const changed: string[] = [];
    world.core.onKeyChanged((kid) => changed.push(kid));
    const { chain } = makeDecision(world, lee, two, "deny");
    expect(receiptOf(submit(lee, clone))).toMatchObject({
      code: "E_CHAIN_FORK",
      chain: { n: chain.n - 1, prev: chain.prev },
    });
    expect(changed).toEqual([lee.session.kid]);
    expect(types(lee, head)).toEqual(["decision.receipt", "keys.updated"]);
    expect(receiptOf(decide(world, lee, two, "deny"))).toMatchObject({ code: "E_KEY_SUSPENDED" });
    expect(world.authority.signStops()).toBe(1);
    world.reopen();
    expect(receiptOf(decide(world, lee, two, "deny"))).toMatchObject({ code: "E_KEY_SUSPENDED" });
    world.clock.advance(1_000);
    world.authority.reinstate(lee.session.kid);
    expect(receiptOf(decide(world, lee, two, "deny"))).toMatchObject({ result: "recorded" });
  });

  it("answers a gap with the head, and suspends nobody for it", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    const { chain } = makeDecision(world, lee, rid, "deny");
    const gap = decide(world, lee, rid, "deny", { chain: { n: chain.n + 1, prev: chain.prev } });
    expect(receiptOf(gap)).toMatchObject({ code: "E_CHAIN_GAP", chain: { n: 0, prev: chain.prev } });
    expect(receiptOf(decide(world, lee, rid, "deny"))).toMatchObject({ result: "recorded" });
  });

  it("suspends a key after five failed user verifications in ten minutes, not after four", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    const fail = () => receiptOf(decide(world, lee, rid, "approve", { acr: "urn:countersign:acr:session" }))["code"];
    for (let i = 0; i < 4; i++) expect(fail()).toBe("E_UV_ACR");
    world.clock.advance(601_000);
    expect([fail(), fail(), fail(), fail()]).toEqual(Array(4).fill("E_UV_ACR"));
    expect(receiptOf(decide(world, lee, rid, "approve", { ack: [] }))["code"]).toBe("E_ACK_MISSING");
    expect([fail(), fail()]).toEqual(["E_UV_ACR", "E_KEY_SUSPENDED"]);
  });

  it("never counts bad signatures from outside the key's own session", async () => {
    world = makeWorld();
    const [lee, ray] = [world.person("lee"), world.person("ray")];
    const rid = await raised(world, makeDraft());
    const bad = sign(lee, makeDecision(world, lee, rid, "deny")).replace(/[^.]+$/, "A".repeat(86));
    for (let i = 0; i < 9; i++) {
      world.core.submitDecision(bad);
      world.core.submitDecision(bad, ray.session);
    }
    for (let i = 0; i < 4; i++) world.core.submitDecision(bad, lee.session);
    expect(receiptOf(decide(world, lee, rid, "deny"))).toMatchObject({ result: "recorded" });
    world.core.submitDecision(bad, lee.session);
    expect(world.core.store.keyStanding(lee.session.kid)?.standing).toBe("suspended");
    expect(world.core.store.keyStanding(ray.session.kid)).toBeUndefined();
  });
});

it("stores receipts that parse as what the protocol says", async () => {
  world = makeWorld();
  const lee = world.person("lee");
  const rid = await raised(world, makeDraft());
  const answer = decide(world, lee, rid, "approve");
  expect(() => receiptClaims.parse(receiptOf(answer))).not.toThrow();
});
