import { createHash } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";

import { encodeBase64url } from "#shared/protocol/base64url.ts";
import { CountersignError } from "#shared/protocol/error.ts";

/** A file that is not there under its name before it is whole. */
export interface PartFile {
  write(chunks: readonly Uint8Array[]): Promise<void>;
  /** Everything is on the disk. Digest and size of it. */
  settle(): Promise<{ readonly digest: string; readonly bytes: number }>;
  /** Gives it its name. */
  keep(): Promise<void>;
  /** Nothing of it stays. */
  drop(): Promise<void>;
}

/** Written as `file.part` until it is kept. @throws CountersignError `E_CLI_FILE`, also of every method but `drop` */
export async function openPartFile(file: string): Promise<PartFile> {
  const part = `${file}.part`;
  // SECURITY: a file of our own, never one that lies there or that a link leads to; what a crash left behind goes.
  await orFault(rm(part, { force: true }));
  const handle = await orFault(open(part, "wx", 0o600));
  const hash = createHash("sha256");
  let bytes = 0;
  return {
    async write(chunks) {
      for (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        await orFault(handle.writeFile(chunk));
      }
    },
    async settle() {
      await orFault(handle.sync());
      await orFault(handle.close());
      return { digest: `sha-256:${encodeBase64url(hash.digest())}`, bytes };
    },
    keep: () => orFault(rename(part, file)),
    async drop() {
      await handle.close().catch(() => undefined);
      await rm(part, { force: true }).catch(() => undefined);
    },
  };
}

async function orFault<T>(doing: Promise<T>): Promise<T> {
  try {
    return await doing;
  } catch (cause) {
    throw new CountersignError("E_CLI_FILE", undefined, { cause });
  }
}
