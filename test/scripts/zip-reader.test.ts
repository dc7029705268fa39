import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openZip } from "../../scripts/setup/zip-reader.mjs";

const folder = mkdtempSync(path.join(tmpdir(), "countersign-test-"));

/** A ZIP archive of the given files, as APPNOTE 6.3 lays it out; checksums are left 0 because the reader takes none. */
function makeZip(files: { name: string; content: Buffer; deflate: boolean; mode: number }[], comment = ""): Buffer {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, deflate, mode } of files) {
    const packed = deflate ? deflateRawSync(content) : content;
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(name.length, 26);
    header.writeUInt16LE(3, 28); // an extra field, to be skipped
    local.push(header, Buffer.from(name), Buffer.from("xyz"), packed);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(deflate ? 8 : 0, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(content.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(((0o100000 | mode) << 16) >>> 0, 38);
    entry.writeUInt32LE(offset, 42);
    directory.push(entry, Buffer.from(name));
    offset += 30 + name.length + 3 + packed.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...local, ...directory, end, Buffer.from(comment)]);
}

function written(name: string, bytes: Buffer): string {
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

const big = Buffer.alloc(3_000_000, "0123456789");
const archive = makeZip(
  [
    { name: "top/stored", content: Buffer.from("abc"), deflate: false, mode: 0o644 },
    { name: "top/deflated", content: big, deflate: true, mode: 0o755 },
  ],
  "a comment after the end",
);

describe("a ZIP archive", () => {
  test.each([
    ["top/stored", Buffer.from("abc")],
    ["top/deflated", big],
  ])("gives %s back byte for byte, with its SHA-256", async (name, content) => {
    const zip = await openZip(written("good.zip", archive));
    const target = path.join(folder, path.basename(name));
    const digest = await zip.extract(zip.entries.get(name)!, target);
    await zip.close();
    expect(readFileSync(target).equals(content)).toBe(true);
    expect(digest).toBe(createHash("sha256").update(content).digest("hex"));
  });

  test("keeps the permissions it names", async () => {
    const zip = await openZip(written("good.zip", archive));
    await zip.close();
    expect([...zip.entries.values()].map((entry) => entry.mode)).toEqual([0o644, 0o755]);
  });

  test.each([
    ["empty", Buffer.alloc(0)],
    ["not one at all", Buffer.from("<html>login</html>")],
    ["cut short", archive.subarray(0, archive.length - 60)],
    ["cut at the front, so that its directory lies elsewhere", archive.subarray(50)],
  ])("that is %s is refused", async (_what, bytes) => {
    await expect(openZip(written("bad.zip", bytes))).rejects.toMatchObject({ code: "E_INTEGRITY" });
  });

  test("with another way of packing is refused", async () => {
    const odd = Buffer.from(archive);
    odd.writeUInt16LE(14, odd.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02])) + 10); // LZMA
    const zip = await openZip(written("odd.zip", odd));
    await expect(zip.extract(zip.entries.get("top/stored")!, path.join(folder, "odd"))).rejects.toMatchObject({
      code: "E_INTEGRITY",
    });
    await zip.close();
  });
});
