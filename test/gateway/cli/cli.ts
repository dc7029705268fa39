import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";

import { onTestFinished } from "vitest";

import type { Io } from "../../../gateway/cli/io.ts";
import { runCli } from "../../../gateway/cli/run.ts";
import { manualClock } from "../transport/manual-clock.ts";

export interface Ran {
  readonly status: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
  /** The only line of the answer, as JSON. */
  readonly json: () => Record<string, unknown>;
}

/** A command line in a folder of its own, with a clock that stands still. */
export function makeCli(env: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), "countersign-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const clock = manualClock();
  const run = async (args: readonly string[], typed: readonly string[] = []): Promise<Ran> => {
    const [out, err]: [string[], string[]] = [[], []];
    const lines = [...typed];
    const io: Io = {
      out: (line) => void out.push(line),
      err: (line) => void err.push(line),
      readLine: async () => lines.shift(),
      streams: () => ({ input: new PassThrough(), output: new PassThrough() }),
      env,
      user: "alex",
      clock,
      stopped: async () => await new Promise(() => undefined),
      onCrash: () => undefined,
    };
    const status = await runCli(args, io);
    return { status, out, err, json: () => JSON.parse(out.at(-1) ?? "") as Record<string, unknown> };
  };
  return { folder, clock, run, at: (name: string) => path.join(folder, name) };
}
