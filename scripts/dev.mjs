// npm run dev: the app with hot reload; the main process restarts when its sources change.
import process from "node:process";
import { buildEnvironment } from "./build.mjs";
import { run, runMain } from "./command.mjs";
import { hasDisplay } from "./display.mjs";
import { PINNED_NODE, tool } from "./project.mjs";
import { ScriptError } from "./script-error.mjs";
import { setUp } from "./setup.mjs";
import { withPinnedNode } from "./setup/packages.mjs";

await runMain(async () => {
  if (!hasDisplay(process.env)) {
    throw new ScriptError(
      "E_NO_DISPLAY",
      "npm run dev opens a window and this machine has no display. npm start runs the guided tour without one.",
    );
  }
  await setUp({ electron: true, virtualDisplay: false });
  const asRoot = process.getuid?.() === 0 ? ["--noSandbox"] : [];
  const args = [tool("electron-vite/bin/electron-vite.js"), "dev", "--watch", ...asRoot, ...process.argv.slice(2)];
  const { status } = await run(PINNED_NODE, args, { env: withPinnedNode(buildEnvironment()), show: true });
  return status;
});
