import { performance } from "node:perf_hooks";
import process from "node:process";

export function timed<T>(work: () => T): { readonly value: T; readonly ms: number } {
  const from = performance.now();
  const value = work();
  return { value, ms: performance.now() - from };
}

const round = (value: number): number => Number(value.toPrecision(3));

function quantiles(values: readonly number[]): { readonly p50: number; readonly p95: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q: number): number => round(sorted[Math.ceil(q * sorted.length) - 1] ?? Number.NaN);
  return { p50: at(0.5), p95: at(0.95) };
}

/** Milliseconds of both at p50 and p95, and how many times as long ours takes; printed as well. */
export function compared(name: string, times: readonly { readonly ms: number; readonly rawMs: number }[]): unknown {
  const ours = quantiles(times.map(({ ms }) => ms));
  const raw = quantiles(times.map(({ rawMs }) => rawMs));
  const ratio = quantiles(times.map(({ ms, rawMs }) => ms / rawMs));
  process.stdout.write(
    `${name.padEnd(12)} p50 ${String(ours.p50)} ms, p95 ${String(ours.p95)} ms; raw ${String(raw.p50)} and ${String(raw.p95)} ms; ${String(ratio.p50)} times as long (p95 ${String(ratio.p95)})\n`,
  );
  return { ms: ours, raw_ms: raw, ratio };
}
