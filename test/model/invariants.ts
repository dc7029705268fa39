import { expect } from "vitest";

import { contentDigest, jdig } from "#shared/protocol/digest.ts";
import type { RequestState } from "#shared/protocol/claims/receipt.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

import { crypto } from "../gateway/device.ts";
import type { World } from "../gateway/world.ts";
import { isTerminal } from "./expected.ts";

/** What was seen of one request so far, by revision. */
export interface Seen {
  readonly states: Map<number, RequestState>;
  /** Revisions that an executor was let start. */
  readonly started: Set<number>;
}

/** The invariants of protocol.md 3.11, read from what is stored and from nothing the model believes. */
export function checkInvariants(world: World, rid: string, seen: Seen, excluded: ReadonlySet<string>): void {
  const { store } = world.core;
  const rev = store.currentRequest(rid)?.rev ?? 0;
  expect(rev).toBeGreaterThan(0);
  for (let r = 1; r <= rev; r++) checkRevision(world, rid, r, seen, excluded);
  expect(seen.started.size, "ConsumeOnce: one execution of a request, whatever its revisions").toBeLessThanOrEqual(1);
}

function checkRevision(world: World, rid: string, rev: number, seen: Seen, excluded: ReadonlySet<string>): void {
  const { store } = world.core;
  const row = store.request(rid, rev);
  if (!row) throw new Error(`revision ${String(rev)} is gone`);
  const claims = readStored("request", row.jws);
  const before = seen.states.get(rev);
  if (before !== undefined && isTerminal(before)) expect(row.state, "TerminalIrreversibility").toBe(before);
  seen.states.set(rev, row.state);

  expect(row.dig, "BindingMatch: the stored request is the signed one").toBe(jdig(crypto, row.jws));
  expect(claims.action.op.body_dig, "BindingMatch: the bytes").toBe(contentDigest(crypto, claims.action.op.body));
  const decisions = store.decisions(rid, rev);
  for (const decision of decisions) {
    const device = world.core.store.answer(decision.kid, readStored("decision", decision.jws).jti);
    expect(device?.result).toBe("recorded");
    const said = readStored("decision", decision.jws);
    expect(said, "BindingMatch: a decision is about these bytes and no others").toMatchObject({
      ...{ rid, rev, req_dig: row.dig, nonce: claims.nonce, txn: claims.txn },
    });
    if (decision.decision === "approve") {
      expect(excluded.has(decision.sub), "SelfApprovalImpossible").toBe(false);
    }
  }
  const live = decisions.filter((d) => d.live && d.decision === "approve");
  expect(new Set(live.map((d) => d.sub)).size, "distinct people").toBe(live.length);
  expect(new Set(live.map((d) => d.kid)).size, "distinct keys").toBe(live.length);

  const { need } = claims.policy.quorum;
  const decided = world.core.store.answersFor(rid).filter((a) => a.rev === rev && a.result === "recorded");
  const ends = decided.map((a) => outcomeOf(world, a.receipt)).filter((out) => out === "approved" || out === "denied");
  expect(ends.length, "ConsumeOnce: a revision is decided once").toBeLessThanOrEqual(1);
  expect(store.nonceConsumed(claims.nonce), "ConsumeOnce: the nonce of what was decided is used up").toBe(
    ends.length === 1,
  );
  if (row.state === "approved") expect(live.length).toBe(need);
  if (["executing", "completed", "failed"].includes(row.state)) {
    expect(seen.started.has(rev), "NoBypassWrite: nothing runs that the gate did not let start").toBe(true);
    expect(live.length, "NoBypassWrite: the approvals are there").toBe(need);
  }
}

function outcomeOf(world: World, receipt: string): string | undefined {
  const key = crypto.importKey(world.signer.jwk);
  return verifyJws(crypto, "receipt", receipt, () => key).claims.outcome;
}
