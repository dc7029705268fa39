import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { run } from "../command.mjs";
import { step } from "../progress.mjs";
import { ScriptError } from "../script-error.mjs";

/**
 * @typedef {"library" | "program" | "font"} PartKind
 * @typedef {{ kind: PartKind, name: string, debian: string, only?: "virtual display" }} SystemPart
 *   `name` is the library's soname, the program's or the font's file; `debian` the package that brings it
 */

/** What Electron needs of a Linux system, and what a virtual display needs on top. @type {readonly SystemPart[]} */
export const SYSTEM_PARTS = [
  { kind: "library", name: "libgtk-3.so.0", debian: "libgtk-3-0" },
  { kind: "library", name: "libnss3.so", debian: "libnss3" },
  { kind: "library", name: "libasound.so.2", debian: "libasound2" },
  { kind: "library", name: "libgbm.so.1", debian: "libgbm1" },
  { kind: "library", name: "libXss.so.1", debian: "libxss1" },
  { kind: "library", name: "libatk-bridge-2.0.so.0", debian: "libatk-bridge2.0-0" },
  { kind: "library", name: "libnotify.so.4", debian: "libnotify4" },
  { kind: "font", name: "dejavu/DejaVuSans.ttf", debian: "fonts-dejavu-core" },
  { kind: "program", name: "Xvfb", debian: "xvfb", only: "virtual display" },
  { kind: "program", name: "xauth", debian: "xauth", only: "virtual display" },
  { kind: "program", name: "openbox", debian: "openbox", only: "virtual display" },
  { kind: "program", name: "dbus-daemon", debian: "dbus", only: "virtual display" },
];

/**
 * @param {readonly SystemPart[]} parts
 * @param {{ libraries: string, hasProgram: (name: string) => boolean, hasFont: (name: string) => boolean }} machine
 *   `libraries` is what `ldconfig -p` prints
 * @returns {SystemPart[]} the parts that are not there
 */
export function missingParts(parts, machine) {
  const sonames = new Set([...machine.libraries.matchAll(/^\s+(\S+) \(/gm)].map((match) => match[1]));
  return parts.filter(({ kind, name }) => {
    if (kind === "library") return !sonames.has(name);
    return kind === "program" ? !machine.hasProgram(name) : !machine.hasFont(name);
  });
}

/** What packing archives needs on top. @type {readonly SystemPart[]} */
const PACKAGING_PARTS = [{ kind: "program", name: "7za", debian: "p7zip-full" }];

/**
 * Newer Debian and Ubuntu releases renamed some libraries for 64-bit time (libgtk-3-0 became libgtk-3-0t64).
 * @param {readonly string[]} wanted
 * @param {string} known what `apt-cache pkgnames` printed
 * @returns {string[]}
 */
export function packageNames(wanted, known) {
  const names = new Set(known.split("\n"));
  return wanted.map((name) => (!names.has(name) && names.has(`${name}t64`) ? `${name}t64` : name));
}

/** @param {string} name @param {NodeJS.ProcessEnv} [env] */
export function hasProgram(name, env = process.env) {
  const folders = [...(env["PATH"] ?? "").split(path.delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => folder !== "" && existsSync(path.join(folder, name)));
}

/**
 * Installs what Electron needs of the system: on Debian as root by itself, elsewhere it says how and stops.
 * @param {{ virtualDisplay: boolean }} needs
 */
export async function ensureSystemParts(needs) {
  if (process.platform !== "linux") return;
  await ensureParts(SYSTEM_PARTS.filter((part) => part.only === undefined || needs.virtualDisplay));
}

/** Installs what packing archives on Linux needs, or says how and stops. */
export async function ensurePackagingParts() {
  await ensureParts(PACKAGING_PARTS);
}

/** @param {readonly SystemPart[]} wanted */
async function ensureParts(wanted) {
  const missing = await look(wanted);
  if (missing.length === 0) return;
  const packages = missing.map((part) => part.debian);
  if (!isDebian()) {
    throw new ScriptError(
      "E_SYSTEM_LIBRARIES",
      `This system lacks ${missing.map((part) => part.name).join(", ")}. Install them with its package manager (on Debian they are called ${packages.join(" ")}), then run the same command again.`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new ScriptError(
      "E_SYSTEM_LIBRARIES",
      `This needs parts of the system that only an administrator can install. Run this once, then the same command again:\n  sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends ${packages.join(" ")}'`,
    );
  }
  await step(`Installing parts of the system (${packages.join(" ")})`, () => install(packages));
  const left = await look(wanted);
  if (left.length > 0) {
    throw new ScriptError(
      "E_SYSTEM_LIBRARIES",
      `apt-get reported success, yet ${left.map((part) => part.name).join(", ")} is still missing. Check that the Debian release is supported.`,
    );
  }
}

/** @param {readonly SystemPart[]} parts */
async function look(parts) {
  const { output } = await run(existsSync("/sbin/ldconfig") ? "/sbin/ldconfig" : "ldconfig", ["-p"]);
  const hasFont = (/** @type {string} */ name) =>
    ["/usr/share/fonts/truetype", "/usr/share/fonts"].some((folder) => existsSync(path.join(folder, name)));
  return missingParts(parts, { libraries: output, hasProgram, hasFont });
}

function isDebian() {
  if (!hasProgram("apt-get") || !existsSync("/etc/os-release")) return false;
  return /^ID(?:_LIKE)?=.*\b(?:debian|ubuntu)\b/m.test(readFileSync("/etc/os-release", "utf8"));
}

/** @param {string[]} packages */
async function install(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const lock = ["-o", "DPkg::Lock::Timeout=200"];
  const updated = await run("apt-get", ["update", ...lock], { env });
  const known = await run("apt-cache", ["pkgnames"], { env });
  const names = packageNames(packages, known.output);
  const { status, output } = await run("apt-get", ["install", "-y", "--no-install-recommends", ...lock, ...names], {
    env,
  });
  if (status === 0) return;
  const words = (updated.status === 0 ? output : updated.output + output).trim().split("\n").slice(-8).join("\n");
  throw new ScriptError(
    "E_SYSTEM_LIBRARIES",
    "apt-get could not install the system libraries; its last words are above. Mend that, then run the same command again.",
    words,
  );
}
