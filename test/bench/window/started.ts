import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { chromium, type Browser, type Page } from "@playwright/test";

import { electronBinary } from "../../../demo/tour/app.ts";
import { shownPage } from "../../e2e/support/shown-page.ts";

/** An Electron that runs by itself, looked at from outside after the fact: nothing waits in it for a debugger. */
export interface Started {
  readonly page: Page;
  /** Milliseconds from the start of the process to the first screen painted. */
  readonly paintedMs: number;
  /** Bytes of all its processes together, shared pages divided among who shares them (PSS). */
  memory(): number;
  stop(): Promise<void>;
}

/**
 * @param args the app's folder and its switches
 * @param address with what the address of its page begins
 * @param first what is on its first screen and not before, a CSS selector
 */
export async function startElectron(
  args: readonly string[],
  address: string,
  first: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Started> {
  const spawnedMs = Date.now();
  const child = spawn(electronBinary(), ["--remote-debugging-port=0", ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const endpoint = await debuggerOf(child);
  await shownPage(endpoint, address);
  const browser = await chromium.connectOverCDP(endpoint, { timeout: 120_000 });
  const page = await firstPage(browser);
  await page.locator(first).first().waitFor();
  // The largest thing painted so far: what stands there while the app starts is smaller than its first screen.
  const painted = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => {
          const last = list.getEntries().at(-1);
          if (last !== undefined) resolve(performance.timeOrigin + last.startTime);
        }).observe({ type: "largest-contentful-paint", buffered: true });
      }),
  );
  return {
    page,
    paintedMs: painted - spawnedMs,
    memory: () => pssOf(child.pid ?? 0),
    async stop() {
      const ended = once(child, "exit");
      // The app's own way out: closing the page hides it in the tray.
      await browser.close();
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function debuggerOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error("no standard error");
  for await (const line of createInterface({ input: child.stderr })) {
    const found = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
    if (found === undefined) continue;
    // What follows is read and dropped: a full pipe would hold the app.
    child.stderr.resume();
    return found;
  }
  throw new Error("Electron ended before it opened its debugging port.");
}

async function firstPage(browser: Browser): Promise<Page> {
  const [context] = browser.contexts();
  if (context === undefined) throw new Error("no browser context");
  return context.pages()[0] ?? (await context.waitForEvent("page", { timeout: 20_000 }));
}

/** Proportional set size of a process and all that it started, in bytes (Linux: /proc/PID/smaps_rollup). */
function pssOf(root: number): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    parents.set(Number(name), Number(/\) \S (\d+)/.exec(stat)?.[1] ?? 0));
  }
  const isOurs = (pid: number): boolean => pid === root || (parents.has(pid) && isOurs(parents.get(pid) ?? 0));
  return [...parents.keys()]
    .filter(isOurs)
    .reduce(
      (sum, pid) => sum + 1024 * Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${String(pid)}/smaps_rollup`))?.[1] ?? 0),
      0,
    );
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // The process ended between the listing and the reading.
    return "";
  }
}
