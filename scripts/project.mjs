import { realpathSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The project's root folder. */
export const ROOT = path.resolve(fileURLToPath(import.meta.url), "../..");

/** The Node that the lockfile pins; it exists once setup has run. */
export const PINNED_NODE = path.join(ROOT, "node_modules/node/bin", process.platform === "win32" ? "node.exe" : "node");

/**
 * A tool of node_modules as the script file that Node runs, so that no shell and no PATH is involved.
 * @param {string} file path below node_modules
 */
export function tool(file) {
  return path.join(ROOT, "node_modules", file);
}

/**
 * @param {string[]} parts
 * @returns {string} an absolute path inside the project
 */
export function inRoot(...parts) {
  return path.join(ROOT, ...parts);
}

/**
 * @param {string} url the module's import.meta.url
 * @returns {boolean} whether it is the script that Node was asked to run
 */
export function isMain(url) {
  const asked = process.argv[1];
  return asked !== undefined && realpathSync(asked) === fileURLToPath(url);
}
