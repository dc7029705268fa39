import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

import { CountersignError } from "#shared/protocol/error.ts";

import type { Io } from "./io.ts";

type Values<O extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true; strict: true }>
>["values"];

/** One command of `countersign`. */
export interface Command {
  /** What is typed, e.g. `directory ticket`. */
  readonly name: string;
  /** Arguments after the name, as shown in the usage. */
  readonly usage: string;
  /** One sentence. */
  readonly summary: string;
  /** Exit status: 0 for yes, 1 for no. @throws CountersignError for everything a person can put right */
  run(args: readonly string[], io: Io): Promise<number>;
}

/** What a command's function gets. */
export interface Call<O extends ParseArgsOptionsConfig> {
  readonly values: Values<O>;
  /** Arguments that are no options; as many as `takes` allows. */
  readonly words: readonly string[];
  readonly io: Io;
}

/** Declares a command over `node:util` parseArgs: unknown options and surplus words are refused, never ignored. */
export function command<const O extends ParseArgsOptionsConfig>(spec: {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  /** How many words: exactly, at most one, or at least one. */
  readonly takes: 0 | 1 | "at most one" | "one or more";
  readonly options: O;
  readonly run: (call: Call<O>) => number | Promise<number>;
}): Command {
  const { name, usage, summary, takes, options, run } = spec;
  return {
    name,
    usage,
    summary,
    async run(args, io) {
      const { values, positionals } = parse(args, options, name);
      const fits = FITS[takes](positionals.length);
      if (!fits) throw usageError(name, takes === 0 ? "takes no further words" : `needs ${usage}`);
      return await run({ values, words: positionals, io });
    },
  };
}

const FITS: Readonly<Record<0 | 1 | "at most one" | "one or more", (count: number) => boolean>> = {
  0: (count) => count === 0,
  1: (count) => count === 1,
  "at most one": (count) => count <= 1,
  "one or more": (count) => count > 0,
};

export function usageError(name: string, what: string): CountersignError {
  return new CountersignError("E_CLI_INPUT", `countersign ${name} ${what}. See: countersign help ${name}`);
}

/** The value of an option that has to be there. @throws CountersignError `E_CLI_INPUT` */
export function need(value: string | undefined, name: string, option: string): string {
  if (value === undefined || value === "") throw usageError(name, `needs --${option}`);
  return value;
}

function parse<O extends ParseArgsOptionsConfig>(args: readonly string[], options: O, name: string) {
  try {
    return parseArgs({ args: kidsAsWords(args), options, allowPositionals: true, strict: true });
  } catch (cause) {
    const isParse = cause instanceof TypeError && "code" in cause && String(cause.code).startsWith("ERR_PARSE_ARGS");
    if (!isParse) throw cause;
    const [sentence = ""] = cause.message.split(/[.\n]/);
    throw new CountersignError("E_CLI_INPUT", `${sentence}. See: countersign help ${name}`, { cause });
  }
}

/** One key name in 64 begins with a dash: it is a word all the same, never an option. */
function kidsAsWords(args: readonly string[]): string[] {
  const isDashedKid = (arg: string): boolean => /^-[A-Za-z0-9_-]{42}$/.test(arg);
  const kids = args.filter(isDashedKid);
  if (kids.length === 0 || args.includes("--")) return [...args];
  return [...args.filter((arg) => !isDashedKid(arg)), "--", ...kids];
}
