import { spawn } from "node:child_process";
import process from "node:process";
import { ROOT } from "./project.mjs";
import { ScriptError } from "./script-error.mjs";

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
/** @type {Set<() => void>} */
const undo = new Set();
/** Once the command is being stopped, no step goes on to the next. */
const state = { stopping: false };
const GRACE_MS = 5000;

/**
 * Runs a program and collects what it prints.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean, timeoutMs?: number, shell?: boolean }} [options]
 *   `show` passes the output on to the terminal as it comes instead of collecting it
 * @returns {Promise<{ status: number, output: string, timedOut: boolean }>} never rejects for a non-zero status; a program
 *   that does not exist has status 127
 */
export async function run(program, args, options = {}) {
  const child = spawn(program, args, {
    cwd: options.cwd ?? ROOT,
    env: options.env ?? process.env,
    stdio: options.show === true ? "inherit" : ["ignore", "pipe", "pipe"],
    shell: options.shell ?? false,
    windowsHide: true,
  });
  running.add(child);
  let output = "";
  let timedOut = false;
  child.stdout?.setEncoding("utf8").on("data", (/** @type {string} */ text) => (output += text));
  child.stderr?.setEncoding("utf8").on("data", (/** @type {string} */ text) => (output += text));
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          child.kill("SIGKILL");
        }, options.timeoutMs);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", (error) => {
        if ("code" in error && error.code === "ENOENT")
          resolve({ status: 127, output: `${program}: not found`, timedOut });
        else reject(error);
      });
      child.once("close", (status) => resolve({ status: status ?? 1, output, timedOut }));
    });
  } finally {
    clearTimeout(timer);
    running.delete(child);
    if (state.stopping) await new Promise(() => undefined);
  }
}

/**
 * Keeps a program running beside this one until it is stopped or this process ends.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 */
export function start(program, args, options) {
  const child = spawn(program, args, options);
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/**
 * Registers what has to be undone should the command be stopped half-way (a partial folder, say).
 * @param {() => void} action synchronous
 * @returns {() => void} forget it: the work is complete
 */
export function onStop(action) {
  undo.add(action);
  return () => undo.delete(action);
}

/**
 * @param {unknown} error
 * @returns {ScriptError | undefined} for what a person can mend about a folder or a disk
 */
function ofTheFileSystem(error) {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const place = "path" in error && typeof error.path === "string" ? error.path : "a folder";
  switch (error.code) {
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new ScriptError(
        "E_READ_ONLY",
        `${place} cannot be written. Make it writable or work in a folder of your own, then run the same command again.`,
      );
    case "ENOSPC":
      return new ScriptError(
        "E_READ_ONLY",
        `The disk is full (${place}). Free about a gigabyte, then run the same command again.`,
      );
    default:
      return undefined;
  }
}

/**
 * Ends what was started, waits until it is gone, and undoes what was half-done.
 * @param {NodeJS.Signals} signal
 */
async function stopAll(signal) {
  state.stopping = true;
  const children = [...running].filter((child) => child.exitCode === null && child.signalCode === null);
  const gone = children.map((child) => new Promise((resolve) => child.once("exit", resolve)));
  for (const child of children) child.kill(signal);
  const force = setTimeout(() => {
    for (const child of children) child.kill("SIGKILL");
  }, GRACE_MS);
  await Promise.all(gone);
  clearTimeout(force);
  for (const action of undo) action();
}

/**
 * Runs a command's main function: a ScriptError is one clear line, Ctrl-C stops what was started and leaves nothing half-done.
 * @param {() => Promise<number | void>} main returns the exit status; nothing means 0
 * @param {{ announceStop: boolean }} [options] a command that another command runs leaves the last word to that one
 */
export async function runMain(main, options = { announceStop: true }) {
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.once(signal, () => {
      void stopAll("SIGTERM").then(() => {
        if (options.announceStop) {
          process.stderr.write("\nStopped. Nothing is half-done: run the same command again to go on.\n");
        }
        process.exit(signal === "SIGINT" ? 130 : 143);
      });
    });
  }
  process.once("exit", () => {
    for (const child of running) child.kill("SIGTERM");
  });
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    const known = error instanceof ScriptError ? error : ofTheFileSystem(error);
    if (known === undefined) throw error;
    if (known.detail !== undefined) process.stderr.write(`${known.detail.trimEnd()}\n\n`);
    process.stderr.write(`${known.code}: ${known.message}\n`);
    process.exitCode = 1;
  }
}
