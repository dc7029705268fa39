import { performance } from "node:perf_hooks";

import fc from "fast-check";
import { expect } from "vitest";

import { raised } from "../gateway/signing.ts";
import { askPolicy, DIR, makeDraft, makeWorld } from "../gateway/world.ts";
import { checkDenial, deadlinesOf, type Real } from "./acting.ts";
import { anyCommand, type Command } from "./commands.ts";
import { checkInvariants } from "./invariants.ts";
import type { Model } from "./expected.ts";

export interface ModelOptions {
  /** About how long, in seconds; runs under way are finished. */
  readonly seconds: number;
  /** To run again what failed: fast-check prints both. */
  readonly seed?: number;
  readonly path?: string;
}

const LOT = 4;
const EXCLUDED = new Set([`${DIR}/approvers/requester`, `${DIR}/approvers/agent-owner`]);

/**
 * People doing everything in any order, machines dying in between, against the real core over a real database on disk
 * (protocol.md 3.11). Returns how often each kind of step happened, and the number of runs.
 */
export async function runModel(options: ModelOptions): Promise<{ runs: number; tally: ReadonlyMap<string, number> }> {
  const { seconds, ...again } = options;
  let need = 1;
  const world = makeWorld({ policy: { evaluate: (input) => askPolicy({ quorum: { need } }).evaluate(input) } });
  const tally = new Map<string, number>();
  try {
    const actors = ["lee", "ray", "kim", "requester", "agent-owner"].map((name) => world.person(name));
    actors.push(world.deviceOf("lee"));
    const commands: fc.Arbitrary<Iterable<Command>> = fc.commands(anyCommand(actors.length), {
      ...{ maxCommands: 20, size: "max" },
    });
    let runs = 0;
    const property = fc.asyncProperty(fc.constantFrom(1, 2, 3), commands, async (quorum, moves) => {
      need = quorum;
      runs++;
      const rid = await raised(
        world,
        makeDraft({ task: { id: `task-${String(runs)}`, goal: "Restart anticoagulation" } }),
      );
      const real: Real = { world, rid, actors, sent: [], tally, seen: { states: new Map(), started: new Set() } };
      const model: Model = { need, excluded: EXCLUDED, rev: 1, state: "open", approvals: [], ...deadlinesOf(real) };
      await fc.asyncModelRun(() => ({ model, real }), moves);
      checkDenial(model, real);
      checkInvariants(world, rid, real.seen, EXCLUDED);
    });
    const until = performance.now() + seconds * 1000;
    // In small lots: fast-check's own time limit would leave the last run going behind the closed gateway.
    do await fc.assert(property, { ...again, numRuns: LOT });
    while (performance.now() < until);
    expect(world.faults).toEqual([]);
    return { runs, tally };
  } finally {
    world.close();
  }
}
