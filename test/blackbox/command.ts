import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";

import type { Members } from "./signed.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
export const SAMPLES = path.join(ROOT, "docs/samples");
export const RECORD = path.join(ROOT, "demo/record/northgate.json");
export const WORDS = path.join(ROOT, "shared/protocol/check-words.json");
const CLI = path.join(ROOT, "gateway/cli.ts");
/** Dozens of short commands: each starts twice as fast from compiled code. Keyed by content, so never stale. */
const COMPILED = path.join(ROOT, "node_modules/.cache/countersign-commands");

export interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

export type Env = Readonly<Record<string, string>>;

function start(args: readonly string[], env: Env) {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILED, ...env },
  });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const ended = once(child, "close").then(([status]): Ran => ({ status: status as number | null, out, err }));
  return { child, ended, log: () => err };
}

/** `countersign …` to its end. */
export async function run(args: readonly string[], env: Env, typed = ""): Promise<Ran> {
  const { child, ended } = start(args, env);
  child.stdin.end(typed);
  return await ended;
}

/** The same, where anything but status 0 is a failure of the test; the answer's one line of JSON. */
export async function answer<T = Members>(args: readonly string[], env: Env, typed = ""): Promise<T> {
  const { status, out, err } = await run(args, env, typed);
  if (status !== 0) throw new Error(`countersign ${args.join(" ")}: ${String(status)} ${err}${out}`);
  return JSON.parse(out) as T;
}

export interface Serving {
  /** The line that says it is ready. */
  readonly line: Readonly<Record<string, string>>;
  /** How it ended, whoever ended it. */
  readonly ended: Promise<Ran>;
  /** What it has written to its log so far. */
  log(): string;
  /** SIGTERM, and what came of it. */
  stop(): Promise<Ran>;
}

export async function serve(env: Env): Promise<Serving> {
  const { child, ended, log } = start(["gateway", "serve"], env);
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), "line").then(([text]) => String(text)),
    ended.then(({ err }) => Promise.reject(new Error(`ended before it was ready: ${err}`))),
  ]);
  return {
    line: JSON.parse(line) as Record<string, string>,
    ended,
    log,
    async stop() {
      child.kill("SIGTERM");
      return await ended;
    },
  };
}
