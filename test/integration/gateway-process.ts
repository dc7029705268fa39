import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { PassThrough } from "node:stream";
import { createInterface } from "node:readline";

import { onTestFinished } from "vitest";

import { runCli } from "../../gateway/cli/run.ts";
import { systemClock } from "../../gateway/system-clock.ts";

const CLI = path.resolve(import.meta.dirname, "../../gateway/cli.ts");

export interface Finished {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts `countersign` as its own process, killed at the end of the test, or whenever `atEnd` calls what it is given. */
export function startCli(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  atEnd: (kill: () => void) => void = onTestFinished,
) {
  const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, ...env } });
  atEnd(() => void child.kill("SIGKILL"));
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const finished = once(child, "close").then(([status]): Finished => ({ status: status as number | null, out, err }));
  return {
    child,
    finished,
    /** The first line of standard output as JSON; fails when the process ends before. */
    ready: async (): Promise<Record<string, string>> => {
      const line = await Promise.race([
        once(createInterface({ input: child.stdout }), "line").then(([text]) => String(text)),
        finished.then(({ err: said }) => Promise.reject(new Error(`ended before it was ready: ${said}`))),
      ]);
      return JSON.parse(line) as Record<string, string>;
    },
  };
}

/** Runs `countersign` to its end in this process, with `typed` on standard input. */
export async function runHere(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  typed?: string,
): Promise<Finished> {
  let [out, err] = ["", ""];
  const status = await runCli(args, {
    out: (line) => void (out += `${line}\n`),
    err: (line) => void (err += `${line}\n`),
    readLine: async () => typed,
    streams: () => ({ input: new PassThrough(), output: new PassThrough() }),
    env,
    user: "first",
    clock: systemClock,
    stopped: async () => await new Promise(() => undefined),
    onCrash: () => undefined,
  });
  return { status, out, err };
}
