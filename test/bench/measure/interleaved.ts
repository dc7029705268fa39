import { performance } from "node:perf_hooks";
import process from "node:process";

/** One of two or more ways to do something; `run` does it `times` times. */
export interface Contender {
  readonly name: string;
  readonly run: (times: number) => void;
}

export interface Spread {
  readonly median: number;
  /** First and third quartile. */
  readonly iqr: readonly [number, number];
}

export interface Interleaved {
  readonly rounds: number;
  /** Microseconds per operation, by contender. */
  readonly cpuUs: Readonly<Record<string, Spread>>;
  readonly wallUs: Readonly<Record<string, Spread>>;
  /** Cost of `a` over cost of `b`, round by round. */
  readonly cpuRatio: (a: string, b: string) => Spread;
  readonly wallRatio: (a: string, b: string) => Spread;
}

export interface InterleaveOptions {
  /** Odd, at least 11 (reliability.md 6.2). */
  readonly rounds?: number;
  /** Length of one contender's turn in milliseconds. */
  readonly sliceMs?: number;
  /** CPU time each contender gets before anything counts. */
  readonly warmUpMs?: number;
}

interface Turn {
  readonly cpuUs: number;
  readonly wallUs: number;
}

/**
 * Times contenders in turns within one run, so that a busy machine or a warm cache is the same for all. Every round the
 * order is turned round. CPU time is that of the whole process, collector and compiler included; it does not see the
 * waiting for a core that other processes hold. A warm-up, in which the compiler settles, and the first rounds are
 * thrown away.
 */
export function interleave(contenders: readonly Contender[], options: InterleaveOptions = {}): Interleaved {
  const { rounds = 21, sliceMs = 40, warmUpMs = 800 } = options;
  if (rounds < 11) throw new RangeError("At least 11 rounds.");
  const times = new Map(contenders.map((c) => [c.name, calibrate(c, sliceMs, warmUpMs)]));
  const turns = new Map<string, Turn[]>(contenders.map((c) => [c.name, []]));
  for (let round = -3; round < rounds; round++) {
    const order = round % 2 === 0 ? contenders : [...contenders].reverse();
    for (const contender of order) {
      const turn = time(contender, times.get(contender.name) ?? 1);
      if (round >= 0) turns.get(contender.name)?.push(turn);
    }
  }
  const of = (name: string): readonly Turn[] => turns.get(name) ?? [];
  const each = (pick: (turn: Turn) => number): Record<string, Spread> =>
    Object.fromEntries(contenders.map(({ name }) => [name, spread(of(name).map(pick))]));
  const ratio = (a: string, b: string, pick: (turn: Turn) => number): Spread =>
    spread(of(a).map((turn, i) => pick(turn) / pick(of(b)[i] ?? turn)));
  return {
    rounds,
    cpuUs: each((turn) => turn.cpuUs),
    wallUs: each((turn) => turn.wallUs),
    cpuRatio: (a, b) => ratio(a, b, (turn) => turn.cpuUs),
    wallRatio: (a, b) => ratio(a, b, (turn) => turn.wallUs),
  };
}

/** How often a contender fits into its turn, found while it warms up. */
function calibrate(contender: Contender, sliceMs: number, warmUpMs: number): number {
  let spentUs = 0;
  let bestUs = Infinity;
  for (let times = 1; spentUs < warmUpMs * 1000; times = Math.min(64, times * 2)) {
    const { cpuUs, wallUs } = time(contender, times);
    // Whatever waits for the disk uses little CPU time: it is warm after as much of the other.
    spentUs += Math.max(cpuUs, wallUs / 8) * times;
    bestUs = Math.min(bestUs, Math.max(cpuUs, wallUs / 8));
  }
  return Math.max(1, Math.round((sliceMs * 1000) / bestUs));
}

function time({ run }: Contender, times: number): Turn {
  const from = performance.now();
  const cpu = process.cpuUsage();
  run(times);
  const { user, system } = process.cpuUsage(cpu);
  return { cpuUs: (user + system) / times, wallUs: ((performance.now() - from) * 1000) / times };
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q: number): number =>
    sorted[Math.min(sorted.length - 1, Math.round(q * (sorted.length - 1)))] ?? Number.NaN;
  return { median: at(0.5), iqr: [at(0.25), at(0.75)] };
}

export const inverse = ({ median, iqr: [q1, q3] }: Spread): Spread => ({ median: 1 / median, iqr: [1 / q3, 1 / q1] });
