import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { setTimeout as rest } from "node:timers/promises";

import { spread, type Spread } from "./measure/interleaved.ts";
import { report, type Bar, type Figure } from "./measure/report.ts";
import { writeBareApp } from "./window/bare.ts";
import { flooded } from "./window/flood.ts";
import { openAll, scrolled } from "./window/frames.ts";
import { startElectron, type Started } from "./window/started.ts";
import { nextPaint, quantile, startRawFeed } from "./window/latency.ts";
import { openWorkplace, type Workplace } from "./window/workplace.ts";

/**
 * `npm run bench -- ui`: R7 to R10 and R17 of the reliability bar. The real app at a real gateway, and a bare window of
 * the same Electron, in turns within one run, on a virtual display. Ten thousand requests are raised by the gateway, one
 * after the other: most of the time goes there. `COUNTERSIGN_BENCH_REQUESTS` takes another number for a quick look.
 */

const MANY = Number(process.env["COUNTERSIGN_BENCH_REQUESTS"] ?? 10_000);
const FEW = 100;
const STARTS = 7;
/** So long after the one before, a request comes alone. */
const ALONE_MS = 60;
/** About as long as a request is on the wire. */
const REQUEST_CHARACTERS = 8000;
const MB = 1024 * 1024;

const R7: Bar = {
  ...{ id: "R7", bar: 1.35, aim: 1.15, sense: "max" },
  what: "Start to first screen painted (the locked screen: nothing pending is kept on the disk), over a bare window.",
};
const R8_EMPTY: Bar = { id: "R8 empty", what: "Memory (PSS) over a bare window.", bar: 1.25, aim: 1.1, sense: "max" };
const R8_MANY: Bar = {
  ...{ id: "R8 many", bar: 1.6, aim: 1.3, sense: "max" },
  what: `Memory (PSS) with ${String(MANY)} pending over a bare window.`,
};
const R9_P50: Bar = {
  ...{ id: "R9 p50", bar: 1.5, aim: 1.2, sense: "max" },
  what: "Commit at the gateway to painted in the queue, over a raw WebSocket message to a text painted by the same Electron.",
};
const R9_P99: Bar = { ...R9_P50, id: "R9 p99", aim: 1.25, what: "The same, p99." };
const R10: Bar = {
  ...{ id: "R10", bar: 1.15, aim: 1.05, sense: "max" },
  what: `Main-thread cost of a frame, p95, scrolling ${String(MANY)} over scrolling ${String(FEW)}.`,
};
const R10_MS: Bar = { id: "R10 frame", what: `The same, ${String(MANY)}.`, bar: 4, aim: 2, sense: "max" };
const R17_LONG: Bar = {
  ...{ id: "R17 long", bar: 3, aim: 0, sense: "max" },
  what: `Tasks over 50 ms in the page while ${String(MANY - FEW)} requests arrive.`,
};
const R17_INPUT: Bar = {
  ...{ id: "R17 input", bar: 2, aim: 1.3, sense: "max" },
  what: "Time from a key to the next frame, p99, in the flood over idle.",
};

interface Starts {
  readonly bareMs: Spread;
  readonly appMs: Spread;
  readonly ratio: Spread;
  readonly bareMemory: number;
}

export default async function ui(): Promise<unknown> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "countersign-bench-"));
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const workplace = await openWorkplace(folder);
  try {
    say(`Starting the app and a bare window, ${String(STARTS)} times each, in turns`);
    const starts = await compareStarts(workplace, folder);
    const figures: Figure[] = [report(R7, starts.ratio)];

    const app = await workplace.start();
    await workplace.signIn(app);
    const emptyMemory = app.memory();
    figures.push(report(R8_EMPTY, one(emptyMemory / starts.bareMemory)));
    say(`Raising ${String(FEW)} requests, one by one, in turns with messages to a bare window`);
    const arrivals = await compareArrivals(workplace, app, folder);
    figures.push(report(R9_P50, one(arrivals.app.p50 / arrivals.raw.p50)));
    figures.push(report(R9_P99, one(arrivals.app.p99 / arrivals.raw.p99)));
    await openAll(app.page, FEW);
    const few = await scrolled(app);
    say(`Raising ${String(MANY - FEW)} more while the queue is open`);
    const flood = await flooded(app, () => workplace.raise(MANY - FEW, progress(say)));
    figures.push(report(R17_LONG, one(flood.longTasks)), report(R17_INPUT, one(flood.inputP99 / flood.idleP99)));
    await openAll(app.page, MANY);
    const many = await scrolled(app);
    figures.push(report(R10, one(many.p95 / few.p95)), report(R10_MS, one(many.p95), " ms"));
    const manyMemory = app.memory();
    figures.push(report(R8_MANY, one(manyMemory / starts.bareMemory)));
    await app.stop();

    say(`Signing in with ${String(MANY)} waiting`);
    const again = await workplace.start();
    const signInMs = Math.round(await workplace.signIn(again));
    await again.stop();
    say(`${String(signInMs)} ms from "Sign in" to a queue of ${String(MANY)}`);
    return { requests: MANY, figures, startMs: starts, signInMs, arrivals, flood, frames: { few, many }, ...inMb() };

    function inMb(): { readonly memoryMb: Readonly<Record<string, number>> } {
      const mb = (bytes: number): number => Math.round(bytes / MB);
      return { memoryMb: { bare: mb(starts.bareMemory), empty: mb(emptyMemory), many: mb(manyMemory) } };
    }
  } finally {
    await workplace.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const one = (value: number): Spread => ({ median: value, iqr: [value, value] });

async function compareStarts(workplace: Workplace, folder: string): Promise<Starts> {
  const bareApp = writeBareApp(folder);
  const flags = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const bare: number[] = [];
  const app: number[] = [];
  const memory: number[] = [];
  const round = async (start: () => Promise<Started>, into: number[], alsoMemory: boolean): Promise<void> => {
    const started = await start();
    into.push(started.paintedMs);
    if (alsoMemory) memory.push(started.memory());
    await started.stop();
  };
  for (let turn = -1; turn < STARTS; turn++) {
    const startBare = () =>
      startElectron([bareApp, `--user-data-dir=${path.join(folder, "bare-profile")}`, ...flags], "file:", "p");
    await round(startBare, bare, true);
    await round(() => workplace.start(), app, false);
    // The first turn warms the disk's cache and does not count.
    if (turn < 0) for (const list of [bare, app, memory]) list.length = 0;
  }
  return {
    bareMs: spread(bare),
    appMs: spread(app),
    ratio: spread(app.map((ms, at) => ms / (bare[at] ?? ms))),
    bareMemory: spread(memory).median,
  };
}

interface Arrivals {
  /** Milliseconds. */
  readonly app: { readonly p50: number; readonly p99: number };
  readonly raw: { readonly p50: number; readonly p99: number };
}

/** Each request is waited for: one that comes alone, not a flood. */
async function compareArrivals(workplace: Workplace, app: Started, folder: string): Promise<Arrivals> {
  const feed = await startRawFeed();
  const flags = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const profile = `--user-data-dir=${path.join(folder, "bare-profile")}`;
  const bare = await startElectron([writeBareApp(folder), profile, `--feed=${feed.url}`, ...flags], "file:", "p");
  try {
    const text = "x".repeat(REQUEST_CHARACTERS);
    const [ours, raw]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < FEW; turn++) {
      const shown = await nextPaint(app.page, "main p");
      const committed = await workplace.raiseTimed();
      ours.push((await shown.painted) - committed);
      const drawn = await nextPaint(bare.page, "p");
      const sent = await feed.send(text);
      raw.push((await drawn.painted) - sent);
      // What comes right after another is gathered with it: that is the flood's case.
      await rest(ALONE_MS);
    }
    const spreadOf = (delays: readonly number[]) => ({ p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) });
    return { app: spreadOf(ours), raw: spreadOf(raw) };
  } finally {
    await bare.stop();
    await feed.close();
  }
}

function progress(say: (line: string) => void): (raised: number) => void {
  const step = Math.max(1000, Math.round(MANY / 10));
  return (raised) => {
    if (raised % step === 0) say(`  ${String(raised)}`);
  };
}
