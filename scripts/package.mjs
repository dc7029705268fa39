// npm run package: the app for users. Linux: an unpacked folder, tar.gz, zip and deb, none of which needs a download.
// npm run package -- TARGET… builds electron-builder's other targets (AppImage rpm snap; nsis on Windows; dmg on macOS).
import { mkdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { buildApp } from "./build.mjs";
import { run, runMain } from "./command.mjs";
import { makeDeb } from "./deb.mjs";
import { step } from "./progress.mjs";
import { inRoot, isMain, PINNED_NODE, tool } from "./project.mjs";
import { ScriptError } from "./script-error.mjs";
import { setUp } from "./setup.mjs";
import { installedElectron } from "./setup/electron-runtime.mjs";
import { ensurePackagingParts, hasProgram } from "./setup/system-parts.mjs";
import { withPinnedNode } from "./setup/packages.mjs";

/**
 * @returns {string} the version that packages carry: with `-dev` when the runtime is the assembled one, whose Chromium gets
 *   no security updates; such an app refuses to enrol with a production gateway
 */
export function packageVersion() {
  /** @type {unknown} */
  const parsed = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));
  const { version } = /** @type {{ version: string }} */ (parsed);
  return installedElectron()?.kind === "assembled" ? `${version}-dev` : version;
}

/**
 * Builds the app and packs it. Electron must be installed.
 * @param {{ output: string, targets: readonly string[] }} options targets of electron-builder for this platform
 * @returns {Promise<string>} the folder with the unpacked app
 */
export async function packApp({ output, targets }) {
  const electron = installedElectron();
  if (electron === undefined)
    throw new ScriptError("E_ELECTRON_UNAVAILABLE", "Electron is not installed. Run npm run setup.");
  await buildApp("package");
  mkdirSync(output, { recursive: true });
  const platform = { linux: "--linux", darwin: "--mac", win32: "--win" }[/** @type {"linux"} */ (process.platform)];
  const args = [
    tool("electron-builder/cli.js"),
    platform,
    ...targets,
    "--publish=never",
    `-c.electronVersion=${electron.version}`,
    `-c.electronDist=${inRoot("node_modules/electron/dist")}`,
    `-c.extraMetadata.version=${packageVersion()}`,
    `-c.directories.output=${output}`,
    // Trial packages are for this machine: a third of the size is not worth three minutes.
    ...(electron.kind === "assembled" ? ["-c.compression=store"] : []),
  ];
  const env = withPinnedNode(process.env);
  if (hasProgram("7za")) env["ELECTRON_BUILDER_7ZIP_PATH"] = "/usr/bin/7za";
  await step(`Packing ${targets.join(", ")}`, async () => {
    const { status, output: words } = await run(PINNED_NODE, args, { env });
    if (status === 0) return;
    throw new ScriptError("E_COMMAND_FAILED", "electron-builder failed; its own words are above.", words);
  });
  return `${output}/${{ linux: "linux-unpacked", darwin: "mac", win32: "win-unpacked" }[/** @type {"linux"} */ (process.platform)]}`;
}

if (isMain(import.meta.url)) {
  await runMain(async () => {
    const targets = process.argv.slice(2);
    await setUp({ electron: true });
    const output = inRoot("dist/packages");
    if (targets.length > 0 || process.platform !== "linux") {
      await packApp({ output, targets });
    } else {
      await ensurePackagingParts();
      const unpacked = await packApp({ output, targets: ["dir", "tar.gz", "zip"] });
      await step("Packing deb", () => makeDeb({ unpacked, output, version: packageVersion() }));
    }
    process.stdout.write(`The packages are in dist/packages (version ${packageVersion()}).\n`);
    if (installedElectron()?.kind === "assembled") {
      process.stdout.write(
        "They hold the assembled Electron and are for trials only: packages for users are built where Electron's own download is allowed.\n",
      );
    }
  });
}
