// npm run build: builds the app into out/ if its sources changed.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { run, runMain } from "./command.mjs";
import { step } from "./progress.mjs";
import { inRoot, isMain, PINNED_NODE, tool } from "./project.mjs";
import { ScriptError } from "./script-error.mjs";
import { setUp } from "./setup.mjs";
import { installedElectron } from "./setup/electron-runtime.mjs";

const SOURCES = ["electron", "renderer", "shared", "electron.vite.config.ts", "package.json", "package-lock.json"];

/**
 * @param {string} root
 * @param {readonly string[]} sources files and folders below it; a missing one counts as empty
 * @param {string} salt what else the result depends on
 * @returns {string} a digest that differs whenever the name or the content of a source does
 */
export function digestOfSources(root, sources, salt) {
  const hash = createHash("sha256").update(salt);
  /** @param {string} place */
  const add = (place) => {
    const file = path.join(root, place);
    const content = readFileSync(file);
    hash.update(`\0${place}\0${content.length}\0`).update(content);
  };
  /** @param {string} place */
  const walk = (place) => {
    for (const entry of readdirSync(path.join(root, place), { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const inside = `${place}/${entry.name}`;
      if (entry.isDirectory()) walk(inside);
      else add(inside);
    }
  };
  for (const source of sources) {
    if (!existsSync(path.join(root, source))) continue;
    if (path.extname(source) === "") walk(source);
    else add(source);
  }
  return hash.digest("hex");
}

/**
 * The Electron that is installed decides what the bundler may assume.
 * @returns {NodeJS.ProcessEnv}
 */
export function buildEnvironment() {
  const electron = installedElectron();
  if (electron?.kind !== "assembled") return process.env;
  return { ...process.env, ELECTRON_MAJOR_VER: electron.version.split(".")[0] };
}

/** @param {"production" | "package"} mode `package` leaves out what only developers use, and goes to dist/app */
export async function buildApp(mode) {
  const out = inRoot(mode === "package" ? "dist/app" : "out");
  const stamp = path.join(out, ".built-from");
  const digest = digestOfSources(inRoot(), SOURCES, `${mode} ${installedElectron()?.version ?? ""}`);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  rmSync(stamp, { force: true });
  rmSync(out, { recursive: true, force: true });
  await step("Building the app", async () => {
    const args = [tool("electron-vite/bin/electron-vite.js"), "build", "--mode", mode];
    const { status, output } = await run(PINNED_NODE, args, { env: buildEnvironment() });
    if (status === 0) return;
    throw new ScriptError("E_COMMAND_FAILED", "The app could not be built; the bundler's own words are above.", output);
  });
  writeFileSync(stamp, digest);
}

if (isMain(import.meta.url)) {
  await runMain(async () => {
    await setUp({ electron: true });
    await buildApp("production");
  });
}
