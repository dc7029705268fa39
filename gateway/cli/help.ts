import type { Command } from "./command.ts";

/** Every command with its sentence. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    "countersign: a person's own signature between an AI agent and a high-stakes action",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${firstSentence(summary)}`),
    "",
    "countersign help COMMAND shows its options. Folders are also taken from COUNTERSIGN_DATA and COUNTERSIGN_DIRECTORY.",
  ].join("\n");
}

export function helpOf({ name, usage, summary }: Command): string {
  return `${summary}\n  countersign ${name} ${usage}`.trimEnd();
}

const firstSentence = (text: string): string => /^.*?[.:](?= |$)/.exec(text)?.[0].replace(/:$/, ".") ?? text;
