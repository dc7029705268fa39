import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { TERMINAL_STATES, type RequestState } from "#shared/protocol/claims/receipt.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { makeDecision, raised, receiptOf, sign } from "../signing.ts";
import { askPolicy, makeDraft, makeWorld, ORDER, type Person, type World } from "../world.ts";

/** What can follow what, protocol.md 3.11. A replaced revision ends; the next one is another row. */
const AFTER: Readonly<Record<RequestState, readonly RequestState[]>> = {
  open: ["partial", "approved", "denied", "expired", "withdrawn", "superseded"],
  partial: ["open", "partial", "approved", "denied", "expired", "withdrawn", "superseded", "revoked"],
  approved: ["executing", "revoked", "lapsed"],
  executing: ["completed", "failed"],
  completed: [],
  failed: [],
  denied: [],
  expired: [],
  withdrawn: [],
  superseded: [],
  revoked: [],
  lapsed: [],
};

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("approve" as const), who: fc.nat({ max: 2 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("deny" as const, "revoke" as const), who: fc.nat({ max: 2 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("replay" as const), which: fc.nat({ max: 9 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("start" as const, "finish" as const, "reopen" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("withdraw" as const, "revise" as const, "stop" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1000, 5000, 70_000, 901_000) }),
  },
);

/** A request with everything that was ever seen of it. */
class Watched {
  readonly world: World;
  readonly rid: string;
  readonly people: readonly Person[];
  readonly sent: { readonly jws: string; readonly person: Person; readonly receipt: string }[] = [];
  readonly #states = new Map<number, RequestState>();
  starts = 0;

  constructor(world: World, rid: string, people: readonly Person[]) {
    this.world = world;
    this.rid = rid;
    this.people = people;
    this.look();
  }

  /** SECURITY: TerminalIrreversibility and the arrows of 3.11, after every step. */
  look(): void {
    const rev = this.world.core.store.currentRequest(this.rid)?.rev ?? 0;
    for (let r = 1; r <= rev; r++) {
      const state = this.world.core.store.request(this.rid, r)?.state ?? "open";
      const before = this.#states.get(r) ?? "open";
      const reachable =
        before === state || AFTER[before].includes(state) || AFTER[before].some((s) => AFTER[s].includes(state));
      expect(reachable, `${before} → ${state}`).toBe(true);
      if (TERMINAL_STATES.has(before)) expect(state).toBe(before);
      this.#states.set(r, state);
    }
    const live = [...this.#states].filter(([, state]) => !TERMINAL_STATES.has(state));
    expect(live.length, "at most one revision is alive").toBeLessThanOrEqual(1);
  }
}

type Step = typeof step extends fc.Arbitrary<infer A> ? A : never;

async function run(watched: Watched, action: Step): Promise<void> {
  const { world, rid, people } = watched;
  switch (action.do) {
    case "approve":
    case "deny":
    case "revoke": {
      const person = people[action.who];
      if (!person) return;
      const row = world.core.store.currentRequest(rid);
      const mine = world.core.store.decisions(rid, row?.rev ?? 1).find((d) => d.sub === person.session.sub);
      const over = action.do === "revoke" ? { revokes: mine?.dig ?? `sha-256:${"A".repeat(43)}` } : {};
      const jws = sign(person, makeDecision(world, person, rid, action.do, over));
      const answer = world.core.submitDecision(jws, person.session);
      if (answer.kind === "receipt") watched.sent.push({ jws, person, receipt: answer.jws });
      else expect(receiptOf(answer)["code"]).toMatch(/^E_/);
      return;
    }
    case "replay": {
      const old = watched.sent[action.which % Math.max(1, watched.sent.length)];
      if (old)
        expect(world.core.submitDecision(old.jws, old.person.session)).toEqual({
          kind: "receipt",
          jws: old.receipt,
          duplicate: true,
        });
      return;
    }
    case "start": {
      const before = world.core.store.currentRequest(rid)?.state;
      const started = await Promise.resolve().then(() => world.core.executions.start(rid));
      if (started) {
        watched.starts++;
        expect(before).toBe("approved");
      }
      return;
    }
    case "finish":
      world.core.executions.finish(`${rid}.1`, { kind: "done", status: 201, body: "" });
      return;
    case "reopen":
      world.reopen();
      return;
    case "withdraw":
      world.core.withdraw(rid, "agent", "agent");
      return;
    case "revise": {
      const body = ORDER.replace("once daily", `once daily ${String(watched.sent.length)}`);
      await world.core.revise(rid, makeDraft({ operation: { ...makeDraft().operation, body } })).catch(() => undefined);
      return;
    }
    case "stop":
      world.authority.stop({ sub: people[2]?.session.sub ?? "" }, "revoked", "test");
      world.clock.advance(500);
      return;
    case "wait":
      world.clock.advance(action.ms);
      return;
    default:
      action satisfies never;
  }
}

describe("one request has one outcome, whatever happens in whatever order", () => {
  it.each([1, 2])(
    "with a quorum of %i",
    async (need) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 22 }), async (actions) => {
          const world = makeWorld({ policy: askPolicy({ quorum: { need, window: 60 }, hold_s: 5 }) });
          try {
            const people = ["lee", "ray", "kim"].map((name) => world.person(name));
            const watched = new Watched(world, await raised(world, makeDraft()), people);
            for (const action of actions) {
              await run(watched, action);
              watched.look();
            }
            const { store } = world.core;
            const revs = store.currentRequest(watched.rid)?.rev ?? 0;
            // At most one start a revision, and the receipts never tell two endings of one.
            expect(watched.starts).toBeLessThanOrEqual(revs);
            const endings = new Map<number, Set<string>>();
            for (const { receipt } of watched.sent) {
              const { rev, result, outcome } = readStored("receipt", receipt);
              if (result === "recorded" && (outcome === "denied" || outcome === "approved")) {
                endings.set(rev ?? 0, (endings.get(rev ?? 0) ?? new Set()).add(outcome));
              }
            }
            for (const told of endings.values()) expect(told.size).toBe(1);
            // Everything that is stored is in the log, and the log is what it signed: the audit at start says so.
            world.reopen();
            expect(world.faults).toEqual([]);
          } finally {
            world.close();
          }
        }),
        { numRuns: 8, endOnFailure: true },
      );
    },
    120_000,
  );
});

it("lets only one of many who answer the same moment win", async () => {
  const world = makeWorld();
  try {
    const people = ["a", "b", "c", "d"].map((name) => world.person(name));
    const rid = await raised(world, makeDraft());
    const answers = people.map((person, i) => ({
      person,
      jws: sign(person, makeDecision(world, person, rid, i % 2 === 0 ? "approve" : "deny")),
    }));
    const outcomes = answers.map(({ person, jws }) => receiptOf(world.core.submitDecision(jws, person.session)));
    expect(outcomes.map((o) => o["result"])).toEqual(["recorded", "rejected", "rejected", "rejected"]);
    expect(outcomes.slice(1).map((o) => [o["code"], o["outcome"]])).toEqual(
      Array(3).fill(["E_REQ_TERMINAL", "approved"]),
    );
  } finally {
    world.close();
  }
});
