import { performance } from "node:perf_hooks";

import { spread, type Spread } from "./interleaved.ts";

/** One call over the network; `run` resolves when its answer is read. */
export interface Caller {
  readonly name: string;
  readonly run: () => Promise<void>;
}

export interface CallTimes {
  readonly rounds: number;
  /** Milliseconds a call, by caller: medians of the rounds. */
  readonly ms: Readonly<Record<string, Spread>>;
  /** Milliseconds by which a call of `a` takes longer than one of `b`, round by round. */
  readonly added: (a: string, b: string) => Spread;
}

/**
 * Times callers in turns within one run, one call after the other, so that a busy machine is the same for all. Wall time:
 * it is what an agent waits. The order is turned round every round; the first rounds are thrown away.
 */
export async function timeCalls(callers: readonly Caller[], { rounds = 15, calls = 40 } = {}): Promise<CallTimes> {
  const medians = new Map<string, number[]>(callers.map(({ name }) => [name, []]));
  for (let round = -2; round < rounds; round++) {
    for (const { name, run } of round % 2 === 0 ? callers : [...callers].reverse()) {
      const took: number[] = [];
      for (let i = 0; i < calls; i++) {
        const from = performance.now();
        await run();
        took.push(performance.now() - from);
      }
      if (round >= 0) medians.get(name)?.push(spread(took).median);
    }
  }
  const of = (name: string): readonly number[] => medians.get(name) ?? [];
  return {
    rounds,
    ms: Object.fromEntries(callers.map(({ name }) => [name, spread(of(name))])),
    added: (a, b) => spread(of(a).map((ms, i) => ms - (of(b)[i] ?? Number.NaN))),
  };
}
