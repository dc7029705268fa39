import { setTimeout as rest } from "node:timers/promises";

import { expect } from "vitest";

import { makeDice } from "../../fuzz/mutate.ts";
import { arrange, type Prison } from "../kill/arrange.ts";
import { settled } from "../kill/loop.ts";
import { reckon } from "../kill/reckon.ts";
import { growth, lookAt, mib, trendOf, type Sample } from "./curves.ts";
import { spell } from "./weather.ts";

const PER_MINUTE = 200;
const LOOK_MS = 5_000;
const CALM_MS = 7_000;
/** A workstation keeps what has ended on its list for ten minutes: before that its memory has to grow. */
const WARM_UP_MIN = 12;
/** Less than this says nothing about what is kept for ten minutes. */
export const LEAST_MIN = 20;
const FLAT = 0.05;
/** A connection that is being opened while another ends. */
const FEW_FDS = 3;

type Curves = ReadonlyMap<string, Sample[]>;

/** Requests and decisions for so many minutes in bad weather, and what it did to memory and file descriptors. */
export async function soak(minutes: number, seed: number): Promise<void> {
  say(`${String(minutes)} minutes at ${String(PER_MINUTE)} requests a minute, seed ${String(seed)}`);
  const crashes: string[] = [];
  const crash = (name: string, status: number): void => void crashes.push(`${name} ended with ${String(status)}`);
  // A heap is let grow to several times what it holds and is given back when the process rests: collected, it is flat or not.
  const prison = await arrange(crash, { metrics: { port: 0 } }, true);
  const preys = [prison.gateway, ...prison.workstations.map(({ prey }) => prey)];
  try {
    for (const prey of preys) prey.begin();
    for (const prey of preys) await prey.alive();
    const curves: Curves = new Map(preys.map(({ name }) => [name, []]));
    const over = new AbortController();
    const work = [traffic(prison, over.signal), weather(prison, seed, over.signal), watch(prison, curves, over.signal)];
    await rest(minutes * 60_000);
    over.abort();
    await Promise.all(work);
    await settled(prison);
    for (const prey of preys.toReversed()) await prey.stop();
    expect(crashes).toEqual([]);
    const { lost, invented, differing, requests, states } = await reckon(prison);
    say(`${String(requests)} requests: ${JSON.stringify(states)}`);
    expect([lost, invented, differing]).toEqual([[], [], []]);
    judge(curves, minutes);
  } finally {
    await prison.close();
  }
}

async function traffic(prison: Prison, signal: AbortSignal): Promise<void> {
  const under = new Set<Promise<unknown>>();
  const began = performance.now();
  for (let n = 0; !signal.aborted; n++) {
    await rest(Math.max(0, began + (n * 60_000) / PER_MINUTE - performance.now()));
    const one = prison.raise().finally(() => under.delete(one));
    under.add(one);
  }
  await Promise.all(under);
}

async function weather({ proxy }: Prison, seed: number, signal: AbortSignal): Promise<void> {
  const dice = makeDice(seed);
  while (!signal.aborted) {
    await rest(dice.pick(CALM_MS));
    await spell(proxy, dice);
  }
}

async function watch(prison: Prison, curves: Curves, signal: AbortSignal): Promise<void> {
  const { gateway, workstations } = prison;
  const add = (name: string, sample: Sample): void => void curves.get(name)?.push(sample);
  for (let n = 1; !signal.aborted; n++) {
    await rest(LOOK_MS);
    add(gateway.name, { ...lookAt(gateway.pid), heap: await heapOf(prison) });
    for (const { prey, told } of workstations)
      if (told.kept !== undefined) add(prey.name, { ...lookAt(prey.pid), ...told.kept });
    const waiting = Math.max(...workstations.map(({ told }) => told.under_way ?? 0));
    if ((n * LOOK_MS) % 60_000 === 0)
      say(`minute ${String((n * LOOK_MS) / 60_000)}: ${line(curves)}; ${String(waiting)} under way`);
  }
}

async function heapOf(prison: Prison): Promise<number> {
  const text = await (await fetch(prison.metrics() ?? "")).text();
  return Number(/^nodejs_heap_size_used_bytes (\S+)$/m.exec(text)?.[1]);
}

/** RSS and heap in MiB, and file descriptors, of each process now. */
function line(curves: Curves): string {
  const now = [...curves].map(([name, samples]) => [name, samples.at(-1)] as const);
  return now
    .map(([name, one]) => `${name} ${mib(one?.rss ?? NaN)}/${mib(one?.heap ?? NaN)} MiB ${String(one?.fds)} fds`)
    .join(", ");
}

function judge(curves: Curves, minutes: number): void {
  const isLong = minutes >= LEAST_MIN;
  const warmUp = ((isLong ? WARM_UP_MIN : minutes / 3) * 60_000) / LOOK_MS;
  const trends = [...curves].map(([name, samples]) => [name, trendOf(samples.slice(warmUp))] as const);
  const change = (one: readonly [number, number]): string =>
    `${mib(one[0])} to ${mib(one[1])} MiB (${(growth(one) * 100).toFixed(1)} %)`;
  for (const [name, { rss, heap, fds }] of trends) {
    const least = `least fds ${String(fds[0])} to ${String(fds[1])}`;
    say(`${name}: RSS ${change(rss)}, heap after collection ${change(heap)}, ${least}`);
  }
  for (const [name, { rss, fds }] of trends) {
    expect(fds[1] - fds[0], `file descriptors of the ${name}`).toBeLessThanOrEqual(FEW_FDS);
    if (isLong) expect(growth(rss), `memory of the ${name}`).toBeLessThan(FLAT);
  }
  if (!isLong) say(`under ${String(LEAST_MIN)} minutes: memory is shown, and not judged`);
}

const say = (text: string): void => console.log(`soak: ${text}`);
