import { CountersignError } from "#shared/protocol/error.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import { commandsOf, findCommand } from "./commands.ts";
import { helpOf, overview } from "./help.ts";
import type { Io } from "./io.ts";

const FAILED = 1;
const MISUSED = 2;

/**
 * Runs one command line. Never throws: what a person can put right is one line with its code on standard error.
 * @param args what was typed after `countersign`
 * @returns the exit status: 0 done, 1 failed or the answer is no, 2 not a command
 */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const [first] = args;
  if (first === undefined || first === "help" || first === "--help" || first === "-h")
    return await help(args.slice(1), io);
  const command = await findCommand(args);
  if (command === undefined) {
    io.err(`E_CLI_INPUT: There is no command "${args.slice(0, 2).join(" ")}". See: countersign help`);
    return MISUSED;
  }
  const rest = args.slice(command.name.split(" ").length);
  if (rest.includes("--help") || rest.includes("-h")) {
    io.out(helpOf(command));
    return 0;
  }
  try {
    return await command.run(rest, io);
  } catch (error) {
    return explain(error, io);
  }
}

function explain(error: unknown, io: Io): number {
  if (error instanceof CountersignError) {
    const said = error.message === error.code ? sentenceOf(error.code) : error.message;
    io.err(`${error.code}: ${oneLine(said)}`);
    return error.code === "E_CLI_INPUT" ? MISUSED : FAILED;
  }
  // A defect of ours: still one line, and the whole of it for whoever asks.
  io.err(`E_INTERNAL: ${error instanceof Error ? oneLine(error.message) : "unknown fault"}`);
  if (io.env["COUNTERSIGN_DEBUG"] !== undefined && error instanceof Error) io.err(error.stack ?? "");
  return FAILED;
}

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, " ");

async function help(args: readonly string[], io: Io): Promise<number> {
  if (args.length === 0) {
    io.out(overview(await commandsOf()));
    return 0;
  }
  const command = await findCommand(args);
  const shown = command === undefined ? await commandsOf(args[0]) : [command];
  if (shown.length === 0) {
    io.err(`E_CLI_INPUT: There is no command "${args.join(" ")}". See: countersign help`);
    return MISUSED;
  }
  io.out(shown.map(helpOf).join("\n\n"));
  return 0;
}
