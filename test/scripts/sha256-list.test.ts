import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { ASSEMBLED_DIGESTS } from "../../scripts/setup/electron-runtime.mjs";
import { filesThatDiffer, parseSha256List } from "../../scripts/setup/sha256-list.mjs";

const DIGEST = "a".repeat(64);
/** SHA-256 of "abc" (FIPS 180-4, B.1). */
const OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

describe("the list of digests", () => {
  test("of the assembled Electron names all 71 files of the release, the main binary among them", () => {
    const digests = parseSha256List(readFileSync(ASSEMBLED_DIGESTS, "utf8"));
    expect(digests.size).toBe(71);
    expect(digests.get("electron")).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    ["a short digest", `${DIGEST.slice(1)}  a`],
    ["upper case", `${DIGEST.toUpperCase()}  a`],
    ["no file", `${DIGEST}  `],
    ["one space", `${DIGEST} a`],
    ["an absolute path", `${DIGEST}  /etc/passwd`],
    ["a path that leaves the folder", `${DIGEST}  locales/../../a`],
    ["an empty part of a path", `${DIGEST}  locales//a`],
    ["a backslash", `${DIGEST}  locales\\a`],
    ["a file named twice", `${DIGEST}  a\n${DIGEST}  a`],
    ["nothing at all", "\n"],
  ])("is refused with %s", (_what, text) => {
    expect(() => parseSha256List(text)).toThrow(expect.objectContaining({ code: "E_INTEGRITY" }));
  });

  test("finds the file that is missing and the file that changed by one byte", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "countersign-test-"));
    writeFileSync(path.join(folder, "good"), "abc");
    writeFileSync(path.join(folder, "changed"), "abd");
    const digests = parseSha256List(`${OF_ABC}  good\n${OF_ABC}  changed\n${OF_ABC}  missing\n`);
    expect(await filesThatDiffer(folder, digests)).toEqual(["changed", "missing"]);
  });
});
