import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createInflateRaw } from "node:zlib";
import { ScriptError } from "../script-error.mjs";

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const END_SIZE = 22;
const LONGEST_COMMENT = 0xffff;
const STORED = 0;
const DEFLATED = 8;
const CHUNK = 1 << 20;

/**
 * @typedef {{ name: string, method: number, compressedSize: number, size: number, offset: number, mode: number }} ZipEntry
 *   sizes and offset in bytes; `mode` as Unix writes it, 0 when the archive does not say
 */

/**
 * Opens a ZIP archive (APPNOTE 6.3, no ZIP64, no encryption) without any package, since setup runs before there are any.
 * It checks no checksums of the archive's: `extract` writes one file and returns its SHA-256 in hexadecimal, for the caller to
 * compare with a digest of our own.
 * @param {string} file
 * @returns {Promise<{ entries: Map<string, ZipEntry>, extract: (entry: ZipEntry, file: string) => Promise<string>, close: () => Promise<void> }>}
 * @throws {ScriptError} E_INTEGRITY when the file is not such an archive
 */
export async function openZip(file) {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const tail = await readAt(
      handle,
      Math.max(0, size - END_SIZE - LONGEST_COMMENT),
      Math.min(size, END_SIZE + LONGEST_COMMENT),
    );
    const end = findEnd(tail);
    const directory = await readAt(handle, end.offset, end.size);
    return {
      entries: readDirectory(directory, end.count),
      extract: (entry, target) => extract(handle, entry, target),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error instanceof RangeError ? notAnArchive() : error;
  }
}

/**
 * @param {import("node:fs/promises").FileHandle} handle
 * @param {number} position
 * @param {number} length
 */
async function readAt(handle, position, length) {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead !== length) throw notAnArchive();
  return buffer;
}

/** @param {Buffer} tail */
function findEnd(tail) {
  for (let at = tail.length - END_SIZE; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END_OF_DIRECTORY) continue;
    return { count: tail.readUInt16LE(at + 10), size: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) };
  }
  throw notAnArchive();
}

/**
 * @param {Buffer} directory
 * @param {number} count
 */
function readDirectory(directory, count) {
  /** @type {Map<string, ZipEntry>} */
  const entries = new Map();
  for (let at = 0, left = count; left > 0; left -= 1) {
    if (directory.readUInt32LE(at) !== DIRECTORY_ENTRY) throw notAnArchive();
    const nameLength = directory.readUInt16LE(at + 28);
    const name = directory.toString("utf8", at + 46, at + 46 + nameLength);
    entries.set(name, {
      name,
      method: directory.readUInt16LE(at + 10),
      compressedSize: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      mode: directory.readUInt16LE(at + 40) & 0o777,
      offset: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/**
 * @param {import("node:fs/promises").FileHandle} handle
 * @param {ZipEntry} entry
 * @returns {AsyncGenerator<Buffer>} its bytes as they lie in the archive
 */
async function* packedBytes(handle, entry) {
  const header = await readAt(handle, entry.offset, 30);
  if (header.readUInt32LE(0) !== LOCAL_HEADER) throw notAnArchive();
  let position = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const end = position + entry.compressedSize;
  while (position < end) {
    const chunk = await readAt(handle, position, Math.min(CHUNK, end - position));
    position += chunk.length;
    yield chunk;
  }
}

/**
 * @param {import("node:fs/promises").FileHandle} handle
 * @param {ZipEntry} entry
 * @param {string} file
 */
async function extract(handle, entry, file) {
  if (entry.method !== STORED && entry.method !== DEFLATED) throw notAnArchive();
  const hash = createHash("sha256");
  const unpack = entry.method === DEFLATED ? createInflateRaw() : new PassThrough();
  /** @param {AsyncIterable<Buffer>} source */
  async function* hashed(source) {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  }
  await pipeline(
    packedBytes(handle, entry),
    unpack,
    hashed,
    createWriteStream(file, { mode: entry.mode === 0 ? 0o644 : entry.mode }),
  );
  return hash.digest("hex");
}

function notAnArchive() {
  return new ScriptError(
    "E_INTEGRITY",
    "The downloaded archive is damaged. Run the same command again to fetch it anew.",
  );
}
