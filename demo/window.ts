import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";

import { clinician, composeDemo, type Demo } from "./compose.ts";
import { scenarios } from "./scenarios/scenarios.ts";
import { appArguments, electronBinary } from "./tour/app.ts";

/** What the agents ask for by themselves when the window opens; the rest waits in the menu. */
const AT_START = ["routine-refill", "reduced-scope", "weight-conflict", "tidied-allergy", "external-referral"];

/**
 * Opens the app for a person, enrolled already, with a menu of scenarios in the terminal. Ends when the window is closed.
 * Returns the exit status.
 */
export async function runWindow({ state }: { readonly state: string }): Promise<number> {
  const profile = path.join(state, "profile");
  rmSync(profile, { recursive: true, force: true });
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const demo = await composeDemo({ state, onAgent: (name, line) => say(`  ${name}: ${line}`) });
  try {
    const { ticket, code } = demo.issueTicket();
    const config = path.join(state, "app.json");
    writeFileSync(config, JSON.stringify({ ticket, code, pin: clinician.pin }), { mode: 0o600 });
    const args = appArguments({ profile, args: [`--countersign-demo=${config}`] });
    const child = spawn(electronBinary(), args, { stdio: ["ignore", "inherit", "inherit"] });
    const closed = new Promise<number>((resolve) => {
      child.on("exit", (status) => resolve(status ?? 1));
      child.on("error", () => resolve(1));
    });
    void confirmWhenAsked(demo, closed);
    say(`\nCountersign is open. You are ${clinician.name}; your PIN is ${clinician.pin}.`);
    for (const id of AT_START) run(demo, id);
    const menu = openMenu(demo, say);
    const status = await closed;
    menu.close();
    return status;
  } finally {
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

function openMenu(demo: Demo, say: (line: string) => void): { close(): void } {
  const list = scenarios.map(({ title }, at) => `  ${String(at + 1).padStart(2)}  ${title}`).join("\n");
  say(`\nWhat shall the agents try? Type a number and Enter; r and a number sends its second version.\n${list}\n`);
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    const [, second, number] = /^\s*(r?)\s*([0-9]+)\s*$/.exec(line) ?? [];
    const scenario = scenarios[Number(number) - 1];
    if (scenario === undefined) {
      say(list);
      return;
    }
    const agent = demo.agents.get(scenario.agent);
    if (second === "r") agent?.revise(scenario.id);
    else agent?.run(scenario.id);
    say(`${scenario.title}. A careful answer: ${scenario.answer}. ${scenario.why}`);
  });
  return lines;
}
