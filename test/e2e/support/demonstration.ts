import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect } from "@playwright/test";

import { clinician, composeDemo, type Demo, type DemoPerson } from "../../../demo/compose.ts";
import { startHost, type Host } from "../../../demo/host.ts";
import { layLine, type Line } from "../../../demo/line.ts";
import { launchApp, type RunningApp } from "../../../demo/tour/app.ts";
import { queueIsOpen } from "../../../demo/tour/screens.ts";

/** The demonstration as `npm start` opens it: a hospital, a line to it that can be cut, and the app, enrolled and unlocked. */
export interface Demonstration {
  readonly demo: Demo;
  readonly line: Line;
  readonly host: Host;
  readonly running: RunningApp;
  /** Where the hospital keeps its state. */
  readonly state: string;
  /** Another workstation at the same hospital: its app, enrolled and unlocked. */
  open(person: DemoPerson): Promise<RunningApp>;
  close(): Promise<void>;
}

type More = Partial<Omit<Parameters<typeof composeDemo>[0], "state">>;

export async function startDemonstration(more: More = {}, person: DemoPerson = clinician): Promise<Demonstration> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "countersign-demonstration-"));
  const state = path.join(folder, "state");
  const demo = await composeDemo({ onAgent: () => undefined, ...more, state });
  const line = await layLine(new URL(demo.gateway.wsUrl));
  const host = await startHost(demo, line, { readingMs: 1_000, cutMs: 12_000 });
  const apps: RunningApp[] = [];
  const open = async (who: DemoPerson): Promise<RunningApp> => {
    const seat = path.join(folder, `seat-${String(apps.length)}`);
    const file = `${seat}.json`;
    const { ticket, code } = demo.issueTicket(line.wsUrl, who);
    writeFileSync(file, JSON.stringify({ ticket, code, pin: who.pin, host: host.url }));
    const app = await launchApp({ profile: seat, args: [`--countersign-demo=${file}`] });
    apps.push(app);
    await expect.poll(() => demo.confirmPending()).toBe(true);
    await queueIsOpen(app.page);
    return app;
  };
  const running = await open(person);
  return {
    ...{ demo, line, host, running, state, open },
    async close() {
      for (const app of apps) await app.close();
      await host.close();
      await line.close();
      await demo.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
