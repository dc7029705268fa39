#!/usr/bin/env node
// The command line of this checkout: runs gateway/cli.ts on the pinned Node, whatever Node started this file.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { inRoot, PINNED_NODE } from "./project.mjs";
import { setUp } from "./setup.mjs";

if (!existsSync(PINNED_NODE)) await setUp({ electron: false });
const child = spawn(PINNED_NODE, [inRoot("gateway/cli.ts"), ...process.argv.slice(2)], { stdio: "inherit" });
// A terminal sends Ctrl-C to both; whoever stops this process by its id means the command.
for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP", "SIGINT"])) {
  process.on(signal, () => {
    if (signal !== "SIGINT") child.kill(signal);
  });
}
child.once("exit", (status, signal) => {
  process.exitCode = status ?? (signal === null ? 1 : 143);
});
