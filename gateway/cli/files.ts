import { readFileSync } from "node:fs";

import { CountersignError } from "#shared/protocol/error.ts";
import { parseStrict, type Json } from "#shared/protocol/strict-json.ts";
import { decodeUtf8 } from "#shared/protocol/utf8.ts";

import { makeFile } from "../store/replace-file.ts";

/** A file's text, UTF-8. @throws CountersignError `E_CLI_INPUT` when it cannot be read, `E_FMT_UTF8` */
export function readText(file: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new CountersignError("E_CLI_INPUT", `${file} cannot be read (${reasonOf(cause)}).`, { cause });
  }
  try {
    return decodeUtf8(bytes);
  } catch (cause) {
    throw new CountersignError("E_FMT_UTF8", `${file} is not UTF-8 text.`, { cause });
  }
}

/**
 * A file as strict JSON: no duplicate names, no fractions.
 * @throws CountersignError `E_CLI_INPUT`, `E_FMT_*` naming the file
 */
export function readJson(file: string): Json {
  return parseNamed(readText(file), file);
}

/** @throws CountersignError `E_FMT_*` naming where the text came from */
export function parseNamed(text: string, from: string): Json {
  try {
    return parseStrict(text.trim());
  } catch (cause) {
    if (!(cause instanceof CountersignError)) throw cause;
    throw new CountersignError(cause.code, `${from} is not JSON that can be used: ${cause.message}.`, { cause });
  }
}

/** A JWK given as a file or as JSON itself. @throws CountersignError as {@link readJson} */
export function readJwk(given: string): Json {
  return given.trimStart().startsWith("{") ? parseNamed(given, "The key") : readJson(given);
}

/**
 * Writes a file that was not there. `secret`: for its owner only.
 * @throws CountersignError `E_CLI_INPUT` when it exists or cannot be written
 */
export function writeNew(file: string, text: string, secret = false): void {
  try {
    makeFile(file, text, secret ? 0o600 : 0o644);
  } catch (cause) {
    throw new CountersignError("E_CLI_INPUT", `${file} cannot be written (${reasonOf(cause)}). Nothing was changed.`, {
      cause,
    });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EEXIST: "it exists already",
  EISDIR: "it is a folder",
  EACCES: "its permissions forbid it",
  EPERM: "its permissions forbid it",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of its path is not a folder",
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  return REASONS[code] ?? code;
}
