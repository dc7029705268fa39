import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { CountersignError } from "#shared/protocol/error.ts";

import { replaceFile } from "../replace-file.ts";
import { KEY_BYTES } from "./cipher.ts";

/** Beside the database and never in it: whoever has the database alone reads nothing about a patient. */
export const STORE_KEY_FILE = "store.key";

/**
 * The store's key of the folder that a database lies in; undefined where there is none. 32 bytes.
 * @throws CountersignError `E_STORE_KEY` for a file that holds something else
 */
export function readStoreKey(folder: string): Uint8Array | undefined {
  const file = path.join(folder, STORE_KEY_FILE);
  if (!existsSync(file)) return undefined;
  const key = Buffer.from(readFileSync(file, "latin1").trim(), "base64url");
  if (key.length === KEY_BYTES) return key;
  throw new CountersignError(
    "E_STORE_KEY",
    `${file} is damaged. Put the copy of it back that is kept with the gateway's other keys. Nothing was changed.`,
  );
}

/** Makes a new one, durable before it is returned, for its owner alone. */
export function makeStoreKey(folder: string): Uint8Array {
  const key = randomBytes(KEY_BYTES);
  replaceFile(path.join(folder, STORE_KEY_FILE), `${key.toString("base64url")}\n`);
  return key;
}
