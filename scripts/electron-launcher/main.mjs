// Packed as resources/default_app.asar of the assembled Electron: opens the app named on the command line, as the
// official default app does. It is an ES module that AWAITS the app's entry at top level; importing it without waiting
// lets Electron become ready first, and then command-line switches and the app's name come too late.
import { app } from "electron";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

/**
 * Finds the app among the arguments. `-r MODULE` (Playwright passes one) is loaded before the app.
 * @param {readonly string[]} argv process.argv
 * @returns {{ index: number, preload: string[] }} index 0 when no app is named
 */
function readArguments(argv) {
  const preload = [];
  for (let index = 1; index < argv.length; index += 1) {
    const argument = argv[index] ?? "";
    if (argument === "-r" || argument === "--require") preload.push(argv[(index += 1)] ?? "");
    else if (!argument.startsWith("-")) return { index, preload };
  }
  return { index: 0, preload };
}

const { index, preload } = readArguments(process.argv);
if (index === 0) {
  process.stderr.write("Name the app to open: electron PATH\n");
  process.exit(2);
}
const target = path.resolve(process.argv[index] ?? "");
/** @type {unknown} */
const undocumented = app;
/** What Electron offers its default app beyond the documented API. */
const defaultAppOnly = /** @type {{ setVersion(version: string): void, setAppPath(folder: string): void }} */ (
  undocumented
);
const require = createRequire(path.join(target, "package.json"));
const manifestFile = path.join(target, "package.json");

Object.defineProperty(process, "defaultApp", { value: true, enumerable: true });
if (existsSync(manifestFile)) {
  /** @type {unknown} */
  const parsed = JSON.parse(readFileSync(manifestFile, "utf8"));
  const manifest = /** @type {{ productName?: string, name?: string, version?: string, desktopName?: string }} */ (
    parsed
  );
  app.name = manifest.productName ?? manifest.name ?? app.name;
  if (manifest.version !== undefined) defaultAppOnly.setVersion(manifest.version);
  app.setDesktopName(manifest.desktopName ?? `${app.name}.desktop`);
}
const entry = require.resolve(target);
defaultAppOnly.setAppPath(existsSync(manifestFile) ? target : path.dirname(entry));

for (const module of preload) require(module);
await import(pathToFileURL(entry).href);
