import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { performance } from "node:perf_hooks";
import process from "node:process";

import { CountersignError } from "#shared/protocol/error.ts";

import { makeDice } from "./mutate.ts";
import { TARGETS, type Target } from "./targets.ts";

/** Inputs that once broke something; every run begins with them. */
const CORPUS = path.join(import.meta.dirname, "corpus");
const TURN_MS = 40;

export interface FuzzResult {
  readonly seed: number;
  readonly calls: Readonly<Record<string, number>>;
  /** The dearest call of each target in milliseconds of CPU time. */
  readonly slowestMs: Readonly<Record<string, number>>;
  /** One line for each thing found; its input is in the corpus. */
  readonly found: readonly string[];
}

export interface FuzzOptions {
  readonly seconds: number;
  readonly seed: number;
  /** No call may take longer, however its input looks. CPU time, so that a busy machine proves nothing. */
  readonly longestMs: number;
}

/** Mutated bytes and mutated grammar against every parser of foreign input, in turns, for about so many seconds. */
export function fuzz({ seconds, seed, longestMs }: FuzzOptions): FuzzResult {
  const dice = makeDice(seed);
  const calls = new Map<string, number>();
  const slowest = new Map<string, number>();
  const found: string[] = [];

  function tryOne(target: Target, input: string, keep: boolean): void {
    const { error, ms } = timed(target, input, longestMs);
    calls.set(target.name, (calls.get(target.name) ?? 0) + 1);
    slowest.set(target.name, Math.max(slowest.get(target.name) ?? 0, ms));
    const what = error !== undefined ? nameOf(error) : ms > longestMs ? `took ${ms.toFixed(0)} ms` : undefined;
    if (what === undefined) return;
    const file = keep ? save(target.name, input) : "";
    found.push(`${target.name}: ${what}, ${String(input.length)} characters ${file}`);
  }

  for (const target of TARGETS)
    for (const input of [...(target.first ?? []), ...corpusOf(target.name)]) tryOne(target, input, false);
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until && found.length < 20) {
    for (const target of TARGETS) {
      // Equal time, not equal calls: a bundle costs as much as a hundred gates.
      const next = performance.now() + TURN_MS;
      do tryOne(target, target.make(dice), true);
      while (performance.now() < next);
    }
  }
  const rounded = [...slowest].map(([name, ms]) => [name, Number(ms.toFixed(1))] as const);
  return { seed, calls: Object.fromEntries(calls), slowestMs: Object.fromEntries(rounded), found };
}

/** So often is called again what seems slow: the engine compiles a path for good only after some calls. */
const ATTEMPTS = 10;

/** Runs once; where it seems slow, again, since a collection or a compilation may have fallen into it. */
function timed(target: Target, input: string, longestMs: number): { readonly error?: unknown; readonly ms: number } {
  let best = Infinity;
  for (let attempt = 0; attempt < ATTEMPTS && best > longestMs; attempt++) {
    let dearest = 0;
    try {
      target.run(input, (call) => {
        const from = process.threadCpuUsage();
        try {
          call();
        } catch (error) {
          if (!(error instanceof CountersignError)) throw error;
        } finally {
          const { user, system } = process.threadCpuUsage(from);
          dearest = Math.max(dearest, (user + system) / 1000);
        }
      });
    } catch (error) {
      return { error, ms: 0 };
    }
    best = Math.min(best, dearest);
  }
  return { ms: best };
}

const nameOf = (error: unknown): string =>
  error instanceof Error ? `threw ${error.name}: ${error.message.slice(0, 200)}` : `threw ${String(error)}`;

function corpusOf(name: string): string[] {
  const folder = path.join(CORPUS, name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((file) => readFileSync(path.join(folder, file), "utf8"));
}

function save(name: string, input: string): string {
  const folder = path.join(CORPUS, name);
  mkdirSync(folder, { recursive: true });
  const file = `${createHash("sha256").update(input).digest("hex").slice(0, 16)}.txt`;
  writeFileSync(path.join(folder, file), input);
  return `corpus/${name}/${file}`;
}
