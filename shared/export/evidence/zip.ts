import { Zip, ZipDeflate } from "fflate";

/** Entries that a ZIP without its 64-bit extension can hold. */
export const ZIP_ENTRIES = 65_535;

/**
 * Archive that is made as it grows. The same files in the same order make the same bytes: every entry has one date, the
 * earliest that a ZIP can say, in local fields as the format has them.
 */
export function zipStream(): { add(name: string, bytes: Uint8Array): Uint8Array[]; end(): Uint8Array[] } {
  const mtime = new Date(1980, 0, 1, 12);
  let ready: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    ready.push(chunk);
  });
  const taken = (): Uint8Array[] => {
    const chunks = ready.filter((chunk) => chunk.length > 0);
    ready = [];
    return chunks;
  };
  return {
    add(name, bytes) {
      const file = new ZipDeflate(name, { level: 6 });
      file.mtime = mtime;
      zip.add(file);
      file.push(bytes, true);
      return taken();
    },
    end() {
      zip.end();
      return taken();
    },
  };
}
