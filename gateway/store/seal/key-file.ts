import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync } from "node:fs";
import path from "node:path";

import { CountersignError } from "#shared/protocol/error.ts";

import { replaceFile, syncFolder } from "../replace-file.ts";
import { KEY_BYTES } from "./cipher.ts";

/** Beside the database and never in it: whoever has the database alone reads nothing about a patient. */
export const STORE_KEY_FILE = "store.key";
/** The key that takes its place, from before a change begins until nothing needs the other one. */
export const NEXT_KEY_FILE = "store-next.key";

/** What people tell keys apart by: 64 bits of a digest, which say nothing of 256 random ones. */
export const keyName = (key: Uint8Array): string =>
  createHash("sha256").update("countersign-store-key\0").update(key).digest("hex").slice(0, 16);

/**
 * The store's key of the folder that a database lies in; undefined where there is none. 32 bytes.
 * @throws CountersignError `E_STORE_KEY` for a file that holds something else
 */
export function readStoreKey(folder: string): Uint8Array | undefined {
  const file = path.join(folder, STORE_KEY_FILE);
  if (!existsSync(file)) return undefined;
  const key = keyIn(file);
  if (key !== undefined) return key;
  throw new CountersignError(
    "E_STORE_KEY",
    `${file} is damaged. Put the copy of it back that is kept with the gateway's other keys. Nothing was changed.`,
  );
}

/** The next one; undefined where there is none that can be read: whoever needs it says so. */
export function readNextKey(folder: string): Uint8Array | undefined {
  const file = path.join(folder, NEXT_KEY_FILE);
  return existsSync(file) ? keyIn(file) : undefined;
}

function keyIn(file: string): Uint8Array | undefined {
  const key = Buffer.from(readFileSync(file, "latin1").trim(), "base64url");
  return key.length === KEY_BYTES ? key : undefined;
}

/** Makes a new one, durable before it is returned, for its owner alone. */
export const makeStoreKey = (folder: string): Uint8Array => makeKey(folder, STORE_KEY_FILE);

/** As {@link makeStoreKey}, beside the present one. One that is there is lost: of a change that never began. */
export const makeNextKey = (folder: string): Uint8Array => makeKey(folder, NEXT_KEY_FILE);

function makeKey(folder: string, name: string): Uint8Array {
  const key = randomBytes(KEY_BYTES);
  replaceFile(path.join(folder, name), `${key.toString("base64url")}\n`);
  return key;
}

/** The next key becomes the store's key, in one step; the one of before is gone. */
export function takeNextKey(folder: string): void {
  renameSync(path.join(folder, NEXT_KEY_FILE), path.join(folder, STORE_KEY_FILE));
  syncFolder(folder);
}
