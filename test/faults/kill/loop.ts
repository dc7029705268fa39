import { setTimeout as rest } from "node:timers/promises";

import { expect } from "vitest";

import { makeDice } from "../../fuzz/mutate.ts";
import { arrange, type Prison } from "./arrange.ts";
import type { Prey } from "./prey.ts";
import { reckon, type Reckoning } from "./reckon.ts";

export interface KillLoop {
  readonly kills: number;
  /** The same victims, times and failpoints in the same order. */
  readonly seed: number;
}

/** As many kills as `COUNTERSIGN_KILLS` says, from the seed of `COUNTERSIGN_KILL_SEED`. */
export const orders = (kills: number): KillLoop => ({
  kills: Number(process.env["COUNTERSIGN_KILLS"] ?? kills),
  seed: Number(process.env["COUNTERSIGN_KILL_SEED"] ?? Date.now() % 1_000_000),
});

/** Longest wait before the next kill, and between two requests. */
const CALM_MS = 700;
const TRAFFIC_MS = 400;
/** So many reads or writes later a client's failpoint is reached, at most. */
const DEEP = 16;
/** Who is killed all the time decides slowly: more is not asked while so much waits. */
const MOST_UNDER_WAY = 100;
/** Nothing may stand still for so long once nobody is killed any more; how much is left to do depends on the machine. */
const STILL_MS = 120_000;

/**
 * Kills the gateway and two workstations (SIGKILL), at random times and at failpoints, while an agent asks and both people
 * decide; then lets them finish, and compares everything with everything.
 */
export async function killLoop({ kills, seed }: KillLoop): Promise<Reckoning> {
  say(
    `${String(kills)} kills with seed ${String(seed)}; again: COUNTERSIGN_KILLS=${String(kills)} COUNTERSIGN_KILL_SEED=${String(seed)}`,
  );
  const crashes: string[] = [];
  const prison = await arrange((name, status, err) =>
    crashes.push(`${name} ended with ${String(status)}: ${err.slice(-500)}`),
  );
  const { gateway, workstations } = prison;
  const preys = [gateway, ...workstations.map(({ prey }) => prey)];
  const began = performance.now();
  try {
    for (const prey of preys) prey.begin();
    for (const prey of preys) await prey.alive();
    const traffic = new AbortController();
    const raising = raise(prison, traffic.signal);
    await kill(preys, kills, seed);
    traffic.abort();
    await raising;
    await settled(prison);
    // Clients first: they have everything, and what the gateway signs last is nobody's business any more.
    for (const prey of preys.toReversed()) await prey.stop();
    expect(crashes).toEqual([]);
    const found = await reckon(prison);
    report(preys, found, performance.now() - began);
    checkLogs(preys);
    return found;
  } finally {
    await prison.close();
  }
}

async function raise(prison: Prison, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const isMuch = prison.workstations.some(({ told }) => (told.under_way ?? 0) > MOST_UNDER_WAY);
    if (!isMuch) await prison.raise();
    await rest(TRAFFIC_MS * Math.random());
  }
}

async function kill(preys: readonly Prey[], kills: number, seed: number): Promise<void> {
  const dice = makeDice(seed);
  const sum = (): number => preys.reduce((all, { killed }) => all + killed, 0);
  for (let said = 0; sum() < kills;) {
    const prey = dice.of(preys);
    const [calmMs, atPlace, place, depth] = [
      dice.pick(CALM_MS),
      dice.pick(2),
      dice.of(prey.failpoints),
      dice.pick(DEEP),
    ];
    await prey.alive();
    await rest(calmMs);
    const isClient = !place.includes("INSERT");
    prey.kill(atPlace === 0 ? undefined : isClient ? `${place} ${String(depth + 1)}` : place);
    if (sum() - said >= 25) say(`${String((said = sum()))} kills so far`);
  }
}

/** Everybody is up, and nothing is under way at either workstation, twice in a row. */
export async function settled({ gateway, workstations }: Prison): Promise<void> {
  for (const prey of [gateway, ...workstations.map(({ prey }) => prey)]) await prey.alive();
  let calm = 0;
  let [last, movedAt, saidAt] = ["", performance.now(), performance.now()];
  while (calm < 4) {
    await rest(500);
    const busy = workstations.map(({ told }) => told.under_way ?? 1);
    calm = busy.every((n) => n === 0) ? calm + 1 : 0;
    const [said, now] = [busy.join(" and "), performance.now()];
    if (said !== last) [last, movedAt] = [said, now];
    if (now - movedAt > STILL_MS) throw new Error(`nothing moves, still under way: ${said}`);
    if (now - saidAt > 10_000) {
      saidAt = now;
      say(`${said} still under way`);
    }
  }
}

function report(preys: readonly Prey[], found: Reckoning, ms: number): void {
  for (const { name, killed, deaths } of preys) {
    const where = [...deaths].map(([place, n]) => [place.replace(/ \d+$/, ""), n] as const);
    const places = new Map<string, number>();
    for (const [place, n] of where) places.set(place, (places.get(place) ?? 0) + n);
    say(
      `${name}: killed ${String(killed)} times (${[...places].map(([place, n]) => `${place} ${String(n)}`).join(", ")})`,
    );
  }
  const { requests, states, lost, invented, differing } = found;
  const all = preys.reduce((sum, { killed }) => sum + killed, 0);
  const each = Object.entries(states).map(([state, n]) => `${String(n)} ${state}`);
  say(`${String(all)} kills in ${(ms / 1000).toFixed(0)} s; ${String(requests)} requests: ${each.join(", ")}`);
  say(`lost ${String(lost.length)}, invented ${String(invented.length)}, differing ${String(differing.length)}`);
}

/** I7: nothing of a patient or an order in what any of the processes wrote. */
function checkLogs(preys: readonly Prey[]): void {
  const logs = preys.flatMap((prey) => prey.logs).join("\n");
  for (const word of ["EVANS", "Gareth", "amlodipine", "Patient/patient-"]) expect(logs).not.toContain(word);
}

const say = (line: string): void => console.log(`kill loop: ${line}`);
