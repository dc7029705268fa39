import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

import type { Clock } from "../ports.ts";
import { systemClock } from "../system-clock.ts";

/** What a command may touch of the world around it; replaced in tests. */
export interface Io {
  /** One line of the answer: what a script reads. */
  out(line: string): void;
  /** One line for a person. */
  err(line: string): void;
  /** The next line typed or piped in; undefined at the end. */
  readLine(): Promise<string | undefined>;
  /** The raw streams, for a command that speaks a protocol over them. */
  streams(): { readonly input: Readable; readonly output: Writable };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Name of the account that runs the command. */
  readonly user: string;
  readonly clock: Clock;
  /** Resolves when the process is asked to stop (SIGTERM, SIGINT). */
  stopped(): Promise<string>;
  /** Told of what nobody caught, in place of the runtime's printing it; then the process ends with status 1. */
  onCrash(listener: (error: unknown) => void): void;
}

/** The real process. */
export function processIo(process: NodeJS.Process): Io {
  return {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    async readLine() {
      const lines = createInterface({ input: process.stdin });
      try {
        for await (const line of lines) return line;
        return undefined;
      } finally {
        lines.close();
        process.stdin.pause();
      }
    },
    streams: () => ({ input: process.stdin, output: process.stdout }),
    env: process.env,
    user: process.env["USER"] ?? process.env["USERNAME"] ?? "operator",
    clock: systemClock,
    stopped: async () =>
      await new Promise((resolve) => {
        for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(signal));
      }),
    onCrash(listener) {
      process.once("uncaughtException", (error: unknown) => {
        try {
          listener(error);
        } finally {
          process.exit(1);
        }
      });
    },
  };
}
