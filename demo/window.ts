import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { startColleague } from "./colleague.ts";
import { clinician, composeDemo, supervisor, type Demo } from "./compose.ts";
import { startHost } from "./host.ts";
import { layLine } from "./line.ts";
import { scenarios } from "./scenarios/scenarios.ts";
import { appArguments, electronBinary } from "./tour/app.ts";

/** What the agents ask for by themselves when the window opens; the rest waits in the app's menu. */
const AT_START = ["routine-refill", "reduced-scope", "weight-conflict", "tidied-allergy", "external-referral"];

/** How long the second person reads. */
const READING_MS = 6_000;

interface WindowOptions {
  /** Folder of everything the demonstration keeps. */
  readonly state: string;
  /** The person at the window also supervises the unit. */
  readonly asSupervisor: boolean;
}

/**
 * Opens the app for a person, enrolled already, with a menu of scenarios in it. Ends when the window is closed.
 * Returns the exit status.
 */
export async function runWindow({ state, asSupervisor }: WindowOptions): Promise<number> {
  const person = asSupervisor ? supervisor : clinician;
  const profile = path.join(state, "profile");
  rmSync(profile, { recursive: true, force: true });
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const demo = await composeDemo({ state, onAgent: (name, line) => say(`  ${name}: ${line}`) });
  const line = await layLine(new URL(demo.gateway.wsUrl));
  const host = await startHost(demo, line);
  const second = await startColleague(demo, state, READING_MS);
  second.onFault((error) => {
    say(`  Dr Lee's workstation: ${error instanceof Error ? error.message : "failed"}`);
  });
  try {
    const { ticket, code } = demo.issueTicket(line.wsUrl, person);
    const config = path.join(state, "app.json");
    writeFileSync(config, JSON.stringify({ ticket, code, pin: person.pin, host: host.url }), { mode: 0o600 });
    // Chromium's own complaints about a desktop that lacks something are no news for who tries the demonstration.
    const args = appArguments({ profile, args: [`--countersign-demo=${config}`, "--log-level=3"] });
    const child = spawn(electronBinary(), args, { stdio: ["ignore", "inherit", "inherit"] });
    const closed = new Promise<number>((resolve) => {
      child.on("exit", (status) => resolve(status ?? 1));
      child.on("error", () => resolve(1));
    });
    void confirmWhenAsked(demo, closed);
    say(`\nCountersign is open. You are ${person.name}; your PIN is ${person.pin}.`);
    say("What the agents try next is yours to choose, under Scenarios.\n");
    for (const id of AT_START) run(demo, id);
    const status = await closed;
    return status;
  } finally {
    await second.close();
    await host.close();
    await line.close();
    await demo.close();
  }
}

function run(demo: Demo, id: string): void {
  const scenario = scenarios.find((one) => one.id === id);
  if (scenario !== undefined) demo.agents.get(scenario.agent)?.run(id);
}

/** In the demo the second person is a program, which knows the words because it is the directory. */
async function confirmWhenAsked(demo: Demo, closed: Promise<unknown>): Promise<void> {
  const app = { isOpen: true };
  void closed.then(() => (app.isOpen = false));
  while (app.isOpen && !demo.confirmPending()) await new Promise((resolve) => setTimeout(resolve, 200));
}
