import fc from "fast-check";
import { expect, it } from "vitest";

import { TERMINAL_STATES, type RequestState } from "#shared/protocol/claims/receipt.ts";

import { requestWith } from "../fixture/case.ts";
import { decide, deny, revoke, worldOf, type Draft, type Signed } from "../fixture/decision.ts";
import { makePerson, T0 } from "../fixture/hospital.ts";

/** Random people doing random things in random order, against the invariants of protocol.md 3.11. */

const people = ["a", "b", "c", "asker"].map((name) => makePerson(name));
const [first] = people;

interface Move {
  readonly who: number;
  readonly what: "approve" | "deny" | "revoke" | "replay" | "tamper";
  readonly which: number;
}
const moves = fc.array(
  fc.record<Move>({
    who: fc.nat(people.length - 1),
    what: fc.constantFrom("approve", "deny", "revoke", "replay", "tamper"),
    which: fc.nat(9),
  }),
  { maxLength: 12 },
);

it("terminal states never leave, a nonce is consumed once, nobody approves their own request, and a denial is always possible", () => {
  fc.assert(
    fc.property(moves, fc.integer({ min: 1, max: 3 }), (sequence, need) => {
      const request = requestWith({ quorum: { need } });
      const { rid } = request.claims;
      const world = worldOf(people, [request]);
      const sent: Signed[] = [];
      const heads = new Map<string, { n: number; prev: string }>();
      let consumed = 0;
      let state: RequestState = "open";
      for (const { who, what, which } of sequence) {
        const person = people[who] ?? first;
        if (!person) return;
        const head = heads.get(person.entry.kid);
        const next = (c: Draft) => {
          if (head) c.chain = { n: head.n + 1, prev: head.prev };
        };
        const target = sent[which % Math.max(1, sent.length)];
        const decision =
          what === "replay" && target
            ? target
            : decide(person, request, (c) => {
                if (what === "deny") deny(c);
                if (what === "revoke" && target) revoke(target, T0 + 60)(c);
                if (what === "tamper") c.req_dig = request.claims.policy.dig;
                next(c);
              });
        const verdict = world.submit(decision.jws, T0 + 62);
        const after = world.stateOf(rid) ?? "open";
        if (TERMINAL_STATES.has(state)) expect(after).toBe(state);
        if (verdict.kind === "record") {
          const { claims, effect } = verdict;
          sent.push(decision);
          heads.set(verdict.kid, effect.chain);
          if (effect.consumesNonce) consumed++;
          expect(effect.from).toContain(state);
          expect(claims.req_dig).toBe(request.dig);
          if (claims.decision === "approve") expect(claims.sub).not.toBe(request.claims.initiator?.person);
          if (effect.state === "approved") {
            const approvers = world.decisionsOf(rid).filter((d) => d.live && d.decision === "approve");
            expect(new Set(approvers.map((d) => d.sub)).size).toBe(need);
            expect(new Set(approvers.map((d) => d.kid)).size).toBe(need);
          }
        } else {
          expect(after).toBe(state);
        }
        state = after;
      }
      expect(consumed).toBeLessThanOrEqual(1);
      if (state !== "open" && state !== "partial") return;
      const undecided = people.find((p) => !world.decisionsOf(rid).some((d) => d.live && d.sub === p.entry.sub));
      if (!undecided) return;
      const head = heads.get(undecided.entry.kid);
      const denial = decide(undecided, request, (c) => {
        deny(c);
        if (head) c.chain = { n: head.n + 1, prev: head.prev };
      });
      expect(world.submit(denial.jws, T0 + 62)).toMatchObject({ kind: "record", effect: { state: "denied" } });
    }),
    { numRuns: 150 },
  );
});
