import path from "node:path";

import type { Io } from "./io.ts";

/** Folder of the gateway's store and keys: `--data`, `COUNTERSIGN_DATA`, or `./countersign-gateway`. */
export function dataFolder(given: string | undefined, io: Io): string {
  return path.resolve(given ?? io.env["COUNTERSIGN_DATA"] ?? "countersign-gateway");
}

/** Folder of the directory: `--directory`, `COUNTERSIGN_DIRECTORY`, or `./countersign-directory`. */
export function directoryFolder(given: string | undefined, io: Io): string {
  return path.resolve(given ?? io.env["COUNTERSIGN_DIRECTORY"] ?? "countersign-directory");
}

const IN = { type: "string" } as const;
/** The option every directory command has. */
export const DIRECTORY_OPTION = { directory: IN } as const;
/** The option every gateway command has. */
export const DATA_OPTION = { data: IN } as const;
