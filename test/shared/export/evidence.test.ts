import { unzipSync } from "fflate";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";

import { evidenceWriter } from "#shared/export/evidence/writer.ts";
import { zipStream } from "#shared/export/evidence/zip.ts";
import { dig } from "#shared/protocol/digest.ts";
import { crypto, directory } from "../protocol/fixture/hospital.ts";
import { makeCli } from "../../gateway/cli/cli.ts";
import { executed } from "../protocol/fixture/item.ts";
import { about, NAMES_PATIENT, readKept, refused } from "./items.ts";

const folder = mkdtempSync(path.join(tmpdir(), "evidence-"));
afterAll(() => rmSync(folder, { recursive: true }));

const archive = (identifiers: boolean, items = [executed(), refused()]) => {
  const writer = evidenceWriter(crypto, {
    about: about("evidence", identifiers),
    directory: directory.jwk,
    zone: "Europe/London",
  });
  const reads = items.map((kept) => readKept(kept));
  const bytes = () => Buffer.concat([...writer.begin(), ...reads.flatMap((read) => writer.row(read)), ...writer.end()]);
  return { bytes: bytes(), reads, writer };
};
const textOf = (files: Record<string, Uint8Array>, name: string): string => Buffer.from(files[name] ?? []).toString();

describe("evidence archive", () => {
  it("verifies with the CLI offline, as its own README says; and not when one byte of a bundle is changed", async () => {
    const files = unzipSync(archive(true).bytes);
    for (const [name, bytes] of Object.entries(files)) {
      mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
      writeFileSync(path.join(folder, name), bytes);
    }
    const bundles = ["records/000001/bundle.json", "records/000002/bundle.json"].map((name) => path.join(folder, name));
    expect(textOf(files, "README.txt")).toContain(
      "countersign verify records/*/bundle.json --directory-key directory-key.json",
    );
    const key = path.join(folder, "directory-key.json");
    const { run } = makeCli();
    const { status, out } = await run(["verify", ...bundles, "--directory-key", key]);
    expect(out.map((line) => JSON.parse(line) as object)).toMatchObject([
      { ok: true, outcome: "completed" },
      { ok: true, outcome: "denied" },
    ]);
    expect(status).toBe(0);
    const text = textOf(files, "records/000002/bundle.json");
    writeFileSync(bundles[1]!, text.replace('"decisions":["ey', '"decisions":["eZ'));
    expect((await run(["verify", ...bundles, "--directory-key", key])).status).toBe(1);
  });

  it("holds the signed content exactly, what was shown, the proofs, and the digest of every file", () => {
    const { bytes, reads } = archive(true);
    const files = unzipSync(bytes);
    const [first] = reads;
    const [, payload = ""] = first?.item.request?.split(".") ?? [];
    expect(textOf(files, "records/000001/request.json")).toBe(Buffer.from(payload, "base64url").toString());
    expect(textOf(files, "records/000001/shown.txt")).toContain("warfarin");
    expect(textOf(files, "records/000001/log-1.tlog-proof")).toBe(first?.item.proofs[0]);
    const manifest = JSON.parse(textOf(files, "manifest.json")) as {
      rows: number;
      files: Record<string, string>;
      records: { folder: string; files: Record<string, string> }[];
    };
    expect(manifest.rows).toBe(2);
    const named = [
      ...Object.entries(manifest.files),
      ...manifest.records.flatMap((record) =>
        Object.entries(record.files).map(([name, d]) => [`${record.folder}/${name}`, d] as const),
      ),
    ];
    expect(
      named
        .map(([name]) => name)
        .concat("manifest.json")
        .sort(),
    ).toEqual(Object.keys(files).sort());
    for (const [name, digest] of named) expect(dig(crypto, files[name]!)).toBe(digest);
  });

  it("names no patient in the name of a file", () => {
    for (const name of Object.keys(unzipSync(archive(true).bytes))) {
      expect(name).toMatch(
        /^(?:(?:README\.txt|directory-key\.json|manifest\.json)|records\/[0-9]{6}\/[a-z0-9-]+\.[a-z-]+)$/,
      );
    }
  });

  it("is the same bytes for the same rows, wherever the clock of the computer stands", () => {
    const items = [executed(), refused()];
    const zone = process.env["TZ"];
    try {
      process.env["TZ"] = "Pacific/Kiritimati";
      const there = archive(true, items).bytes;
      process.env["TZ"] = "America/Anchorage";
      expect(archive(true, items).bytes.equals(there)).toBe(true);
    } finally {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    }
  });

  it("without identifiers names no patient anywhere in it, in plain or in base64url, and says what can still be checked", () => {
    const { bytes, writer } = archive(false);
    const files = unzipSync(bytes);
    const all = Object.keys(files)
      .map((name) => textOf(files, name))
      .join("\n");
    expect(all).not.toMatch(NAMES_PATIENT);
    const decoded = [...all.matchAll(/[A-Za-z0-9_-]{20,}/g)].map(([part]) =>
      Buffer.from(part, "base64url").toString("latin1"),
    );
    expect(decoded.join("\n")).not.toMatch(NAMES_PATIENT);
    expect(Object.keys(files)).toContain("records/000001/receipt-1.jws");
    expect(textOf(files, "README.txt")).toContain("without patient identifiers");
    expect(writer.leftOut).toBe(0);
  });

  it("counts what has no bundle, because nobody decided it", () => {
    const kept = refused();
    const bare = { ...kept, item: { ...kept.item, decisions: [], receipts: [], proofs: [], entries: [] } };
    const { writer, bytes } = archive(true, [bare]);
    expect(writer.leftOut).toBe(1);
    expect(Object.keys(unzipSync(bytes))).toContain("records/000001/request.json");
  });

  it("gives out what is finished as it goes, so that it never stands whole in memory", () => {
    const zip = zipStream();
    const noise = Buffer.from(Array.from({ length: 40_000 }, (_, i) => (i * 2_654_435_761) >>> 24));
    const given = Array.from({ length: 20 }, (_, i) =>
      zip.add(`${String(i)}.bin`, noise).reduce((sum, c) => sum + c.length, 0),
    );
    expect(Math.min(...given)).toBeGreaterThan(0);
  });
});
