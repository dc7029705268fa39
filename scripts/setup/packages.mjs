import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { run } from "../command.mjs";
import { step } from "../progress.mjs";
import { inRoot, PINNED_NODE, ROOT } from "../project.mjs";
import { ScriptError } from "../script-error.mjs";

/** @typedef {{ packages?: Record<string, { version?: string, integrity?: string, optional?: boolean }> }} Lockfile */

/**
 * Which packages of the lockfile are not installed as it names them. npm writes its own record of what it installed last of
 * all, so an interrupted install leaves no record and counts as nothing installed.
 * @param {Lockfile} wanted package-lock.json
 * @param {Lockfile | undefined} installed node_modules/.package-lock.json
 * @returns {string[]} their places below the root; optional packages of other platforms do not count
 */
export function packagesToInstall(wanted, installed) {
  const have = installed?.packages ?? {};
  return Object.entries(wanted.packages ?? {})
    .filter(([place, entry]) => {
      if (place === "") return false;
      const found = have[place];
      if (found === undefined) return entry.optional !== true;
      return found.version !== entry.version || found.integrity !== entry.integrity;
    })
    .map(([place]) => place);
}

/**
 * The machine's own npm and Node must do the installing: the pinned Node lies in the folder that npm replaces.
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function withoutProjectOnPath(env) {
  const kept = (env["PATH"] ?? "")
    .split(path.delimiter)
    .filter((folder) => !folder.includes(`${path.sep}node_modules${path.sep}`) && !folder.startsWith(ROOT + path.sep));
  return { ...env, PATH: kept.join(path.delimiter) };
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv} in which `node` is the pinned one, whatever the machine has
 */
export function withPinnedNode(env) {
  return {
    ...env,
    PATH: [path.dirname(PINNED_NODE), inRoot("node_modules/.bin"), env["PATH"] ?? ""].join(path.delimiter),
  };
}

/** @param {string} file @returns {Lockfile | undefined} */
function readLockfile(file) {
  if (!existsSync(file)) return undefined;
  /** @type {unknown} */
  const lockfile = JSON.parse(readFileSync(file, "utf8"));
  return /** @type {Lockfile} */ (lockfile);
}

/** Installs the packages of the lockfile and the Node it pins, if they are not there already. */
export async function ensurePackages() {
  const wanted = readLockfile(inRoot("package-lock.json")) ?? {};
  const missing = packagesToInstall(wanted, readLockfile(inRoot("node_modules/.package-lock.json")));
  if (missing.length > 0) {
    await step(`Installing packages (${missing.length} are missing or differ)`, () =>
      npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], "The packages could not be installed"),
    );
  }
  if (!existsSync(PINNED_NODE)) {
    // SECURITY: dependencies' install scripts stay off; this one is named, and does nothing but fetch the pinned Node.
    await step("Installing the pinned Node", () =>
      npm(["rebuild", "node", "--ignore-scripts=false"], "The pinned Node could not be installed"),
    );
  }
}

/**
 * @param {string[]} args
 * @param {string} failure
 */
async function npm(args, failure) {
  const { status, output } = await run("npm", args, {
    env: withoutProjectOnPath(process.env),
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  if (status === 127)
    throw new ScriptError("E_NPM_FAILED", "npm was not found. Install Node 20 or newer, which brings it.");
  const isNetwork = /\b(?:ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|E401|E403)\b/.test(output);
  const isReadOnly = /\b(?:EROFS|EACCES|EPERM)\b/.test(output);
  throw new ScriptError(
    isNetwork ? "E_NETWORK" : isReadOnly ? "E_READ_ONLY" : "E_NPM_FAILED",
    isNetwork
      ? `${failure}: the package registry cannot be reached. Check the network or npm's "registry" setting, then run the same command again.`
      : isReadOnly
        ? `${failure}: this folder cannot be written. Work in a folder of your own, then run the same command again.`
        : `${failure}: npm ${args[0] ?? ""} failed. Its last words are above.`,
    isNetwork || isReadOnly ? undefined : output.trim().split("\n").slice(-12).join("\n"),
  );
}
