import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { ScriptError } from "../script-error.mjs";

/**
 * Reads a list as `sha256sum` writes it.
 * @param {string} text lines of 64 hexadecimal digits, two spaces and a relative path
 * @returns {Map<string, string>} path to digest in lower case
 * @throws {ScriptError} E_INTEGRITY for any line of another form, a path that leaves the folder, or a path named twice
 */
export function parseSha256List(text) {
  /** @type {Map<string, string>} */
  const digests = new Map();
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "") continue;
    const match = /^([0-9a-f]{64}) [ *](\S(?:.*\S)?)$/.exec(line);
    const [, digest, file] = match ?? [];
    if (digest === undefined || file === undefined) throw broken(index, "is not a digest and a file name");
    if (
      file.startsWith("/") ||
      file.includes("\\") ||
      file.split("/").some((part) => part === ".." || part === "." || part === "")
    ) {
      throw broken(index, "names a file outside the folder");
    }
    if (digests.has(file)) throw broken(index, "names a file a second time");
    digests.set(file, digest);
  }
  if (digests.size === 0) throw new ScriptError("E_INTEGRITY", "The list of digests is empty.");
  return digests;
}

/**
 * @param {string} folder
 * @param {ReadonlyMap<string, string>} digests relative path to SHA-256
 * @returns {Promise<string[]>} the paths whose file is missing or another
 */
export async function filesThatDiffer(folder, digests) {
  const differ = [];
  for (const [file, digest] of digests) {
    const actual = await digestOf(path.join(folder, file), "sha256", "hex").catch(() => undefined);
    if (actual !== digest) differ.push(file);
  }
  return differ;
}

/**
 * @param {string} file
 * @param {"sha256" | "sha512"} algorithm
 * @param {"hex" | "base64"} encoding
 */
export async function digestOf(file, algorithm, encoding) {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file), hash);
  return hash.digest(encoding);
}

/**
 * @param {number} index
 * @param {string} what
 */
function broken(index, what) {
  return new ScriptError("E_INTEGRITY", `The list of digests is broken: line ${index + 1} ${what}.`);
}
