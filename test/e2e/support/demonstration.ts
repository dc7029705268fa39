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
  close(): Promise<void>;
}

type More = Omit<Parameters<typeof composeDemo>[0], "state" | "onAgent">;

export async function startDemonstration(more: More = {}, person: DemoPerson = clinician): Promise<Demonstration> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "countersign-demonstration-"));
  const state = path.join(folder, "state");
  const demo = await composeDemo({ ...more, state, onAgent: () => undefined });
  const line = await layLine(new URL(demo.gateway.wsUrl));
  const host = await startHost(demo, line, { readingMs: 1_000, cutMs: 6_000 });
  const file = path.join(folder, "app.json");
  const { ticket, code } = demo.issueTicket(line.wsUrl, person);
  writeFileSync(file, JSON.stringify({ ticket, code, pin: person.pin, host: host.url }));
  const running = await launchApp({ profile: path.join(folder, "profile"), args: [`--countersign-demo=${file}`] });
  await expect.poll(() => demo.confirmPending(), { timeout: 20_000 }).toBe(true);
  await queueIsOpen(running.page);
  return {
    ...{ demo, line, host, running, state },
    async close() {
      await running.close();
      await host.close();
      await line.close();
      await demo.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
