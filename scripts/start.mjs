// npm start: sets up, builds, then opens the app with the demo's gateway, FHIR server and agents, or, with no display, runs
// the guided tour on a virtual one. npm start -- --reset begins with a clean state; --tour and --window choose by
// hand, --supervisor opens the window as somebody who also sees what her unit decided.
import { rmSync } from "node:fs";
import process from "node:process";
import { buildApp } from "./build.mjs";
import { run, runMain } from "./command.mjs";
import { hasDisplay, startVirtualDisplay } from "./display.mjs";
import { inRoot, PINNED_NODE } from "./project.mjs";
import { ScriptError } from "./script-error.mjs";
import { setUp } from "./setup.mjs";
import { withPinnedNode } from "./setup/packages.mjs";

const OPTIONS = ["--reset", "--tour", "--window", "--supervisor"];
const STATE = [".countersign", "demo-output"];

await runMain(async () => {
  const asked = process.argv.slice(2);
  const unknown = asked.find((option) => !OPTIONS.includes(option));
  if (unknown !== undefined)
    throw new ScriptError("E_USAGE", `Unknown option ${unknown}. There are: ${OPTIONS.join(", ")}.`);
  const isSeen = hasDisplay(process.env);
  const isTour = asked.includes("--tour") || (!isSeen && !asked.includes("--window"));
  if (!isTour && !isSeen) {
    throw new ScriptError(
      "E_NO_DISPLAY",
      "This machine has no display to open a window on. Run npm start without --window for the guided tour.",
    );
  }

  const ownDisplay = isTour && process.platform === "linux";
  await setUp({ electron: true, virtualDisplay: ownDisplay });
  await buildApp("production");

  const reset = asked.includes("--reset") ? ["--reset"] : [];
  if (reset.length > 0) for (const folder of STATE) rmSync(inRoot(folder), { recursive: true, force: true });
  const display = ownDisplay ? await startVirtualDisplay() : { env: process.env, stop: () => undefined };
  try {
    const who = asked.includes("--supervisor") ? ["--supervisor"] : [];
    const args = [inRoot("demo/main.ts"), isTour ? "--tour" : "--window", ...reset, ...who];
    const { status } = await run(PINNED_NODE, args, { env: withPinnedNode(display.env), show: true });
    return status;
  } finally {
    display.stop();
  }
});
