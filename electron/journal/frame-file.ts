import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import path from "node:path";

import { CountersignError } from "#shared/protocol/error.ts";

import type { RandomBytes } from "../clock.ts";
import { syncFolder, writeAt } from "./durable.ts";
import type { Seal } from "./seal.ts";

/**
 * An append-only file of sealed frames: `"CSJ1" ‖ id(16)`, then `length(u32, big-endian) ‖ sealed` for each frame. The
 * context of a frame is the file's id and its number, so frames cannot be moved, repeated or dropped from the middle.
 */
export interface FrameFile {
  /** Number of frames. */
  readonly size: number;
  /**
   * Appends all or none and resolves once they are on the disk. Concurrent calls share one fsync.
   * @throws CountersignError `E_CLI_DISK` when the disk is full or failed: nothing was appended
   */
  append(payloads: readonly Uint8Array[]): Promise<void>;
  /** Payload of frame `index`. @throws CountersignError `E_CLI_JOURNAL` */
  read(index: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

const MAGIC = Buffer.from("CSJ1");
const HEADER = MAGIC.length + 16;
const LENGTH = 4;
const MAX_FRAME = 4 * 1024 * 1024;

interface Position {
  readonly offset: number;
  readonly length: number;
}

/**
 * Opens or makes the file at `file` and hands every payload to `visit`, in order.
 * @param setAside gets the whole file where it ends in something that is no frame, and keeps it; only then is it cut to the
 * frames before that
 * @throws CountersignError `E_CLI_JOURNAL` when not even the header is readable: the caller sets the file aside
 */
export async function openFrames(
  file: string,
  seal: Seal,
  random: RandomBytes,
  visit: (payload: Uint8Array, index: number) => void,
  setAside: (whole: Uint8Array) => Promise<void>,
): Promise<FrameFile> {
  const handle = await open(file, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    const bytes = await handle.readFile();
    const fresh = bytes.length === 0;
    const header = fresh ? Buffer.concat([MAGIC, random(16)]) : bytes.subarray(0, HEADER);
    if (header.length !== HEADER || !header.subarray(0, MAGIC.length).equals(MAGIC)) {
      throw new CountersignError("E_CLI_JOURNAL");
    }
    if (fresh) {
      await writeAt(handle, header, 0);
      await handle.sync();
      await syncFolder(path.dirname(file));
    }
    const id = header.subarray(MAGIC.length).toString("hex");
    const positions = fresh ? [] : scan(bytes, id, seal, visit);
    const last = positions.at(-1);
    const end = last ? last.offset + last.length : HEADER;
    if (!fresh && end !== bytes.length) {
      await setAside(bytes);
      await handle.truncate(end);
      await handle.sync();
    }
    return makeFrameFile(handle, id, seal, positions, end);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Positions of the frames up to the first that is cut, too large, does not open or is refused by `visit`. */
function scan(bytes: Buffer, id: string, seal: Seal, visit: (payload: Uint8Array, index: number) => void): Position[] {
  const positions: Position[] = [];
  let at = HEADER;
  while (at + LENGTH <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    const offset = at + LENGTH;
    if (length > MAX_FRAME || offset + length > bytes.length) break;
    try {
      visit(seal.open(bytes.subarray(offset, offset + length), contextOf(id, positions.length)), positions.length);
    } catch {
      break;
    }
    positions.push({ offset, length });
    at = offset + length;
  }
  return positions;
}

const contextOf = (id: string, index: number) => `frame/${id}/${String(index)}`;

interface Waiting {
  readonly payloads: readonly Uint8Array[];
  readonly done: () => void;
  readonly failed: (error: CountersignError) => void;
}

function makeFrameFile(handle: FileHandle, id: string, seal: Seal, positions: Position[], start: number): FrameFile {
  let end = start;
  let queue: Waiting[] = [];
  let writing: Promise<void> | undefined;
  let broken: CountersignError | undefined;
  let closed = false;

  const encode = (payload: Uint8Array, index: number): Buffer => {
    const sealed = seal.seal(payload, contextOf(id, index));
    const length = Buffer.alloc(LENGTH);
    length.writeUInt32BE(sealed.length);
    return Buffer.concat([length, sealed]);
  };

  const flush = async (batch: readonly Waiting[]): Promise<void> => {
    if (broken) {
      for (const waiting of batch) waiting.failed(broken);
      return;
    }
    const frames = batch.flatMap((w) => w.payloads).map((payload, i) => encode(payload, positions.length + i));
    const block = Buffer.concat(frames);
    try {
      await writeAt(handle, block, end);
      await handle.datasync();
    } catch (cause) {
      await giveUp(cause);
      return;
    }
    for (const frame of frames) {
      positions.push({ offset: end + LENGTH, length: frame.length - LENGTH });
      end += frame.length;
    }
    for (const waiting of batch) waiting.done();

    /** A full disk leaves the file as it was; after any other fault nothing more is written (reliability.md D3). */
    async function giveUp(cause: unknown): Promise<void> {
      const error = new CountersignError("E_CLI_DISK", "The disk is full or failed. Nothing was stored.", { cause });
      try {
        await handle.truncate(end);
        await handle.sync();
      } catch {
        broken = error;
      }
      for (const waiting of batch) waiting.failed(error);
    }
  };

  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue;
      queue = [];
      await flush(batch);
    }
    writing = undefined;
  };

  return {
    get size() {
      return positions.length;
    },
    append(payloads) {
      if (broken) return Promise.reject(broken);
      if (closed) return Promise.reject(new CountersignError("E_CLI_LOCKED"));
      if (payloads.some((p) => p.length > MAX_FRAME - 64)) {
        return Promise.reject(new CountersignError("E_FMT_SIZE", "The record is too large to keep."));
      }
      return new Promise((done, failed) => {
        queue.push({ payloads, done, failed });
        writing ??= drain();
      });
    },
    async read(index) {
      const position = positions[index];
      if (!position) throw new CountersignError("E_CLI_JOURNAL");
      const sealed = Buffer.alloc(position.length);
      await handle.read(sealed, 0, position.length, position.offset);
      return seal.open(sealed, contextOf(id, index));
    },
    async close() {
      if (closed) return;
      closed = true;
      await writing;
      await handle.close();
    },
  };
}
