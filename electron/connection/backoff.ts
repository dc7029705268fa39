import type { RandomBytes } from "../clock.ts";

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Uniform in [0, 1) from the system's generator. */
export function fraction(random: RandomBytes): number {
  const bytes = Buffer.from(random(4));
  return bytes.readUInt32BE(0) / 2 ** 32;
}

/** Delay before attempt `n` (the first retry is 1): exponential 0.5 s to 30 s with full jitter (protocol.md 3.4.4). */
export function backoffMs(n: number, random: RandomBytes): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(n - 1, 16));
  return Math.round(fraction(random) * ceiling);
}
