import { readdirSync, readFileSync } from "node:fs";

/** One look at one process. */
export interface Sample {
  /** Memory of the process that is in RAM, bytes. */
  readonly rss: number;
  /** JavaScript heap in use, bytes; it falls with each collection. */
  readonly heap: number;
  /** Open file descriptors. */
  readonly fds: number;
}

/** From /proc: Linux. */
export function lookAt(pid: number): Pick<Sample, "rss" | "fds"> {
  const status = readFileSync(`/proc/${String(pid)}/status`, "utf8");
  const rss = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  return { rss, fds: readdirSync(`/proc/${String(pid)}/fd`).length };
}

/** What a curve did after its warm-up: the level of its first and of its last quarter. */
export interface Trend {
  /** The most of each: what is given back in between, and taken again, says nothing of what is kept. */
  readonly rss: readonly [number, number];
  /** The least of each: what is left after a collection. */
  readonly heap: readonly [number, number];
  /** The least of each: what is left when nobody asks. */
  readonly fds: readonly [number, number];
}

/** @param samples after the warm-up */
export function trendOf(samples: readonly Sample[]): Trend {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const [first, last] = [samples.slice(0, quarter), samples.slice(-quarter)];
  const both = (level: (part: readonly Sample[]) => number): [number, number] => [level(first), level(last)];
  return {
    rss: both((part) => Math.max(...part.map(({ rss }) => rss))),
    heap: both((part) => Math.min(...part.map(({ heap }) => heap))),
    fds: both((part) => Math.min(...part.map(({ fds }) => fds))),
  };
}

const MIB = 1024 * 1024;
export const mib = (bytes: number): string => (bytes / MIB).toFixed(0);
export const growth = ([from, to]: readonly [number, number]): number => to / from - 1;
