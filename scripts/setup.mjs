// Installs what is missing, and nothing else. Runs on Node 20 before any package is installed.
import process from "node:process";
import { runMain } from "./command.mjs";
import { hasDisplay } from "./display.mjs";
import { isMain } from "./project.mjs";
import { ScriptError } from "./script-error.mjs";
import { ensureElectron } from "./setup/electron-runtime.mjs";
import { ensurePackages } from "./setup/packages.mjs";
import { ensureSystemParts } from "./setup/system-parts.mjs";

/**
 * @param {{ electron: boolean, virtualDisplay?: boolean }} needs what the command that calls this goes on to use
 */
export async function setUp(needs) {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) {
    throw new ScriptError(
      "E_NODE_TOO_OLD",
      `Node ${process.versions.node} is too old to begin with. Install Node 20 or newer; the rest is installed from there.`,
    );
  }
  if (needs.electron) await ensureSystemParts({ virtualDisplay: needs.virtualDisplay ?? !hasDisplay(process.env) });
  await ensurePackages();
  if (needs.electron) await ensureElectron();
}

if (isMain(import.meta.url)) {
  await runMain(() => setUp({ electron: true }));
}
