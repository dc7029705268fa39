import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { onStop, start } from "./command.mjs";
import { ScriptError } from "./script-error.mjs";

const READY_MS = 20_000;
const FAMILY_WILD = 0xffff;
const COOKIE_NAME = "MIT-MAGIC-COOKIE-1";

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {NodeJS.Platform} [platform]
 * @returns {boolean} whether a window could be seen by somebody
 */
export function hasDisplay(env, platform = process.platform) {
  if (platform !== "linux") return true;
  return [env["DISPLAY"], env["WAYLAND_DISPLAY"]].some((name) => name !== undefined && name !== "");
}

/**
 * An Xauthority file with one cookie for every display (Xau's format: 16-bit big-endian lengths).
 * @param {Uint8Array} cookie 16 bytes
 */
export function xauthority(cookie) {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(FAMILY_WILD, 0); // then an empty address, an empty display number
  head.writeUInt16BE(COOKIE_NAME.length, 6);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(cookie.length);
  return Buffer.concat([head, Buffer.from(COOKIE_NAME, "latin1"), length, cookie]);
}

/**
 * Starts a display that nobody sees, with a window manager (focus and blur need one) and a session bus of its own.
 * @returns {Promise<{ env: NodeJS.ProcessEnv, stop: () => void }>} the environment for programs that use it
 * @throws {ScriptError} E_NO_DISPLAY when a part does not start within 20 seconds
 */
export async function startVirtualDisplay() {
  const folder = mkdtempSync(path.join(os.tmpdir(), "countersign-display-"));
  /** @type {import("node:child_process").ChildProcess[]} */
  const children = [];
  const stop = () => {
    for (const child of children) child.kill("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  };
  const forget = onStop(stop);
  const authority = path.join(folder, "Xauthority");
  // SECURITY: without a cookie any local user could read this display's windows and type into them.
  writeFileSync(authority, xauthority(randomBytes(16)), { mode: 0o600 });
  try {
    const server = start(
      "Xvfb",
      // No screen saver: ten minutes without a key would lock the app, and what drives it through its page is no key.
      ["-displayfd", "3", "-screen", "0", "1440x900x24", "-s", "0", "-nolisten", "tcp", "-noreset", "-auth", authority],
      {
        stdio: ["ignore", "ignore", "ignore", "pipe"],
      },
    );
    children.push(server);
    const number = await firstLine(server, 3, "Xvfb");
    /** @type {NodeJS.ProcessEnv} */
    const env = { ...process.env, DISPLAY: `:${number}`, XAUTHORITY: authority, XDG_SESSION_TYPE: "x11" };
    delete env["WAYLAND_DISPLAY"];
    const bus = start("dbus-daemon", ["--session", "--nofork", "--print-address=3"], {
      env,
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    children.push(bus);
    env["DBUS_SESSION_BUS_ADDRESS"] = await firstLine(bus, 3, "dbus-daemon");
    children.push(start("openbox", ["--startup", "true"], { env, stdio: "ignore" }));
    return {
      env,
      stop: () => {
        forget();
        stop();
      },
    };
  } catch (error) {
    forget();
    stop();
    throw error;
  }
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @param {number} fd
 * @param {string} name
 * @returns {Promise<string>}
 */
function firstLine(child, fd, name) {
  return new Promise((resolve, reject) => {
    const fail = (/** @type {string} */ why) =>
      reject(new ScriptError("E_NO_DISPLAY", `${name} did not start (${why}). Run "npm run setup" to install it.`));
    const timer = setTimeout(() => fail("no answer"), READY_MS);
    let text = "";
    child.once("error", (error) => fail(error.message));
    child.once("exit", (status) => fail(`it ended with status ${status ?? "none"}`));
    child.stdio[fd]?.on("data", (/** @type {Buffer} */ bytes) => {
      text += bytes.toString("utf8");
      if (!text.includes("\n")) return;
      clearTimeout(timer);
      resolve(text.slice(0, text.indexOf("\n")));
    });
  });
}
