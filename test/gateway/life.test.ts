import { afterEach, describe, expect, it } from "vitest";

import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { findHidden } from "#shared/presentation/text-hygiene.ts";
import { verifyBundle } from "#shared/protocol/evidence/verify-bundle.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

import { decodeStatusList } from "#shared/crypto/status-list.ts";
import { crypto } from "./device.ts";
import { decide, makeDecision, raised, receiptOf, sign } from "./signing.ts";
import { askPolicy, makeDraft, makeWorld, PATIENT, type World } from "./world.ts";

let world: World;
afterEach(() => {
  expect(world.faults).toEqual([]);
  world.close();
});

/** The offline verifier's word on a request's bundle, with the steps that failed. */
function verdict(rid: string, rev?: number) {
  world.clock.advance(1_000);
  const bundle = world.core.bundle(rid, rev);
  const options = { builtinTemplates, findHidden, decodeStatusList };
  const { ok, outcome, steps } = verifyBundle(bundle, world.authority.directory.jwk, crypto, options);
  return { ok, outcome, failed: steps.filter((step) => !step.ok && !("skipped" in step)) };
}

function execute(rid: string): void {
  world.clock.advance(5_000);
  const started = world.core.executions.start(rid);
  if (!started) throw new Error("not started");
  world.core.executions.finish(started.exec_id, {
    kind: "done",
    status: 201,
    location: "MedicationRequest/1",
    body: "{}",
  });
}

describe("a whole life in one process", () => {
  it("goes from the agent's draft to a recorded approval, execution and evidence anybody can verify", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const [due, told]: [string[], string[]] = [[], []];
    world.core.events.on("execute", ({ rid }: { rid: string }) => void due.push(rid));
    world.core.events.on("decision", ({ state }: { state: string }) => void told.push(state));
    const rid = await raised(world, makeDraft());
    const [item] = world.core.feed.snapshot(lee.session);
    const key = crypto.importKey(world.signer.jwk);
    const { claims } = verifyJws(crypto, "request", item?.pending.jws ?? "", () => key);
    expect(claims).toMatchObject({ rid, rev: 1, patient: { ref: PATIENT } });

    const receipt = receiptOf(decide(world, lee, rid, "approve"));
    expect(receipt).toMatchObject({ result: "recorded", outcome: "approved", quorum: { have: 1, need: 1 } });
    expect(world.core.executions.start(rid)).toBeUndefined();
    world.clock.advance(5_000);
    expect(due).toEqual([rid]);
    const started = world.core.executions.start(rid);
    expect(started).toMatchObject({ exec_id: `${rid}.1`, granted: claims.authorization_details });
    expect(world.core.executions.start(rid)).toBeUndefined();
    world.core.executions.finish(`${rid}.1`, {
      kind: "done",
      status: 201,
      location: "MedicationRequest/1",
      body: "{}",
    });
    expect(world.core.status(rid)).toMatchObject({ state: "completed", result: { status: 201 } });
    expect(told).toEqual(["approved", "executing", "completed"]);
    expect(world.core.bundle(rid)).toBeUndefined();
    expect(verdict(rid)).toEqual({ ok: true, outcome: "completed", failed: [] });
  });

  it("records a denial, which is final and verifiable", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    expect(receiptOf(decide(world, lee, rid, "deny"))).toMatchObject({ result: "recorded", outcome: "denied" });
    expect(world.core.status(rid)).toMatchObject({ state: "denied", reason: "wrong-patient" });
    expect(receiptOf(decide(world, lee, rid, "approve"))).toMatchObject({
      result: "rejected",
      code: "E_REQ_TERMINAL",
      outcome: "denied",
    });
    expect(verdict(rid)).toEqual({ ok: true, outcome: "denied", failed: [] });
  });

  it("undoes an approval within the hold, and the revocation is verifiable", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    decide(world, lee, rid, "approve");
    const [approval] = world.core.store.decisions(rid, 1);
    world.clock.advance(4_000);
    const undo = decide(world, lee, rid, "revoke", { revokes: approval?.dig ?? "" });
    expect(receiptOf(undo)).toMatchObject({ result: "recorded", outcome: "revoked" });
    world.clock.advance(60_000);
    expect(world.core.executions.start(rid)).toBeUndefined();
    expect(verdict(rid)).toEqual({ ok: true, outcome: "revoked", failed: [] });
  });

  it("expires what nobody decided, and says so to approvers and agent", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    const head = world.core.feed.head(lee.session.sub);
    world.clock.advance(900_000);
    expect(world.core.status(rid)?.state).toBe("open");
    world.clock.advance(1_000);
    expect(world.core.status(rid)?.state).toBe("expired");
    expect(world.core.feed.read(lee.session.sub, head, 9).map((e) => e.type)).toEqual(["action.expired"]);
    expect(receiptOf(decide(world, lee, rid, "deny"))).toMatchObject({ result: "rejected" });
  });

  it("lets an approval that was not used in time lapse", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    const rid = await raised(world, makeDraft());
    decide(world, lee, rid, "approve", { grant_exp: world.now() + 60 });
    world.clock.advance(62_000);
    expect(world.core.status(rid)?.state).toBe("lapsed");
    expect(world.core.executions.start(rid)).toBeUndefined();
    expect(verdict(rid)).toEqual({ ok: true, outcome: "lapsed", failed: [] });
  });

  it("needs two people where policy says so, and executes what both granted", async () => {
    world = makeWorld({ policy: askPolicy({ quorum: { need: 2, ordered: true } }) });
    const [lee, ray] = [world.person("lee"), world.person("ray")];
    const rid = await raised(world, makeDraft());
    expect(receiptOf(decide(world, lee, rid, "approve", { after: [] }))).toMatchObject({
      outcome: "partial",
      quorum: { have: 1, need: 2 },
    });
    expect(receiptOf(decide(world, lee, rid, "approve", { after: [] }))).toMatchObject({ code: "E_ALREADY_DECIDED" });
    const [first] = world.core.store.decisions(rid, 1);
    const all = makeDecision(world, ray, rid, "approve");
    const less = { ...all, after: [first?.dig ?? ""], granted: all.granted?.slice(0, 2) };
    expect(receiptOf(world.core.submitDecision(sign(ray, less), ray.session))).toMatchObject({ outcome: "approved" });
    world.clock.advance(5_000);
    expect(world.core.executions.start(rid)?.granted.map((g) => g.id)).toEqual(["a1", "a2"]);
    world.core.executions.finish(`${rid}.1`, { kind: "refused", status: 422, body: "{}" });
    expect(verdict(rid)).toEqual({ ok: true, outcome: "failed", failed: [] });
  });

  it("puts no content into the log", async () => {
    world = makeWorld();
    const lee = world.person("lee");
    execute(await approvedRequest(lee));
    const leaves = world.core.store.leavesFrom(0, 1000).map((leaf) => leaf.entry);
    expect(leaves.length).toBeGreaterThan(6);
    for (const entry of leaves) {
      expect(
        Object.keys(JSON.parse(entry) as object).every((name) =>
          "v t ts rid rev obj kid out ref".split(" ").includes(name),
        ),
      ).toBe(true);
      const { obj, kid, ref, ...rest } = JSON.parse(entry) as Record<string, unknown>;
      // Digests and thumbprints and nothing else: in 43 random letters three of a name come by chance.
      for (const name of [obj, kid, ref].filter((one) => one !== undefined))
        expect(name).toMatch(/^(?:sha-256:)?[A-Za-z0-9_-]{43}$/);
      expect(JSON.stringify(rest)).not.toMatch(/EXAMPLE|warfarin|p-104|INR|lee|Northgate/);
    }
  });
});

async function approvedRequest(person: ReturnType<World["person"]>): Promise<string> {
  const rid = await raised(world, makeDraft());
  decide(world, person, rid, "approve");
  return rid;
}
