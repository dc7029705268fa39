import { expect } from "vitest";

import type { DecisionClaims } from "#shared/protocol/claims/decision.ts";
import { jdig } from "#shared/protocol/digest.ts";

import type { SubmitAnswer } from "../../gateway/core.ts";
import { crypto } from "../gateway/device.ts";
import { makeDecision, receiptOf, sign } from "../gateway/signing.ts";
import type { Person, World } from "../gateway/world.ts";
import {
  expectApprove,
  expectDeny,
  expectRevoke,
  HOLD_S,
  isTerminal,
  waits,
  type Expected,
  type Model,
} from "./expected.ts";
import type { Seen } from "./invariants.ts";

/** The gateway under test, one request of it, and everything that was sent about it. */
export interface Real {
  readonly world: World;
  readonly rid: string;
  readonly actors: readonly Person[];
  readonly seen: Seen;
  readonly sent: {
    readonly person: Person;
    readonly claims: DecisionClaims;
    readonly jws: string;
    answer: SubmitAnswer;
  }[];
  /** How often each kind of step had an effect, for the test that all of them do. */
  readonly tally: Map<string, number>;
}

export type Kind = "approve" | "deny" | "revoke";

export const ANY_DIGEST = `sha-256:${"A".repeat(43)}`;

export const count = ({ tally }: Real, what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1);

export const actor = ({ actors }: Real, who: number): Person => {
  const person = actors[who % actors.length];
  if (!person) throw new Error("nobody there");
  return person;
};

/** An approval by this person, of this or of an earlier revision. */
const ownApproval = (real: Real, person: Person): string =>
  real.sent.findLast(
    ({ claims, person: { claims: other } }) => claims.decision === "approve" && other.sub === person.claims.sub,
  )?.jws ?? "";

export function signed(real: Real, person: Person, kind: Kind, over: Partial<DecisionClaims> = {}) {
  const revokes = ownApproval(real, person);
  const target = revokes === "" ? ANY_DIGEST : jdig(crypto, revokes);
  const claims = makeDecision(real.world, person, real.rid, kind, {
    ...(kind === "revoke" ? { revokes: target } : {}),
    ...over,
  });
  return { person, claims, jws: sign(person, claims) };
}

export function expectedOf(
  model: Model,
  { person, claims }: { readonly person: Person; readonly claims: DecisionClaims },
): Expected {
  switch (claims.decision) {
    case "approve":
      return expectApprove(model, person.claims);
    case "deny":
      return expectDeny(model, person.claims);
    default:
      return expectRevoke(model, person.claims, claims.revokes ?? "");
  }
}

/** Submits, compares with what the model expects, and moves the model. */
export function submit(model: Model, real: Real, decision: ReturnType<typeof signed>, expected: Expected): void {
  const { world } = real;
  const { person, claims, jws } = decision;
  const answer = world.core.submitDecision(jws, person.session);
  expect(answer).toMatchObject({ kind: "receipt", duplicate: false });
  expect(receiptOf(answer)).toMatchObject({ ...expected, dec_dig: jdig(crypto, jws) });
  real.sent.push({ ...decision, answer });
  count(real, `${claims.decision} ${expected.result}`);
  if (expected.result === "rejected") return;
  model.state = expected.outcome;
  if (claims.decision === "approve") {
    model.approvals.push({ sub: person.claims.sub, kid: person.session.kid, dig: jdig(crypto, jws) });
    model.executeAt = world.now() + HOLD_S;
  }
}

/** The current revision's times, as they were signed. */
export function deadlinesOf({
  world,
  rid,
}: Pick<Real, "world" | "rid">): Pick<Model, "submitBy" | "grantExp" | "executeAt"> {
  const row = world.core.store.currentRequest(rid);
  if (!row) throw new Error("no request");
  return { submitBy: row.submit_by, grantExp: row.grant_exp, executeAt: Infinity };
}

/** DenyAlwaysPossible: whatever happened, while it waits somebody who has not decided can end it. */
export function checkDenial(model: Model, real: Real): void {
  if (!waits(model)) {
    expect(isTerminal(model.state) || model.state === "approved").toBe(true);
    return;
  }
  const person = real.actors.find(({ claims }) => !model.approvals.some((a) => a.sub === claims.sub));
  if (!person) throw new Error("everybody approved and it still waits");
  const decision = signed(real, person, "deny");
  submit(model, real, decision, { result: "recorded", outcome: "denied" });
}
