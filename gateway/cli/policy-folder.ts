import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

import { CountersignError } from "#shared/protocol/error.ts";

import { MANIFEST_FILE } from "../policy/cedar/manifest.ts";
import type { PolicyFiles } from "../policy/cedar/load.ts";
import { readText } from "./files.ts";

/** What a folder of policies holds: the set itself, and tables of cases beside it. */
export interface PolicyFolder {
  readonly files: PolicyFiles;
  /** Markdown files, by name. */
  readonly cases: Readonly<Record<string, string>>;
}

/** @throws CountersignError `E_CLI_INPUT`, `E_FMT_UTF8` */
export function readPolicyFolder(folder: string): PolicyFolder {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new CountersignError(
      "E_CLI_INPUT",
      `${folder} is not a folder of policies. Make one with "countersign policy new".`,
    );
  }
  const names = readdirSync(folder).sort();
  const read = (keep: (name: string) => boolean): Record<string, string> =>
    Object.fromEntries(names.filter(keep).map((name) => [name, readText(path.join(folder, name))]));
  return {
    files: read((name) => name === MANIFEST_FILE || name.endsWith(".cedar")),
    cases: read((name) => name.endsWith(".md")),
  };
}
