import fc from "fast-check";
import { expect } from "vitest";

import { freshUuid } from "../gateway/device.ts";
import { receiptOf, sign } from "../gateway/signing.ts";
import { makeDraft } from "../gateway/world.ts";
import { actor, ANY_DIGEST, count, deadlinesOf, expectedOf, signed, submit, type Kind, type Real } from "./acting.ts";
import { expectApprove, mayStart, passTime, waits, type Expected, type Model } from "./expected.ts";
import { checkInvariants } from "./invariants.ts";

export type Command = fc.AsyncCommand<Model, Real>;
function command(name: string, run: (model: Model, real: Real) => Promise<void> | void): Command {
  return {
    check: () => true,
    toString: () => name,
    async run(model, real) {
      await run(model, real);
      const { world, rid, seen } = real;
      expect(world.core.status(rid), name).toMatchObject({ rev: model.rev, state: model.state });
      checkInvariants(world, rid, seen, model.excluded);
      expect(world.faults).toEqual([]);
    },
  };
}

const decideNow = (kind: Kind, who: number): Command =>
  command(`${kind}(${String(who)})`, (model, real) => {
    const decision = signed(real, actor(real, who), kind);
    submit(model, real, decision, expectedOf(model, decision));
  });

/** Everybody who may approves in turn until it is enough, as in most lives. */
const agree = (): Command =>
  command("agree", (model, real) => {
    for (const person of real.actors) {
      if (!waits(model)) return;
      const decision = signed(real, person, "approve");
      const expected = expectedOf(model, decision);
      if (expected.result === "recorded") submit(model, real, decision, expected);
    }
  });

/** Both sign while looking at the same state; then both arrive. */
const race = (first: [Kind, number], second: [Kind, number]): Command =>
  command(`race(${first.join(" ")}, ${second.join(" ")})`, (model, real) => {
    const [a, b] = [first, second].map(([kind, who]) => signed(real, actor(real, who), kind));
    if (!a || !b || a.person === b.person) return;
    submit(model, real, a, expectedOf(model, a));
    submit(model, real, b, expectedOf(model, b));
  });

/** A decision bound to something else: never recorded, nothing moves. */
const misbound = (who: number, kind: "approve" | "deny", what: "req_dig" | "nonce" | "txn" | "rev" | "aud"): Command =>
  command(`misbound(${kind} ${String(who)} ${what})`, (model, real) => {
    const wrong = {
      ...{ req_dig: ANY_DIGEST, nonce: "A".repeat(32), txn: freshUuid(), aud: "https://other.example" },
      rev: model.rev === 1 ? 2 : model.rev - 1,
    };
    const { jws, person, claims } = signed(real, actor(real, who), kind, { [what]: wrong[what] });
    const answer = real.world.core.submitDecision(jws, person.session);
    const codes = {
      ...{ req_dig: "E_REQ_DIGEST", nonce: "E_REQ_NONCE", txn: "E_REQ_TXN" },
      ...{ rev: "E_REQ_SUPERSEDED", aud: "E_CLM_AUD" },
    };
    expect(receiptOf(answer)).toMatchObject({ result: what === "aud" ? "error" : "rejected", code: codes[what] });
    if (answer.kind === "receipt") real.sent.push({ person, claims, jws, answer });
    count(real, `misbound ${what}`);
  });

/** More than was asked for is never granted. */
const wider = (who: number): Command =>
  command(`wider(${String(who)})`, (model, real) => {
    const { person, claims } = signed(real, actor(real, who), "approve");
    const granted = claims.granted?.map((g) => ("max_uses" in g ? { ...g, max_uses: 2 } : g)) ?? [];
    const asked = { ...claims, granted };
    const plain = expectApprove(model, person.claims);
    const expected: Expected =
      plain.result === "recorded" ? { result: "rejected", outcome: model.state, code: "E_AUZ_WIDER" } : plain;
    submit(model, real, { person, claims: asked, jws: sign(person, asked) }, expected);
  });

const duplicate = (which: number): Command =>
  command(`duplicate(${String(which)})`, (_, real) => {
    const again = real.sent[which % Math.max(1, real.sent.length)];
    if (!again) return;
    const size = real.world.core.store.logSize();
    const answer = real.world.core.submitDecision(again.jws, again.person.session);
    expect(answer).toEqual({ ...again.answer, duplicate: true });
    expect(real.world.core.store.logSize()).toBe(size);
    count(real, "duplicate");
  });

/** The same name for other bytes. */
const reuse = (which: number): Command =>
  command(`reuse(${String(which)})`, (_, real) => {
    const before = real.sent[which % Math.max(1, real.sent.length)];
    if (!before) return;
    const other = sign(before.person, { ...before.claims, exp: before.claims.exp + 1 });
    const answer = real.world.core.submitDecision(other, before.person.session);
    expect(receiptOf(answer)).toEqual({ result: "error", code: "E_JTI_REUSE" });
    count(real, "reuse");
  });

const withdraw = (): Command =>
  command("withdraw", (model, { world, rid, ...real }) => {
    const may = waits(model);
    expect(world.core.withdraw(rid, makeDraft().agent, "agent")).toBe(may);
    if (!may) return;
    model.state = "withdrawn";
    count({ world, rid, ...real }, "withdraw");
  });

const revise = (): Command =>
  command("revise", async (model, real) => {
    const { world, rid } = real;
    if (!waits(model)) {
      await expect(world.core.revise(rid, makeDraft())).rejects.toMatchObject({ code: "E_REQ_TERMINAL" });
      return;
    }
    expect(await world.core.revise(rid, makeDraft())).toMatchObject({ kind: "pending", rid });
    expect(world.core.store.request(rid, model.rev)?.state).toBe("superseded");
    Object.assign(model, { rev: model.rev + 1, state: "open", approvals: [], ...deadlinesOf(real) });
    count(real, "revise");
  });

const advance = (seconds: number): Command =>
  command(`advance(${String(seconds)} s)`, (model, real) => {
    const before = model.state;
    real.world.clock.advance(seconds * 1000);
    passTime(model, real.world.now());
    if (model.state !== before) count(real, model.state);
  });

/** The process dies and starts again over the same file; what is due meanwhile happens at the start. */
const crash = (asleep: number): Command =>
  command(`crash(${String(asleep)} s asleep)`, (model, real) => {
    const { world } = real;
    world.clock.forget();
    world.clock.advance(asleep * 1000);
    world.reopen();
    world.clock.advance(0);
    passTime(model, world.now());
    count(real, "crash");
  });

const execute = (how: "done" | "refused" | "crash"): Command =>
  command(`execute(${how})`, (model, real) => {
    const { world, rid, seen } = real;
    const may = mayStart(model, world.now());
    const started = world.core.executions.start(rid);
    expect(started !== undefined, "NoBypassWrite").toBe(may);
    if (!started) return;
    seen.started.add(model.rev);
    model.state = "executing";
    expect(started.request.action.op.body, "BindingMatch: what runs").toBe(makeDraft().operation.body);
    expect(new Set(started.approvals.map((a) => a.sub))).toEqual(new Set(model.approvals.map((a) => a.sub)));
    expect(world.core.executions.start(rid), "ConsumeOnce").toBeUndefined();
    if (how === "crash") {
      world.reopen();
      expect(world.core.executions.unfinished().map((e) => e.exec_id)).toEqual([started.exec_id]);
    }
    const result =
      how === "refused" ? { kind: "refused", status: 422, body: "{}" } : { kind: "done", status: 201, body: "{}" };
    world.core.executions.finish(started.exec_id, result as Parameters<typeof world.core.executions.finish>[1]);
    model.state = how === "refused" ? "failed" : "completed";
    count(real, `execute ${how}`);
  });

/** Who acts is a number below `people`. */
export function anyCommand(people: number): fc.Arbitrary<Command>[] {
  const who = fc.nat(people - 1);
  const kind = fc.constantFrom<Kind>("approve", "deny", "revoke");
  const move = fc.tuple(kind, who);
  return [
    who.map((w) => decideNow("approve", w)),
    who.map((w) => decideNow("approve", w)),
    fc.constant(agree()),
    fc.constant(agree()),
    who.map((w) => decideNow("deny", w)),
    who.map((w) => decideNow("revoke", w)),
    fc.tuple(move, move).map(([a, b]) => race(a, b)),
    fc
      .tuple(who, fc.constantFrom("approve", "deny"), fc.constantFrom("req_dig", "nonce", "txn", "rev", "aud"))
      .map(([w, k, what]) => misbound(w, k, what)),
    who.map(wider),
    fc.nat(30).map(duplicate),
    fc.nat(30).map(reuse),
    fc.constant(withdraw()),
    fc.constant(revise()),
    fc.constantFrom(1, 4, 5, 6, 300, 880, 901, 1201).map(advance),
    fc.constantFrom(0, 0, 6, 901).map(crash),
    fc.constantFrom("done", "refused", "crash").map(execute),
    fc.constantFrom("done", "refused", "crash").map(execute),
  ];
}
