import { performance } from "node:perf_hooks";
import process from "node:process";

/** Milliseconds: of the wall, and of this thread, which other processes on the machine do not lengthen. */
export interface Time {
  readonly wall: number;
  readonly cpu: number;
}

/** `times`: as often as the processor's clock, which ticks in milliseconds, needs to see it. */
export function timed<T>(work: () => T, times = 1): { readonly value: T; readonly time: Time } {
  const from = performance.now();
  const cpu = process.threadCpuUsage();
  let value = work();
  for (let i = 1; i < times; i++) value = work();
  const { user, system } = process.threadCpuUsage(cpu);
  return { value, time: { wall: (performance.now() - from) / times, cpu: (user + system) / 1000 / times } };
}

export interface Pair {
  readonly ours: Time;
  readonly raw: Time;
}

const round = (value: number): number => Number(value.toPrecision(3));

function quantiles(values: readonly number[]): { readonly p50: number; readonly p95: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q: number): number => round(sorted[Math.ceil(q * sorted.length) - 1] ?? Number.NaN);
  return { p50: at(0.5), p95: at(0.95) };
}

/** Milliseconds of both at p50 and p95, and how many times as much of the processor ours takes; printed as well. */
export function compared(name: string, pairs: readonly Pair[]): Readonly<Record<string, unknown>> {
  const ours = { wall_ms: quantiles(pairs.map((p) => p.ours.wall)), cpu_ms: quantiles(pairs.map((p) => p.ours.cpu)) };
  const raw = { wall_ms: quantiles(pairs.map((p) => p.raw.wall)), cpu_ms: quantiles(pairs.map((p) => p.raw.cpu)) };
  const ratio = quantiles(pairs.map((p) => p.ours.cpu / p.raw.cpu));
  const both = ({ p50, p95 }: { p50: number; p95: number }): string => `p50 ${String(p50)}, p95 ${String(p95)}`;
  process.stdout.write(
    `${name.padEnd(12)} ms ${both(ours.wall_ms)} (cpu ${both(ours.cpu_ms)}); raw ${both(raw.wall_ms)} (cpu ${both(raw.cpu_ms)}); ${String(ratio.p50)} times the cpu\n`,
  );
  return { ours, raw, cpu_ratio: ratio };
}
