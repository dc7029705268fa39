import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, statSync } from "node:fs";

import { z } from "zod";

export const MANIFEST_FILE = "manifest.json";

/** A path inside the backup: plain names with slashes, none of which leads out of it. */
const inside = z.string().regex(/^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[^/\\\0][^\\\0]{0,1023}$/);

/**
 * What a backup holds. Written last: a folder without it is no backup. The signed checkpoint speaks for the log; for the
 * other files their digests do, and for those the signature beside it ({@link ./seal.ts}).
 */
export const manifest = z.strictObject({
  format: z.literal("countersign-backup/1"),
  /** Unix seconds. */
  made_at: z.int().positive(),
  iss: z.url(),
  log: z.strictObject({
    vkey: z.string(),
    /** Entries, of which the last few may be signed for only after the backup. */
    entries: z.int().min(0),
    /** The newest signed note that the copy is known to hold all of. */
    checkpoint: z.string(),
  }),
  /** Which key of the store it needs, by its name; what was made before that had one does not say. */
  store_key: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  /** Whether the private keys are in it. */
  keys: z.boolean(),
  files: z.array(
    z.strictObject({
      path: inside,
      bytes: z.int().min(0),
      /** Lower-case hexadecimal, as sha256sum prints it. */
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});
export type Manifest = z.infer<typeof manifest>;

const CHUNK = 1024 * 1024;

/** SHA-256 of a file of any size, in hexadecimal. */
export function digestOf(file: string): string {
  const hash = createHash("sha256");
  const buffer = Buffer.alloc(CHUNK);
  const handle = openSync(file, "r");
  try {
    for (let read = readSync(handle, buffer); read > 0; read = readSync(handle, buffer)) {
      hash.update(buffer.subarray(0, read));
    }
  } finally {
    closeSync(handle);
  }
  return hash.digest("hex");
}

export const sizeOf = (file: string): number => statSync(file).size;
