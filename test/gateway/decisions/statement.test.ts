import { afterEach, describe, expect, it } from "vitest";

import { isDeadlineOnly } from "#shared/protocol/accept/deadline-only.ts";
import { receiptClaims } from "#shared/protocol/claims/receipt.ts";
import { jdig } from "#shared/protocol/digest.ts";
import { TYP } from "#shared/protocol/names.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { crypto, freshUuid } from "../device.ts";
import { decide, raised, receiptOf } from "../signing.ts";
import { AGENT, askPolicy, DIR, GW, makeDraft, makeWorld, type Person, type World } from "../world.ts";

let world: World;
afterEach(() => {
  expect(world.faults).toEqual([]);
  world.close();
});

const statement = (person: Person, kind: string, target: object, more: object = {}): string =>
  person.device.signer.sign(TYP.statement, {
    ...{ ver: 1, iss: person.claims.device, sub: person.claims.sub, aud: GW, iat: world.now(), exp: world.now() + 120 },
    ...{ jti: freshUuid(), kind, target, ...more },
  });
const say = (person: Person, kind: string, target: object, more: object = {}) =>
  receiptOf(world.core.submitStatement(statement(person, kind, target, more), person.session));
const claimsOf = (rid: string) => readStored("request", world.core.store.currentRequest(rid)?.jws ?? "");
const types = (person: Person, after: number) =>
  world.core.feed.read(person.session.sub, after, 99, person.session.kid).map((event) => event.type);

describe("a statement (protocol.md 3.20)", () => {
  it("is answered by a receipt over its digest, with one leaf, and by the same again", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    const jws = statement(lee, "flag-decision", { rid });
    const first = world.core.submitStatement(jws, lee.session);
    const claims = receiptClaims.parse(receiptOf(first));
    expect(claims).toMatchObject({ result: "recorded", stm_dig: jdig(crypto, jws), rid, rev: 1 });
    expect(claims).not.toHaveProperty("dec_dig");
    const leaf = world.core.store.leafOf(jdig(crypto, jws));
    expect([leaf?.type, leaf?.index]).toEqual(["statement", claims.log?.index]);
    expect(world.core.submitStatement(jws, lee.session)).toEqual({ ...first, duplicate: true });
  });

  it.each([
    ["an unknown kind", "praise", {}, {}, "E_STM_KIND"],
    ["a malformed target", "flag-decision", { rid: "x" }, {}, "E_CLM_SHAPE"],
    ["a request nobody made", "flag-decision", { rid: "019f0000-0000-7000-8000-000000000000" }, {}, "E_REQ_UNKNOWN"],
    ["an unknown agent", "report-agent", { agent: "spiffe://nobody" }, {}, "E_AGENT_UNKNOWN"],
    ["another gateway", "report-agent", { agent: AGENT }, { aud: "https://other.example" }, "E_CLM_AUD"],
    ["a long life", "report-agent", { agent: AGENT }, { exp: 1_790_001_000 }, "E_CLM_LIFETIME"],
  ])("is an error and leaves nothing behind: %s", (_, kind, target, more, code) => {
    world = makeWorld();
    const lee = world.person("lee");
    const size = world.core.store.logSize();
    expect(say(lee, kind, target, more)).toEqual({ result: "error", code });
    expect(world.core.store.logSize()).toBe(size);
  });
});

describe("forward", () => {
  it("gives the next revision to the new audience with the same clock, and takes it from the old", async () => {
    world = makeWorld();
    const [lee, kim] = [world.person("lee"), world.person("kim", { pools: ["oncology"] })];
    const rid = await raised(world, makeDraft());
    const before = claimsOf(rid);
    world.clock.advance(100_000);
    const head = world.core.feed.head(lee.session.sub);
    expect(say(lee, "forward", { rid, rev: 1 }, { args: { to: "oncology", note: "yours" } })).toMatchObject({
      result: "recorded",
    });
    expect(claimsOf(rid)).toMatchObject({ rev: 2, aud: [`${GW}/pools/oncology`], exp: before.exp });
    expect([types(lee, head), types(kim, head)]).toEqual([["action.withdrawn"], ["action.pending"]]);
    expect(receiptOf(decide(world, lee, rid, "approve"))).toMatchObject({ code: "E_AUZ_NOT_ELIGIBLE" });
    expect(receiptOf(decide(world, kim, rid, "approve"))).toMatchObject({ outcome: "approved" });
  });

  it("reaches one person by name", async () => {
    world = makeWorld();
    const [lee, ray] = [world.person("lee"), world.person("ray")];
    const rid = await raised(world, makeDraft());
    say(lee, "forward", { rid, rev: 1 }, { args: { to: ray.session.sub } });
    expect(world.core.feed.snapshot(lee.session)).toEqual([]);
    expect(world.core.feed.snapshot(ray.session)).toHaveLength(1);
  });

  it("is for whoever has the request, to whom there is, while it waits, on the revision they saw", async () => {
    world = makeWorld();
    const [lee, kim] = [world.person("lee"), world.person("kim", { pools: ["oncology"] })];
    const rid = await raised(world, makeDraft());
    const forward = (person: Person, rev: number, to: string) =>
      say(person, "forward", { rid, rev }, { args: { to } })["code"];
    expect(forward(kim, 1, "oncology")).toBe("E_REQ_UNKNOWN");
    expect(forward(lee, 1, "nowhere")).toBe("E_FEED");
    expect(forward(lee, 1, `${DIR}/approvers/nobody`)).toBe("E_FEED");
    expect(forward(lee, 2, "oncology")).toBe("E_REQ_SUPERSEDED");
    decide(world, lee, rid, "deny");
    expect(forward(lee, 1, "oncology")).toBe("E_REQ_TERMINAL");
  });
});

describe("extend", () => {
  it("moves the deadline and nothing else, and approvals do not carry over", async () => {
    world = makeWorld({ policy: askPolicy({ quorum: { need: 2 } }) });
    const [lee, ray] = [world.person("lee"), world.person("ray")];
    const rid = await raised(world, makeDraft());
    const before = claimsOf(rid);
    decide(world, lee, rid, "approve");
    const head = world.core.feed.head(lee.session.sub);
    say(ray, "extend", { rid, rev: 1 }, { args: { seconds: 600 } });
    const after = claimsOf(rid);
    expect(after.exp).toBe(before.exp + 600);
    expect(isDeadlineOnly(before, after)).toBe(true);
    expect(types(lee, head)).toEqual(["action.updated"]);
    expect(receiptOf(decide(world, ray, rid, "approve"))).toMatchObject({ outcome: "partial" });
    world.clock.advance(901_000);
    // The approval has grown too old by now; the request has not.
    expect(world.core.status(rid)?.state).toBe("open");
    world.clock.advance(600_000);
    expect(world.core.status(rid)?.state).toBe("expired");
  });

  it("never keeps a request open for more than a day from now", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    say(lee, "extend", { rid, rev: 1 }, { args: { seconds: 24 * 3600 } });
    const { exp, iat } = claimsOf(rid);
    expect(exp - iat).toBe(24 * 3600);
    expect(say(lee, "extend", { rid, rev: 2 }, { args: { seconds: 0 } })).toMatchObject({ code: "E_CLM_SHAPE" });
  });
});

describe("supervision", () => {
  it("lets supervisors stop an agent: what waits is withdrawn, and nothing new is asked until it is resumed", async () => {
    world = makeWorld();
    const [lee, boss] = [world.person("lee"), world.person("boss", { roles: ["supervisor"] })];
    const rid = await raised(world, makeDraft());
    expect(say(lee, "pause-agent", { agent: AGENT })).toEqual({ result: "error", code: "E_STM_ROLE" });
    expect(world.core.status(rid)?.state).toBe("open");
    expect(say(boss, "pause-agent", { agent: AGENT })).toMatchObject({ result: "recorded" });
    expect(world.core.status(rid)?.state).toBe("withdrawn");
    expect(await world.core.raise(makeDraft())).toMatchObject({ kind: "refused", code: "E_AGENT_PAUSED" });
    expect(await world.reopen().raise(makeDraft())).toMatchObject({ kind: "refused", code: "E_AGENT_PAUSED" });
    say(boss, "resume-agent", { agent: AGENT });
    expect(await world.core.raise(makeDraft())).toMatchObject({ kind: "pending" });
  });

  it("lets supervisors stop a kind of action, for every agent", async () => {
    world = makeWorld();
    const boss = world.person("boss", { roles: ["supervisor"] });
    expect(say(boss, "pause-type", { type: "order.shred" })).toMatchObject({ code: "E_CLM_SHAPE" });
    say(boss, "pause-type", { type: "order.create" });
    expect(await world.core.raise(makeDraft())).toMatchObject({ kind: "refused", code: "E_AGENT_PAUSED" });
    say(boss, "resume-type", { type: "urn:countersign:action:order.create" });
    expect(await world.core.raise(makeDraft())).toMatchObject({ kind: "pending" });
  });

  it("lets supervisors stop everything, and what was approved and has not begun ends with it", async () => {
    world = makeWorld();
    const [lee, boss] = [world.person("lee"), world.person("boss", { roles: ["supervisor"] })];
    const [waits, held] = [await raised(world, makeDraft()), await raised(world, makeDraft())];
    decide(world, lee, held, "approve");
    expect(say(lee, "pause-type", { type: "*" })).toEqual({ result: "error", code: "E_STM_ROLE" });
    expect(say(boss, "pause-type", { type: "*" })).toMatchObject({ result: "recorded" });
    expect([world.core.status(waits)?.state, world.core.status(held)?.state]).toEqual(["withdrawn", "revoked"]);
    expect(await world.core.raise(makeDraft())).toMatchObject({ kind: "refused", code: "E_AGENT_PAUSED" });
    say(boss, "resume-type", { type: "*" });
    expect(await world.core.raise(makeDraft())).toMatchObject({ kind: "pending" });
  });

  it.each([
    [[], "E_STM_ROLE"],
    [["reviewer"], "E_STM_ROLE"],
    [["auditor"], "E_STM_ROLE"],
    [["reviewer", "auditor"], "E_STM_ROLE"],
    [["Supervisor"], "E_STM_ROLE"],
    [["supervisor"], undefined],
    [["auditor", "supervisor"], undefined],
  ] as const)("stops and resumes everything for a supervisor alone: roles %j", async (roles, code) => {
    world = makeWorld();
    const person = world.person("someone", { roles: [...roles] });
    const rid = await raised(world, makeDraft());
    const isStopped = () => world.core.store.paused("type").includes("*");
    expect(say(person, "pause-type", { type: "*" })["code"]).toBe(code);
    expect([isStopped(), world.core.status(rid)?.state]).toEqual(
      code === undefined ? [true, "withdrawn"] : [false, "open"],
    );
    const boss = world.person("boss", { roles: ["supervisor"] });
    say(boss, "pause-type", { type: "*" });
    expect(say(person, "resume-type", { type: "*" })["code"]).toBe(code);
    expect(isStopped()).toBe(code !== undefined);
  });

  it.each([
    ["pause-agent", "resume-agent", { agent: AGENT }],
    ["pause-type", "resume-type", { type: "*" }],
  ] as const)("does not end a stop of after it was signed: %s", (pause, resume, target) => {
    world = makeWorld();
    const [boss, other] = [
      world.person("boss", { roles: ["supervisor"] }),
      world.person("other", { roles: ["supervisor"] }),
    ];
    const isStopped = () => world.core.store.paused(pause === "pause-agent" ? "agent" : "type").length > 0;
    say(boss, pause, target);
    world.clock.advance(5_000);
    const [signed, before] = [statement(boss, resume, target), statement(boss, resume, target)];
    world.clock.advance(5_000);
    say(other, pause, target);
    world.clock.advance(5_000);
    const refused = { kind: "error", error: { code: "E_STM_OLDER" } };
    expect(world.core.submitStatement(signed, boss.session)).toMatchObject(refused);
    expect(isStopped()).toBe(true);
    expect(say(boss, resume, target)).toMatchObject({ result: "recorded" });
    expect(isStopped()).toBe(false);
    // Nothing is stopped: there is nothing that it could end.
    expect(receiptOf(world.core.submitStatement(before, boss.session))).toMatchObject({ result: "recorded" });
    expect(world.core.submitStatement(signed, boss.session)).toMatchObject({ kind: "receipt" });
    // Recorded once, and ends nothing later.
    say(other, pause, target);
    expect(world.core.submitStatement(before, boss.session)).toMatchObject({ kind: "receipt", duplicate: true });
    expect(isStopped()).toBe(true);
  });

  it("takes nothing that was being judged while everything was stopped", async () => {
    let stop = (): void => undefined;
    const policy = askPolicy();
    world = makeWorld({
      policy: {
        evaluate(input) {
          void Promise.resolve().then(() => stop());
          return policy.evaluate(input);
        },
      },
    });
    const boss = world.person("boss", { roles: ["supervisor"] });
    stop = () => void say(boss, "pause-type", { type: "*" });
    expect(await world.core.raise(makeDraft())).toMatchObject({ kind: "refused", code: "E_AGENT_PAUSED" });
    expect(world.core.store.requestsIn(["open", "partial"])).toEqual([]);
  });

  it("tells everybody of the gateway that everything was stopped, or may go on, also where nothing waited", () => {
    world = makeWorld();
    const [lee, boss] = [world.person("lee"), world.person("boss", { roles: ["supervisor"] })];
    const head = world.core.feed.head(lee.session.sub);
    say(boss, "pause-type", { type: "order.create" });
    expect(types(lee, head)).toEqual([]);
    say(boss, "pause-type", { type: "*" });
    expect(types(lee, head)).toEqual(["policy.updated"]);
    say(boss, "resume-type", { type: "*" });
    expect(types(lee, head)).toEqual(["policy.updated", "policy.updated"]);
  });

  it("lets anybody report an agent, and only supervisors close a review", async () => {
    world = makeWorld();
    const [lee, boss] = [world.person("lee"), world.person("boss", { roles: ["supervisor"] })];
    const rid = await raised(world, makeDraft());
    expect(say(lee, "report-agent", { agent: AGENT })).toMatchObject({ result: "recorded" });
    expect(say(lee, "close-review", { rid })).toMatchObject({ code: "E_STM_ROLE" });
    expect(say(boss, "close-review", { rid })).toMatchObject({ result: "recorded", rid });
  });
});
