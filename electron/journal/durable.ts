import { constants } from "node:fs";
import { mkdir, open, readFile, rename, unlink, type FileHandle } from "node:fs/promises";
import path from "node:path";

/** Only the person's own OS account reads what Countersign keeps. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Makes a folder and those above it. The names of new ones survive a power cut: what is kept in them is of no use without. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (first === undefined) return;
  const top = path.dirname(path.resolve(first));
  for (let made = path.resolve(folder); made.length > top.length; made = path.dirname(made)) {
    await syncFolder(path.dirname(made));
  }
}

/**
 * Makes names in `folder` survive a power cut: a file's own fsync does not cover its name. Windows has no such call and
 * needs none (NTFS journals names).
 */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Replaces `file` as a whole: after this returns it holds `bytes`, after a crash either the old or the new content
 * (reliability.md 2.3: fsync file, then fsync folder).
 */
export async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.new`;
  const handle = await open(temporary, "w", FILE_MODE);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  await syncFolder(path.dirname(file));
}

/** Removes `file` durably. A file that is already gone is fine. */
export async function removeFile(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  await syncFolder(path.dirname(file));
}

/** A write may take fewer bytes than it was given. */
export async function writeAt(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/**
 * The bytes of a file that is a name in a folder; undefined for a folder under that name. What is thrown, the system says
 * (`EACCES`, `EIO`, …): that is no damage. Nothing may be moved or made anew, so that mending it brings all of it back.
 */
export async function readWhole(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EISDIR") return undefined;
    throw error;
  }
}

export const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";
