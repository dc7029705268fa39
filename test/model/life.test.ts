import { afterEach, expect, it } from "vitest";

import type { RequestState } from "#shared/protocol/claims/receipt.ts";

import { decide, raised } from "../gateway/signing.ts";
import { makeDraft, makeWorld, type World } from "../gateway/world.ts";
import { checkInvariants } from "./invariants.ts";
import { runModel } from "./run-model.ts";

it("approve, deny, revoke, withdraw, revise, expire, lapse, execute, duplicates and crashes in any order keep every invariant", async () => {
  const { runs, tally } = await runModel({ seconds: 6 });
  expect(runs).toBeGreaterThan(3);
  expect(tally.size).toBeGreaterThan(3);
}, 60_000);

let world: World | undefined;
afterEach(() => {
  world?.close();
  world = undefined;
});

it("the invariants notice what they are for", async () => {
  const open = makeWorld();
  world = open;
  const lee = open.person("lee");
  const at = open.now();
  const check = (rid: string, excluded: readonly string[] = [], states = new Map<number, RequestState>()) => {
    checkInvariants(open, rid, { states, started: new Set() }, new Set(excluded));
  };
  const approved = await raised(open, makeDraft());
  decide(open, lee, approved, "approve");
  check(approved);
  expect(() => check(approved, [lee.claims.sub])).toThrow("SelfApprovalImpossible");
  expect(() => check(approved, [], new Map([[1, "denied"]]))).toThrow("TerminalIrreversibility");
  open.core.store.write((tx) => tx.startExecution(approved, 1, "x", at));
  expect(() => check(approved)).toThrow("NoBypassWrite");

  const untouched = await raised(open, makeDraft({ task: { id: "task-2", goal: "Again" } }));
  const { nonce, jws, dig } = open.core.store.currentRequest(untouched) ?? { nonce: "", jws: "", dig: "" };
  open.core.store.write((tx) => tx.consumeNonce(nonce, untouched, 1, at));
  expect(() => check(untouched)).toThrow("ConsumeOnce");

  const third = await raised(open, makeDraft({ task: { id: "task-3", goal: "And again" } }));
  const [decision] = open.core.store.decisions(approved, 1);
  if (!decision) throw new Error("no decision");
  open.core.store.write((tx) => {
    tx.addDecision({ ...decision, dig: `${dig.slice(0, -3)}AAA`, rid: third, jws: decision.jws });
  });
  expect(jws).not.toBe("");
  expect(() => check(third)).toThrow("BindingMatch");
});
