import { mkdirSync } from "node:fs";
import path from "node:path";

import { CountersignError } from "#shared/protocol/error.ts";

import { SHIPPED_FILES } from "../policy/cedar/load.ts";
import { command } from "./command.ts";
import { writeNew } from "./files.ts";

/** `policy new FOLDER`: the shipped set as files to edit. */
export const policyNew = command({
  name: "policy new",
  usage: "FOLDER",
  summary: "Writes the shipped policy set into a new folder, to be changed, checked and published.",
  takes: 1,
  options: {},
  run({ words: [folder = ""], io }) {
    try {
      mkdirSync(folder, { recursive: true });
    } catch (cause) {
      throw new CountersignError("E_CLI_INPUT", `The folder ${folder} cannot be made.`, { cause });
    }
    for (const [name, text] of Object.entries(SHIPPED_FILES)) writeNew(path.join(folder, name), text);
    io.err(`Next: tell "home" in policy.json which organisations are yours, then countersign policy check ${folder}`);
    io.out(JSON.stringify({ folder: path.resolve(folder), files: Object.keys(SHIPPED_FILES) }));
    return 0;
  },
});
